"""A checkout whose `pulumi` is a real engine, with a state of its own, played providers and played clouds' commands.

Without an engine the tests are skipped: its command-line tool is in no package registry. They take the `pulumi` of
PULUMI_BIN or of PATH, with its Python language host beside it (https://www.pulumi.com/docs/iac/download-install/).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from delivery.commands import DeliveryError
from tests.engine.providers import Cloud, serving
from tests.support.program import ROOT

SECONDS = 600
"""The limit of one command; an `up` takes about 30 on two free cores."""
_OURS = ("AWS_", "ARM_", "AZURE_", "DOCKER_", "KUBE", "PULUMI_", "PYTHON", "VIRTUAL_ENV")
_COMMAND = """#!{python}
import json, pathlib, sys
answers = json.loads(pathlib.Path({answers!r}).read_text())
command = " ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
answer = next((answer for start, answer in answers.items() if command.startswith(start)), None)
sys.exit(f"The test has no answer for {{command}}") if answer is None else print(answer)
"""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A copy of the repository, the environment of its commands, and what exists in the played clouds."""

    folder: Path
    environment: dict[str, str]
    answers: Path
    cloud: Cloud

    def shell(self, script: str, **variables: str) -> str:
        """Runs a script as GitHub's runners do and returns what it prints. Fails the test when the script fails."""
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = self._run(command, variables)
        assert done.returncode == 0, f"{script}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def command(self, words: Sequence[str]) -> str:
        """Runs a command as a delivery does. Raises DeliveryError."""
        done = self._run(list(words), {})
        if done.returncode:
            raise DeliveryError(f"`{' '.join(words[:3])}` failed: {done.stdout[-3000:]} {done.stderr[-1000:]}")
        return done.stdout

    def answer(self, command: str, answer: object) -> None:
        """Makes a played command that begins so print the answer."""
        answers = json.loads(self.answers.read_text())
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.answers.write_text(json.dumps({command: text, **{k: v for k, v in answers.items() if k != command}}))

    def state(self, stack: str) -> list[dict[str, Any]]:
        """Returns the resources of the stack's state, secrets in plain text: each export encrypts them anew."""
        exported = json.loads(self.shell('pulumi stack export --show-secrets --stack "$STACK"', STACK=stack))
        resources: list[dict[str, Any]] = exported["deployment"].get("resources", [])
        return resources

    def _run(self, command: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **variables}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder of the engine's binaries."""
    named = os.environ.get("PULUMI_BIN")
    binary = Path(named) if named else Path(shutil.which("pulumi") or "/nowhere")
    binary = binary / "pulumi" if binary.is_dir() else binary
    if not os.access(binary, os.X_OK) or not (binary.parent / "pulumi-language-python").exists():
        pytest.skip("needs Pulumi's command-line tool: put it on PATH, or name it in PULUMI_BIN")
    return binary.resolve().parent


@pytest.fixture(scope="session")
def checkout(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder, home = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("home")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    answers, commands = home / "answers.json", home / "bin"
    answers.write_text("{}")
    commands.mkdir()
    for name in ("az", "aws"):
        (commands / name).write_text(_COMMAND.format(python=sys.executable, answers=str(answers)))
        (commands / name).chmod(0o755)
    (home / "state").mkdir()
    cloud = Cloud(folder=folder)
    with serving(cloud) as providers:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        path = [str(commands), str(Path(sys.prefix, "bin")), str(engine), kept["PATH"]]
        environment = {
            **kept,
            "PATH": os.pathsep.join(path),
            "HOME": str(home),
            "PULUMI_HOME": str(home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of a test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_OPTION_SKIP_PLUGIN_PRE_INSTALL": "true",
            "PULUMI_DEBUG_PROVIDERS": providers,
        }
        made = Checkout(folder=folder, environment=environment, answers=answers, cloud=cloud)
        made.shell("pulumi install --cwd policy/crossguard")  # as the workflows' action and docs/deploy.md do
        yield made
