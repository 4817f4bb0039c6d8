"""The command line; see the package."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

from tools import breaking as package
from tools.breaking.operations import breaking
from tools.breaking.schemas import Document, UncomparableError

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "app/contract/openapi.yaml"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.breaking", description=package.__doc__)
    parser.add_argument("--against", required=True, metavar="REVISION", help="a git revision, such as main")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository, when it is not this one")
    given = parser.parse_args(arguments)
    try:
        old = _at(given.root, given.against)
        new: Document = yaml.safe_load((given.root / CONTRACT).read_text())
        found = sorted(breaking(old, new))
    except (RevisionError, UncomparableError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    versions = old["info"]["version"], new["info"]["version"]
    meant = _major(versions[1]) > _major(versions[0])
    for sentence in found:
        sys.stdout.write(f"{sentence}\n")
    ending = f"{len(found)} change{'s' * (len(found) != 1)} can break callers of {given.against}"
    sys.stdout.write(f"{ending} ({versions[0]} -> {versions[1]}{', which says so' if found and meant else ''}).\n")
    return 1 if found and not meant else 0


class RevisionError(Exception):
    """There is no such revision, or no contract in it."""


def _at(root: Path, revision: str) -> Document:
    command = ["git", "-C", str(root), "show", "--end-of-options", f"{revision}:{CONTRACT}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RevisionError(f"The contract of {revision} can't be read: {done.stderr.strip()}")
    document: Document = yaml.safe_load(done.stdout)
    return document


def _major(version: str) -> int:
    return int(version.partition(".")[0])


if __name__ == "__main__":
    sys.exit(main())
