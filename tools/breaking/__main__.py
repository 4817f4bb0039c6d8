"""The command line of `python -m tools.breaking`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from app.contract.document import ContractError, Document, load, parse
from tools import breaking as package
from tools.breaking.operations import breaking
from tools.breaking.schemas import UncomparableError

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "app/contract/openapi.yaml"


def main(arguments: list[str] | None = None) -> int:
    """Compares two contracts and returns the exit code: 0, 1 for a breaking change, 2 when they can't be compared."""
    parser = argparse.ArgumentParser(prog="python -m tools.breaking", description=package.__doc__)
    parser.add_argument("--against", required=True, metavar="REVISION", help="a git revision, such as main")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository, when it is not this one")
    given = parser.parse_args(arguments)
    try:
        old = _at(given.root, given.against)
        new = load(given.root / CONTRACT)
        sentences = sorted(breaking(old, new))
    except (ContractError, RevisionError, UncomparableError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    versions = old["info"]["version"], new["info"]["version"]
    intended = _major(versions[1]) > _major(versions[0])
    for sentence in sentences:
        sys.stdout.write(f"{sentence}\n")
    ending = f"{len(sentences)} change{'s' * (len(sentences) != 1)} can break callers of {given.against}"
    note = ", which says so" if sentences and intended else ""
    sys.stdout.write(f"{ending} ({versions[0]} -> {versions[1]}{note}).\n")
    return 1 if sentences and not intended else 0


class RevisionError(Exception):
    """The revision does not exist, or has no contract."""


def _at(root: Path, revision: str) -> Document:
    """Returns the contract of a revision."""
    command = ["git", "-C", str(root), "show", "--end-of-options", f"{revision}:{CONTRACT}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RevisionError(f"The contract of {revision} can't be read: {done.stderr.strip()}")
    return parse(done.stdout, source=f"{CONTRACT} of {revision}")


def _major(version: str) -> int:
    return int(version.partition(".")[0])


if __name__ == "__main__":
    sys.exit(main())
