"""Copies of the repository in which recipes are performed, and the checks that a copy has to pass."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.recipes.page import Command, Step
from tests.support.program import ROOT

MAKE = ("make", "--old-file", ".venv/.installed")
"""The copy shares the environment, which is complete already."""
CHECKS = (
    ("ruff", "check", "--quiet"),
    ("ruff", "format", "--check", "--quiet"),
    ("tools.generate", "--check"),
    ("policy", "--stack", "local", "--stack", "dev", "--stack", "prod"),
    ("tools.breaking", "--against", "HEAD"),
)
"""Modules of `make lint` and of a pull request, with their arguments. Planning the stacks is part of judging them."""
GIT = ("git", "-c", "user.name=recipe", "-c", "user.email=recipe@example.com", "-c", "commit.gpgsign=false")


class Copy:
    """A copy of the working tree, as git knows it, with a commit of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout.decode()
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Before"]):
            self._run([*GIT, *arguments])
        (root / ".venv").symlink_to(Path(sys.prefix))

    def perform(self, steps: Sequence[Step]) -> None:
        """Applies the steps of a recipe in their order."""
        for step in steps:
            if isinstance(step, Command):
                self.command(step.line)
            else:
                step.apply(self.root)

    def command(self, line: str) -> str:
        """Runs what a person types, and returns what it writes."""
        program, *arguments = shlex.split(line)
        return self._run([*MAKE, *arguments] if program == "make" else [program, *arguments])

    def module(self, module: str, *arguments: str, timeout: int = 300) -> str:
        """Runs `python -m MODULE` in the copy."""
        return self._run([sys.executable, "-m", module, *arguments], timeout=timeout)

    def check(self) -> None:
        """Runs the checks of the repository. Fails with what the first one that finds something writes."""
        self._run([str(Path(sys.executable).with_name("lint-imports"))])
        for module, *arguments in CHECKS:
            self.module(module, *arguments)

    def test(self, *paths: str) -> None:
        """Runs tests of the copy, which must exist and pass."""
        self.module("pytest", "--quiet", "-p", "no:cacheprovider", *paths, timeout=900)

    def changed(self) -> set[str]:
        """Returns the paths that differ from before the recipe, new files included."""
        lines = self._run([*GIT, "status", "--porcelain", "--untracked-files=all"]).splitlines()
        return {line[3:] for line in lines if not line[3:].startswith(".venv")}

    def _run(self, command: Sequence[str], *, timeout: int = 300) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        completed = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert completed.returncode == 0, f"{shlex.join(command)}\n{completed.stdout}\n{completed.stderr}"
        return completed.stdout
