"""Docstrings of functions begin with a verb in the third person, and no docstring begins as a fragment.

Ruff holds their form.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = tuple(PROJECT["tool"]["importlinter"]["root_packages"])
"""The rooms of the house, which the import contracts name."""
OTHERS = re.compile(r"property|\bcommand\b|\.default\b|\.(get|post|put|delete)\(")
"""Decorators of functions whose docstring is no description of a function: properties, help of commands, routes."""
FRAGMENT = re.compile(
    r"(Of|On|For|From|To|By|With|Without|In|At|As|Among|Through|What|Whether|Where|When|Who|Whom|Whose|Which|Why|How)\b"
)
"""The first words of fragments such as "By route key" or "Whether it ends", which are riddles at first reading."""


def summaries(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the name and the docstring's first line of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            docstring = ast.get_docstring(node)
            if docstring and not OTHERS.search(decorators):
                yield node.name, docstring.split("\n")[0]


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line number and the text of each expression statement that is a text: also those of attributes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value.lstrip()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_functions_docstring_begins_with_a_verb(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} {name}: {summary}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name, summary in summaries(path)
        if not re.match(r"[A-Z][a-z]+s\b", summary)
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", [*FOLDERS, "tests"])
def test_no_docstring_begins_as_a_fragment(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {text[:60]}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in docstrings(path.read_text())
        if FRAGMENT.match(text)
    ]
    assert wrong == []
