"""The examples of the README for callers work as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.contract import document, operations
from tests.support.stack import REPOSITORY, Stack
from tools.client import generate


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes the client and returns the folder that holds its package."""
    folder = tmp_path_factory.mktemp("client") / "client"
    generate(folder)
    return folder


def test_the_example_of_the_client(stack: Stack, client: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", (REPOSITORY / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(client),
        "ENDPOINT": stack.machine.endpoint_url,
        "TOKEN": stack.token(scope="staff:users:read staff:users:write"),
    }
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=stack.root, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["Mark Wells is Engineer", "There is no user with this id."]


def test_the_documentation_is_served_where_up_says(stack: Stack) -> None:
    (address,) = re.findall(r"API docs: (\S+)", stack.up().out)
    page = stack.request("GET", address.removeprefix(stack.machine.endpoint_url))
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    served = stack.request("GET", "/openapi.json").json()
    assert operations(served).keys() == operations(document()).keys()
    assert served["servers"] == [{"url": stack.machine.endpoint_url}]
