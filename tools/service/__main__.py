"""The command line; see the package."""

from __future__ import annotations

import argparse
import subprocess
import sys
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
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    python_files = [str(path) for path in texts if path.suffix == ".py"]
    for options in TIDY:
        command = [sys.executable, "-m", "ruff", *options, *python_files]
        subprocess.run(command, cwd=root, check=True)  # noqa: S603 - a list made here
    status = generate(root)
    if status == 0:
        sys.stdout.write(advice(names))
    return status


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
  export TOKEN=$(.venv/bin/python -m local token --customer me --scope {service}:read)
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
