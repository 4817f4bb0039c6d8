import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from app.functions.kit.breaker import State
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret
from app.functions.kit.upstream import Ingress
from app.functions.orchestrator import handler as entry
from app.functions.orchestrator.operations import OPERATIONS
from app.functions.orchestrator.orchestrator import Orchestrator
from tests.support.pki import Authority, Leaf
from tests.support.scripted import Behaviour, Scripted, scripted_server
from tests.support.secrets_manager import SecretsManager, secrets_manager


@dataclass(frozen=True)
class Pki:
    """Two authorities, as between the clouds: one for the ingress, one for its callers."""

    servers: Authority
    clients: Authority
    server: Leaf
    client: Leaf

    def secret(self, *, client: Leaf | None = None, ca: str | None = None) -> str:
        leaf = client or self.client
        return json.dumps(
            {"certificate": leaf.certificate, "private_key": leaf.private_key, "ca": ca or self.servers.certificate}
        )


@pytest.fixture(scope="session")
def pki() -> Pki:
    servers, clients = Authority("servers"), Authority("clients")
    return Pki(servers, clients, servers.server("127.0.0.1"), clients.client("orchestrator"))


@pytest.fixture
def secrets(pki) -> Iterator[SecretsManager]:
    with secrets_manager() as running:
        running.text = pki.secret()
        yield running


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set when the test ends: what a behaviour may wait for."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def services(tmp_path, pki, released) -> Iterator[Callable[..., Scripted]]:
    """Starts the other side: `services(behaviour, ..., paths={"/users": behaviour})`."""
    running = []

    def start(*script: Behaviour, paths: dict[str, Behaviour] | None = None) -> Scripted:
        context = scripted_server(tmp_path, server=pki.server, clients=pki.clients, script=list(script), paths=paths)
        running.append(context)
        return context.__enter__()

    yield start
    released.set()
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def ingress(secrets) -> Iterator[Callable[..., Ingress]]:
    """An ingress that sleeps no time between attempts."""
    made = []

    def make(
        port: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_transition: Callable[[str, State], None] = lambda *_: None,
        on_days_left: Callable[[float], None] = lambda _: None,
        **retries: object,
    ) -> Ingress:
        settings = {"sleep": lambda _: None, "uniform": lambda low, _: low} | retries
        secret = CachedSecret("arn:tls", secrets.environment(), on_stale=lambda _: None)
        made.append(
            Ingress(
                f"https://127.0.0.1:{port}",
                secret,
                Retries(**settings),
                on_transition=on_transition,
                on_days_left=on_days_left,
                clock=clock,
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


SCOPES = " ".join(sorted({scope for each in OPERATIONS.values() for scope in each.scopes or ()}))

MIGHTY = {"sub": "alice", "scope": SCOPES, "groups": "[staff]"}
"""The claims of somebody who may do everything."""


class Context:
    aws_request_id = "aws-1"

    def __init__(self, seconds: float = 28.0) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@dataclass
class Invocation:
    status: int
    headers: dict[str, str]
    body: str
    log: dict
    lines: list[dict]
    certificates: list[dict]
    """Lines of the environment, not of the request."""

    @property
    def last(self) -> dict:
        """The request's own line, without what holds in every line."""
        return {name: value for name, value in self.log.items() if name not in ("_aws", "timestamp")}

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@pytest.fixture
def invoke(monkeypatch, secrets, capsys) -> Iterator[Callable[..., Invocation]]:
    """Calls the function as the runtime does: `invoke(event, port=..., seconds=..., VARIABLE=...)`. The environment's
    variables are read at the first call. No time is lost between attempts."""
    monkeypatch.setattr("app.functions.kit.retries.FIRST_PAUSE", 0.0)

    def call(event: dict, *, port: int = 1, seconds: float = 28.0, **variables: str) -> Invocation:
        environment = secrets.environment() | {
            "UPSTREAM_URL": f"https://127.0.0.1:{port}",
            "UPSTREAM_TLS_SECRET_ARN": "arn:tls",
            "SERVICE_NAME": "orchestrator",
            "LOG_LEVEL": "INFO",
            "TRACE_SAMPLE_RATE": "0",
            **variables,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        response = entry.handler(event, Context(seconds))
        written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        lines, certificates = ([w for w in written if (w["message"] == "certificates") is own] for own in (False, True))
        return Invocation(response["statusCode"], response["headers"], response["body"], lines[-1], lines, certificates)

    made: list[Orchestrator] = []
    monkeypatch.setattr(entry, "Orchestrator", lambda *args: made.append(Orchestrator(*args)) or made[-1])
    entry.assembled.cache_clear()
    yield call
    for orchestrator in made:
        orchestrator.close()
    entry.assembled.cache_clear()


def event(
    route: str = "POST /users",
    body: str | None = '{"user_id":"123"}',
    *,
    claims: dict | None = None,
    headers: dict | None = None,
    path: dict | None = None,
    query: dict | None = None,
    base64: bool = False,
) -> dict:
    """Returns an event as the HTTP API sends it. `claims` are by default those of somebody who may do everything."""
    made = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": route.partition(" ")[2],
        "headers": {"content-type": "application/json"} if headers is None else headers,
        "requestContext": {
            "http": {"method": route.partition(" ")[0]},
            "authorizer": {
                "jwt": {"claims": {"sub": "alice", "scope": SCOPES, "groups": "[staff]"} if claims is None else claims}
            },
        },
        "isBase64Encoded": base64,
    }
    if body is not None:
        made["body"] = body
    if path is not None:
        made["pathParameters"] = path
    if query is not None:
        made["queryStringParameters"] = query
    return made


@pytest.fixture(name="event")
def event_fixture() -> Callable[..., dict]:
    return event
