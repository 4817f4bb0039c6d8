"""Copies of the repository in which recipes are performed, and the checks that a copy has to pass."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.recipes.page import Command, Step
from tests.support.stack import REPOSITORY, Stack

MAKE = ("make", "--old-file", ".venv/.installed")
"""The copy shares the environment, which is complete already."""
CHECKS = {
    "style": ("ruff", "check", "--quiet"),
    "types": ("mypy",),
    "form": ("ruff", "format", "--check", "--quiet"),
    "generated files": ("tools.generate", "--check"),
    "plan and policy": ("policy", "--stack", "local", "--stack", "dev", "--stack", "prod"),
    "callers": ("tools.breaking", "--against", "HEAD"),
}
"""The checks of `make lint` and of a pull request, by modules with their arguments. Judging the stacks plans them
first."""
TYPES = ".mypy_cache"
"""The folder in which mypy keeps what it knows of files that have not changed."""
GENERATE = ".venv/bin/python -m tools.generate"
"""The last step of most recipes. Performed one after the other they share it."""
GIT = ("git", "-c", "user.name=recipe", "-c", "user.email=recipe@example.com", "-c", "commit.gpgsign=false")


class Copy:
    """A copy of the working tree, as git knows it, with a commit of its own."""

    def __init__(self, root: Path) -> None:
        self.root = Stack.clone(root).root
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Before"]):
            self._run([*GIT, *arguments])
        (root / ".venv").symlink_to(Path(sys.prefix))

    def perform(self, steps: Sequence[Step]) -> None:
        """Applies steps in their order; files are generated once, at the end."""
        for step in steps:
            if not isinstance(step, Command):
                step.apply(self.root)
            elif step.line != GENERATE:
                self.command(step.line)
        if Command(line=GENERATE) in steps:
            self.command(GENERATE)

    def command(self, line: str) -> str:
        """Runs what a person types, and returns what it writes."""
        program, *arguments = shlex.split(line)
        return self._run([*MAKE, *arguments] if program == "make" else [program, *arguments])

    def module(self, module: str, *arguments: str, timeout: int = 1800) -> str:
        """Runs `python -m MODULE` in the copy."""
        return self._run([sys.executable, "-m", module, *arguments], timeout=timeout)

    def check(self, name: str) -> None:
        """Runs one of CHECKS."""
        if name == "types":
            self._copy_types()
        self.module(*CHECKS[name])

    def check_imports(self) -> None:
        """Holds the import contracts."""
        self._run([str(Path(sys.executable).with_name("lint-imports"))])

    def test(self, *arguments: str) -> None:
        """Runs tests of the copy, by paths and options of pytest. They must exist and pass."""
        self.module("pytest", "--quiet", "-p", "no:cacheprovider", *arguments, timeout=1800)

    def new_files(self) -> list[str]:
        """Returns the paths of the files that were not there before."""
        return self._run([*GIT, "ls-files", "--others", "--exclude-standard"]).splitlines()

    def _copy_types(self) -> None:
        """Copies what mypy knows by now, which saves it a minute. `make lint` may be writing at the same time, so that
        only the databases' own copies are whole."""
        for database in (REPOSITORY / TYPES).rglob("cache*.db"):
            target = self.root / database.relative_to(REPOSITORY)
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(database)) as written, closing(sqlite3.connect(target)) as copied:
                written.backup(copied)

    def _run(self, command: Sequence[str], *, timeout: int = 1800) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        completed = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert completed.returncode == 0, f"{shlex.join(command)}\n{completed.stdout}\n{completed.stderr}"
        return completed.stdout
