import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.pki import Authority
from tests.support.postgres import Server, Urls, postgres
from tests.support.service import Service, free_port
from tests.support.ways import by_framework


@pytest.fixture(autouse=True, scope="session")
def way() -> Iterator[None]:
    """Has the services of these tests go FastAPI's way alone when WAY=fastapi. `make test` runs them as they are."""
    if os.environ.get("WAY") != "fastapi":
        yield
        return
    with by_framework():
        yield


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority("servers")


@pytest.fixture(scope="session")
def certificates(tmp_path_factory, authority) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tls")
    leaf = authority.server("127.0.0.1")
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)
    return {"TLS_CERT_FILE": str(folder / "tls.crt"), "TLS_KEY_FILE": str(folder / "tls.key")}


@pytest.fixture(scope="session")
def environment(certificates) -> dict[str, str]:
    """Complete settings; nobody listens at the database's port."""
    return certificates | {
        "SERVICE_NAME": "users",
        "POD_NAME": "users-1",
        "DATABASE_URL": "postgresql://users:secret@127.0.0.1:1/users?sslmode=disable",
    }


@pytest.fixture
def settings(environment) -> Settings:
    return Settings.from_environment(environment)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def url(server, migrated) -> Iterator[str]:
    """A database of the test's own, with the service's migrations: the fixture `migrated` of the service's tests."""
    with databases.copy(server, migrated) as url:
        yield url


@pytest.fixture
def rows(url) -> Callable[..., list]:
    """Returns a function that gives the rows of a statement, executed as the role that owns the database."""
    return partial(databases.rows, databases.owner_url(url))


@pytest.fixture
def migrate(environment) -> Callable[[Urls], subprocess.CompletedProcess[str]]:
    """Runs the migrations of the users service, as its Job does."""
    return lambda urls: databases.migrate(urls, "users", environment)


@pytest.fixture
def lines(capsys) -> Callable[[], list[dict]]:
    """Returns a function that gives the lines that were logged since its last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def start(environment, authority) -> Iterator[Callable[..., Service]]:
    """Starts `python ARGUMENTS` as a service; keywords are added to its environment. It ends with the test."""
    started = []

    def begin(*arguments: str, **more: str) -> Service:
        here = {"HOST": "127.0.0.1", "PORT": str(free_port()), "PATH": "/usr/bin:/bin"}
        started.append(Service(*arguments, environment=environment | here | more, ca=authority.certificate))
        return started[-1]

    yield begin
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
        service.process.communicate()
