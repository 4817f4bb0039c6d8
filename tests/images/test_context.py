"""The build context: complete, minimal, and the same hash for the same files."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from unittest import mock

import pytest

from local.machine import Machine
from local.providers.docker import Image
from tests.images.context import SERVICES, copied, dockerfile, files
from tests.support.service import ROOT


def digest(service: str, root: Path) -> str:
    """The hash that names the image on the local stack, by which a change is found."""
    machine = Machine(root=root, home=root / ".local", ports=mock.sentinel.ports)
    inputs = {"build": {"context": ".", "dockerfile": dockerfile(service)}}
    return str(Image(machine).fingerprint(inputs)["contextDigest"])


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the working tree: what git knows, and what it does not ignore."""
    target = tmp_path_factory.mktemp("clone")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    return target


def test_service_and_its_migrations_start_from_these_files_alone(service: str, tmp_path: Path) -> None:
    copied(service, tmp_path)
    modules = f"app.services.{service}.__main__, app.services.kit.migrate, app.services.kit.server"
    code = f"""
import sys; sys.path[:0] = [{str(tmp_path)!r}, {sysconfig.get_path("purelib")!r}]
import {modules}
from app.services.kit.migrations import versions
assert versions({service!r})
print(*[m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] == "app"], sep="\\n")
"""
    command = [sys.executable, "-I", "-S", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr
    assert all(line.startswith(str(tmp_path)) for line in run.stdout.splitlines())


def test_context_holds_the_service_the_kit_and_what_they_share(service: str) -> None:
    own = {dockerfile(service), f"{dockerfile(service)}.dockerignore"}
    rest = [path for path in files(service) if path not in own]

    assert not [path for path in rest if "__pycache__" in path or path.endswith((".pyc", ".yaml", ".in"))]
    assert {path.split("/")[0] for path in rest} == {"app"}
    assert {path.split("/")[1] for path in rest if path.count("/") > 1} == {"contract", "services"}
    assert {path.split("/")[2] for path in rest if path.startswith("app/services/")} == {"__init__.py", "kit", service}


def test_hash_is_that_of_names_and_contents_alone(
    service: str, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cloned elsewhere, in another order, at another time, by another user, with another umask."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a folder" / "deeper"
    names = [path.relative_to(repository) for path in repository.rglob("*") if path.is_file()]
    for name in sorted(names, reverse=True):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(repository / name, elsewhere / name)
        (elsewhere / name).chmod(0o640)
        os.utime(elsewhere / name, (0, 1_000_000_000))
        if os.geteuid() == 0:
            os.chown(elsewhere / name, 65534, 65534)
    assert digest(service, elsewhere) == digest(service, repository)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "Makefile",
        "Pulumi.prod.yaml",
        "requirements.txt",
        ".env",
        "app/contract/openapi.yaml",
        "app/functions/orchestrator/handler.py",
        "app/services/kit/requirements.in",
        "app/services/kit/__pycache__/settings.cpython-313.pyc",
        "app/services/{other}/api.py",
        "app/services/{other}/Dockerfile",
        "app/services/{other}/requirements.txt",
        "app/services/new/api.py",
        ".local/state/state.json",
    ],
)
def test_other_files_do_not_change_it(service: str, repository: Path, tmp_path: Path, name: str) -> None:
    root = copied(service, tmp_path, repository)
    before = digest(service, root)
    path = root / name.format(other=next(other for other in SERVICES if other != service))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("changed\n")
    assert digest(service, root) == before


@pytest.mark.parametrize(
    "name",
    [
        "app/__init__.py",
        "app/contract/problems.py",
        "app/services/kit/middleware.py",
        "app/services/{service}/api.py",
        "app/services/{service}/requirements.txt",
        "app/services/{service}/Dockerfile",
        "app/services/{service}/migrations/29991231000000_new.sql",
    ],
)
def test_its_own_files_change_it(service: str, repository: Path, tmp_path: Path, name: str) -> None:
    root = copied(service, tmp_path, repository)
    before = digest(service, root)
    path = root / name.format(service=service)
    text = path.read_text() if path.exists() else ""
    path.write_text(f"{text[:-1]}~")  # of the same length, unless it was empty
    assert digest(service, root) != before


def test_a_renamed_and_an_executable_file_change_it(service: str, repository: Path, tmp_path: Path) -> None:
    root = copied(service, tmp_path, repository)
    seen = {digest(service, root)}
    module = root / f"app/services/{service}/api.py"
    module.chmod(0o755)
    seen.add(digest(service, root))
    module.rename(module.with_name("other.py"))
    seen.add(digest(service, root))
    assert len(seen) == 3
