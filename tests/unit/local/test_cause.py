from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.cause import cause


def printed(folder: Path, source: str) -> str:
    """Returns what Python prints of a program that lies in a copy of the clone's folder `app`."""
    file = folder / ".local" / "images" / "1f" / "app" / "main.py"
    file.parent.mkdir(parents=True)
    file.write_text(source)
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=False)
    return done.stderr


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0\n", "app/main.py:1: ZeroDivisionError: division by zero"),
        ("import json\n\njson.loads('{')\n", "app/main.py:3: json.decoder.JSONDecodeError: Expecting property name"),
        ("try:\n    1 / 0\nexcept ArithmeticError:\n    raise KeyError('k')\n", "app/main.py:4: KeyError: 'k'"),
        ("raise RuntimeError('one\\n\\ntwo')\n", "app/main.py:1: RuntimeError: one"),
        ("raise SystemError\n", "app/main.py:1: SystemError"),
        ("from os import nothing\n", "app/main.py:1: ImportError: cannot import name 'nothing' from 'os'"),
    ],
    ids=["own", "in a library", "in a handler", "several lines", "no message", "import"],
)
def test_the_place_is_the_innermost_one_of_ours(clone: Path, source: str, expected: str) -> None:
    assert cause(f"a line before\n{printed(clone, source)}a line after\n", clone).startswith(expected)


def test_a_syntax_error_is_where_python_says_and_only_the_last_traceback_counts(clone: Path) -> None:
    module = "compile('\\ndef f(:', 'app/main.py', 'exec')\n"
    text = f'Traceback (most recent call last):\n  File "x.py", line 9, in f\nKeyError: 1\n{printed(clone, module)}'
    assert cause(text, clone) == "app/main.py:2: SyntaxError: invalid syntax"


def test_a_program_of_another_folder_is_named_by_its_path(clone: Path) -> None:
    text = 'Traceback (most recent call last):\n  File "/elsewhere/tool.py", line 3, in <module>\nOSError: full\n'
    assert cause(text, clone) == "/elsewhere/tool.py:3: OSError: full"


@pytest.mark.parametrize("text", ["", "INFO started", "Traceback (most recent call last):\n"])
def test_without_a_traceback_there_is_nothing(clone: Path, text: str) -> None:
    assert cause(text, clone) == ""
