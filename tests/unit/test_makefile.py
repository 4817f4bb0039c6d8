"""`make install`: which Python the virtual environment has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.program import ROOT


def interpreter(path: Path, version: str) -> None:
    """Puts a program at `path` that answers as a Python of that version does to what the Makefile asks it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(("chosen", "anew"), [("3.13", True), ("3.12", False), (None, False)])
def test_an_environment_of_another_version_than_the_chosen_one_is_made_anew(
    tmp_path: Path, chosen: str | None, anew: bool
) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "requirements.txt").touch()
    interpreter(tmp_path / ".venv/bin/python", "3.12")
    (tmp_path / ".venv/.installed").touch()
    choice = []
    if chosen:
        interpreter(tmp_path / "chosen", chosen)
        choice = [f"PYTHON={tmp_path / 'chosen'}"]
    command = ["make", "--dry-run", "--no-print-directory", "install", *choice]
    planned = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert ("-m venv --clear .venv" in planned) == anew


ABOUT_A_CLUSTER = {
    "KUBECONFIG": "path",
    "CONTEXT": "kind-mine",
    "CLUSTER": "kind",
    "IMAGES": "registry:r.example",
    "POSTGRES": "debian",
    "YES_THIS_CLUSTER": "1",
}
OF_A_CLUSTER = (
    "--kubeconfig path --context kind-mine --images registry:r.example --postgres debian --yes-this-cluster --kind"
)


@pytest.mark.parametrize("written_down", [True, False])
@pytest.mark.parametrize(
    ("target", "variables", "expected"),
    [
        ("up", ABOUT_A_CLUSTER, OF_A_CLUSTER),
        ("up", {"WATCH": "1"}, "--watch"),
        ("down", {"PURGE": "1"}, "--purge"),
        ("down", {"PURGE": "1", "FORGET": "1"}, "--purge --forget"),
    ],
)
def test_what_is_said_of_a_cluster_and_of_data_counts_on_the_command_line_only(
    target: str, variables: dict[str, str], expected: str, *, written_down: bool
) -> None:
    said = [f"{name}={value}" for name, value in variables.items()]
    command = ["make", "--dry-run", "--no-print-directory", target, *(said if written_down else [])]
    environment = {"PATH": os.environ["PATH"], **({} if written_down else variables)}
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env=environment)
    options = " ".join(done.stdout.partition(f"-m local {target}")[2].replace("\\", "").split())
    assert options.replace('"', "").replace("'", "") == (expected if written_down else "")
