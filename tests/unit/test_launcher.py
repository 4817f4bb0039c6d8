"""The one way to all commands, from any folder, and the end of each when nobody reads on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import ROOT

FOLDERS = (
    *("api_docs", "app", "caches", "cluster", "components", "console", "delivery", "local", "planning", "policy"),
    *("telemetry", "terminal", "watching"),
)
COMMANDS = ("", "drift", "planning", "policy", "events", "canary", "smoke", "hours", "preflight")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a clone whose path needs quoting, with the environment that runs the tests."""
    clone = tmp_path_factory.mktemp("clones") / "one's own"
    clone.mkdir()
    for name in (*FOLDERS, "crosscloud"):
        (clone / name).symlink_to(ROOT / name)
    (clone / ".venv").symlink_to(sys.prefix)
    return clone


def launched(clone: Path, *words: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "COLUMNS": "200"}
    command = [str(clone / "crosscloud"), *words]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, cwd=cwd, env=environment, text=True, check=False, **{"capture_output": True, **options}
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_from_a_folder_with_modules_of_the_same_names(clone: Path, tmp_path: Path, command: str) -> None:
    for name in (*FOLDERS, "json", "cyclopts"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is the caller\\'s own')\n")
    done = launched(clone, *filter(None, [command]), "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: ./crosscloud{' ' * bool(command)}{command} ")
    assert "--no-" not in done.stdout
    assert "--empty-" not in done.stdout


@pytest.mark.parametrize("command", ["", "planning", "events"])
def test_a_command_whose_reader_has_gone_ends_without_a_word(clone: Path, tmp_path: Path, command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        words = [*filter(None, [command]), "--help"]
        done = launched(clone, *words, cwd=tmp_path, capture_output=False, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert done.returncode
    assert done.stderr == ""


def test_drift_of_a_stack_is_asked_of_the_clouds(clone: Path, tmp_path: Path) -> None:
    here = launched(clone, "drift", "--help", cwd=tmp_path).stdout
    for words in (("drift", "--stack", "dev"), ("drift", "--stack=dev")):
        there = launched(clone, *words, "--help", cwd=tmp_path).stdout
        assert there.startswith("Usage: ./crosscloud drift ")
        assert "in the clouds" in there
        assert "in the clouds" not in here


def test_the_version_names_revision_and_python(clone: Path, tmp_path: Path) -> None:
    done = launched(clone, "--version", cwd=tmp_path)
    assert done.stdout.startswith("crosscloud ")
    assert done.stdout.rstrip().endswith(f"Python {sys.version.split()[0]}")


def test_without_an_environment_it_says_how_to_make_one(tmp_path: Path) -> None:
    launcher = tmp_path / "crosscloud"
    launcher.write_text((ROOT / "crosscloud").read_text())
    launcher.chmod(0o755)
    done = launched(tmp_path, "status", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"The packages are not installed yet. Install them: make -C '{tmp_path}' install\n"


@pytest.mark.parametrize("module", ["planning.pipes", "delivery.commands"])
def test_what_was_not_written_yet_is_dropped_silently(module: str) -> None:
    programs = {
        "planning.pipes": "from planning.pipes import silent_end\nwith silent_end():\n    print('x' * 10**6)",
        "delivery.commands": "from delivery import commands\ncommands.main(lambda: print('x' * 10**6))",
    }
    with subprocess.Popen(
        [sys.executable, "-c", programs[module]], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
