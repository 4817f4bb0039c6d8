"""Writes the typed Python client from the contract, by openapi-python-client.

`python -m tools.client` writes the package into `dist/client`, from where pip installs it. It is not kept in the
repository: the locked generator writes the same 7,000 lines from the same contract within a second, so that there is
nothing that could be out of date. A warning of the generator means that a part is missing: it is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.contract.document import read_yaml

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = ROOT / "app/contract/openapi.yaml"
OUTPUT = ROOT / "dist/client"

Json = dict[str, Any]


class ClientError(Exception):
    """The generator could not write the client. The message is what it printed."""


def generate(output: Path, contract: Path = CONTRACT) -> None:
    """Replaces `output` by a project with the package `crosscloud_client`. Raises ClientError."""
    document = read_yaml(contract.read_text())
    for answer in document["components"]["responses"].values():
        _unite(answer)
    with tempfile.TemporaryDirectory() as folder:
        source, project = Path(folder) / "openapi.json", Path(folder) / "client"
        source.write_text(json.dumps(document))
        _run(["generate", "--path", str(source), "--output-path", str(project), "--meta", "uv", "--fail-on-warning"])
        shutil.rmtree(project / ".ruff_cache", ignore_errors=True)
        shutil.rmtree(output, ignore_errors=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(project, output)


def _unite(answer: Json) -> None:
    """Gives an answer with several media types several schemas: the generator reads the first media type only."""
    schemas = [content["schema"] for content in answer.get("content", {}).values()]
    if len(schemas) > 1:
        answer["content"] = {"application/json": {"schema": {"oneOf": schemas}}}


def _run(arguments: list[str]) -> None:
    """Runs the generator. Raises ClientError."""
    tools = Path(sys.executable).parent  # the generator calls ruff by its name
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    command = [str(tools / "openapi-python-client"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise ClientError(f"{done.stdout}{done.stderr}".strip())


def main() -> int:
    """Writes the client and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.client", description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FOLDER", help="instead of dist/client")
    output: Path = parser.parse_args().output
    try:
        generate(output)
    except ClientError as error:
        sys.stderr.write(f"The client can't be written:\n{error}\n")
        return 1
    sys.stdout.write(f"{output}: install it with `pip install {output}`.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
