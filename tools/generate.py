"""Writes anew every file that is made of the contract, the settings or the program: `python -m tools.generate`.

With `--check` it writes nothing, and fails when a file is not current.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GENERATORS = (
    "app.contract.generate",
    "app.contract.events.generate",
    "tools.settings",
    "tools.costs",
    "tools.runbook",
)
"""Modules that each write some files, or with `--check` compare them."""


def generate(root: Path = ROOT, *, check: bool = False) -> int:
    """Runs every generator in the repository at `root`. Returns the largest of their exit statuses."""
    options = ["--check"] if check else []
    commands = ([sys.executable, "-m", module, *options] for module in GENERATORS)
    return max(subprocess.run(command, cwd=root, check=False).returncode for command in commands)  # noqa: S603


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    return generate(check=parser.parse_args().check)


if __name__ == "__main__":
    sys.exit(main())
