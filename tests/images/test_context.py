"""The build context: complete, minimal, and the same hash for the same files."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.images.context import DOCKERFILE, LOCK, SERVICES, clone, context, digest, files
from tests.support.pki import Authority
from tests.support.service import ROOT

LOADED = """
import json, os, sys
sys.path[:0] = [{folder!r}, {packages!r}]
import app.services.kit.migrate
from app.services.{service}.__main__ import create
from app.services.kit.migrations import versions
from app.services.kit.settings import Settings
assert versions({service!r})
create(Settings.from_environment(os.environ))
json.dump([module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "app"], sys.stdout)
"""
"""A program that loads all that a pod of the service runs, also what is imported in functions: the migrations, the
server, the application with its spans. It prints the files of the loaded modules."""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A pod's settings with all that is optional, so that nothing stays unloaded."""
    folder = tmp_path_factory.mktemp("tls")
    leaf = Authority("servers").server("127.0.0.1")
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)
    return {
        "TLS_CERT_FILE": str(folder / "tls.crt"),
        "TLS_KEY_FILE": str(folder / "tls.key"),
        "DATABASE_URL": "postgresql://service:secret@127.0.0.1:1/service?sslmode=disable",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
    }


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone(tmp_path_factory.mktemp("clone"))


def loaded(service: str, folder: Path, environment: dict[str, str]) -> set[str]:
    """Returns the application's files that a fresh interpreter loads from `folder` for the service, relative to it."""
    code = LOADED.format(folder=str(folder), packages=sysconfig.get_path("purelib"), service=service)
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env=environment | {"SERVICE_NAME": service},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {Path(file).relative_to(folder).as_posix() for file in json.loads(run.stdout)}


def data_files(service: str) -> set[str]:
    """Returns the repository's files that a service's image needs besides the modules that a start loads: the
    Dockerfile, the lock, and all else of the service's own folder, which it opens or runs by path."""
    own = ROOT / "app/services" / service
    beside = {path for path in own.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return {DOCKERFILE, LOCK, *(path.relative_to(ROOT).as_posix() for path in beside)}


def test_service_and_its_migrations_start_from_these_files_alone(
    service: str, repository: Path, environment: dict[str, str]
) -> None:
    folder = context(service, repository)
    assert loaded(service, folder, environment) <= set(files(service, repository))


def test_context_holds_nothing_but_what_the_service_loads_and_its_own_files(
    service: str, repository: Path, environment: dict[str, str]
) -> None:
    needed = loaded(service, ROOT, environment) | data_files(service)
    assert set(files(service, repository)) == {"Dockerfile"} | needed - {DOCKERFILE}


def test_changed_source_changes_the_images_that_need_it_and_no_other(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """Each file of the application in turn."""
    root = clone(tmp_path)
    needed = {service: loaded(service, ROOT, environment) | data_files(service) for service in SERVICES}
    before = {service: digest(service, root) for service in SERVICES}
    sources = sorted(path for path in (root / "app").rglob("*") if path.is_file())
    assert len(sources) > 100

    wrong = {}
    for source in sources:
        name, content = source.relative_to(root).as_posix(), source.read_bytes()
        source.write_bytes(content + b"\n")
        changed = {service for service in SERVICES if digest(service, root) != before[service]}
        source.write_bytes(content)
        expected = {service for service in SERVICES if name in needed[service]}
        if changed != expected:
            wrong[name] = (changed, expected)
    assert not wrong
    assert {service: digest(service, root) for service in SERVICES} == before


def test_files_outside_of_the_application_do_not_change_an_image(service: str, tmp_path: Path) -> None:
    root = clone(tmp_path)
    before = digest(service, root)
    names = [
        "README.md",
        "Makefile",
        "Pulumi.prod.yaml",
        "requirements.txt",
        ".env",
        ".local/state/state.json",
        f"app/services/{service}/__pycache__/api.cpython-313.pyc",
        "app/services/kit/__pycache__/settings.cpython-313.pyc",
        "app/services/new/__main__.py",
        f"dist/images/{service}/app/left.py",
    ]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("changed\n")
    assert digest(service, root) == before


def test_hash_is_that_of_names_and_contents_alone(
    service: str, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cloned elsewhere, in another order, at another time, by another user, with another umask."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a folder" / "deeper"
    names = [path.relative_to(repository) for path in repository.rglob("*") if path.is_file()]
    for name in sorted(names, reverse=True):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, elsewhere / name)
        (elsewhere / name).chmod((elsewhere / name).stat().st_mode & 0o750)
        os.utime(elsewhere / name, (0, 1_000_000_000))
        if os.geteuid() == 0:
            os.chown(elsewhere / name, 65534, 65534)
    assert digest(service, elsewhere) == digest(service, repository)
    assert {path.stat().st_mode & 0o777 for path in context(service, elsewhere).rglob("*") if path.is_file()} == {0o644}


def test_new_migration_changes_it(service: str, tmp_path: Path) -> None:
    root = clone(tmp_path)
    before = digest(service, root)
    (root / f"app/services/{service}/migrations/29991231000000_new.sql").write_text("-- migrate:up\n")
    assert digest(service, root) != before


def test_a_renamed_and_an_executable_file_change_it(service: str, tmp_path: Path) -> None:
    root = clone(tmp_path)
    digests = {digest(service, root)}
    migration = next((root / f"app/services/{service}/migrations").iterdir())
    migration.chmod(0o755)
    digests.add(digest(service, root))
    migration.chmod(0o644)
    migration.rename(migration.with_name("29991231000000_renamed.sql"))
    digests.add(digest(service, root))
    assert len(digests) == 3


def test_removed_source_leaves_the_context(service: str, tmp_path: Path) -> None:
    root = clone(tmp_path)
    extra = root / f"app/services/{service}/migrations/29991231000000_new.sql"
    extra.write_text("-- migrate:up\n")
    assert extra.relative_to(root).as_posix() in files(service, root)
    extra.unlink()
    assert extra.relative_to(root).as_posix() not in files(service, root)
