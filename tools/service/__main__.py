"""The command line; see the package."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools import service as package
from tools.generate import generate
from tools.service.additions import STACKS, contract, stack_file
from tools.service.files import service_files
from tools.service.names import CONTRACT, Names, NameTakenError, checked

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Path(__file__).parent / "templates"
TIDY = (("check", "--quiet", "--fix", "--select", "I"), ("format", "--quiet"))
"""Arguments of ruff that sort the imports and wrap the lines of the new files: how long they are, the names decide."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.service", description=package.__doc__)
    parser.add_argument("name", help="the new service's name: 2 to 20 characters of a-z and 0-9, a letter first")
    parser.add_argument("--key", default="sku", help="what identifies a row of its table (default: %(default)s)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository, when it is not this one")
    given = parser.parse_args(arguments)
    root: Path = given.root
    try:
        names = checked(root, service=given.name, key=given.key)
    except NameTakenError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    texts = new_texts(root, names)
    before = {path: (root / path).read_text() if (root / path).exists() else None for path in texts}
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    python_files = [str(path) for path in texts if path.suffix == ".py"]
    for options in TIDY:
        command = [sys.executable, "-m", "ruff", *options, *python_files]
        subprocess.run(command, cwd=root, check=True)  # noqa: S603 - a list made here
    if status := generate(root):
        _take_back(root, before)
        sys.stderr.write(f"The program can't have the service {names.service}, as said above: nothing is written.\n")
        return status
    sys.stdout.write(advice(names))
    return 0


def _take_back(root: Path, before: Mapping[Path, str | None]) -> None:
    """Gives the files their former texts, and generates the others anew. None stands for a file that was not there."""
    for path, text in before.items():
        if text is None:
            (root / path).unlink()
            with contextlib.suppress(OSError):  # until a folder has other files
                for folder in (root / path).parents:
                    folder.rmdir()
        else:
            (root / path).write_text(text)
    generate(root)


def new_texts(root: Path, names: Names) -> dict[Path, str]:
    """Returns the text of every file that is written, by its path in the repository."""
    templates = Environment(  # noqa: S701 - none of the files is HTML
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    texts = service_files(names, templates, datetime.now(UTC))
    texts[CONTRACT] = contract(root, names, templates)
    texts |= {Path(f"Pulumi.{stack}.yaml"): stack_file(root, stack, names, templates) for stack in STACKS}
    return texts


def advice(names: Names) -> str:
    """Returns what to do next, for the terminal."""
    service, path = names.service, f"/{names.service}/notebook"
    return f"""\
The {service} service is written: app/services/{service} with its tests, its part of the contract, its settings.

  make up                                serves it:
  export TOKEN=$(./crosscloud token --customer me --scope {service}:read)
  curl --cacert .local/ca.crt -H "Authorization: Bearer $TOKEN" https://localhost:8443{path}

  make test ARGS=tests/unit/app/services/{service}
                                         runs its tests
  make test && make lint                 check the rest

Next, say what an entry is: the schema {names.schema} in app/contract/openapi.yaml, models.py and store.py in
app/services/{service}, and a new migration. docs/contributing.md has a recipe for another route.
How large its pods and their database are: crosscloud:services.{service} in Pulumi.<stack>.yaml.
"""


if __name__ == "__main__":
    sys.exit(main())
