import json
from collections.abc import Awaitable, Callable, Iterator

import pytest

from app.services.billing import api
from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.asgi import Client, Reply, client


@pytest.fixture(scope="session")
def migrated(server, environment) -> str:
    return databases.migrated(server, "billing", environment)


@pytest.fixture
def call(url, environment) -> Iterator[Client]:
    settings = environment | {"SERVICE_NAME": "billing", "DATABASE_URL": url}
    with client(api.create(Settings.from_environment(settings))) as made:
        yield made


@pytest.fixture
def post(call) -> Callable[..., Awaitable[Reply]]:
    """Begins a POST of a draft, as the function that invoices orders; keywords are headers."""

    def begin(draft: object, **headers: str) -> Awaitable[Reply]:
        given = {"content-type": "application/json"} | {name.replace("_", "-"): headers[name] for name in headers}
        body = json.dumps(draft).encode()
        return call.request("POST", "/invoices", headers=given, body=body, principal="system/fulfilment")

    return begin


@pytest.fixture
def create(call, post) -> Callable[..., Reply]:
    return lambda draft, **headers: call.loop.run_until_complete(post(draft, **headers))
