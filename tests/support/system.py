"""The whole API in one process: the functions as the gateway calls them, the services as the ingress does, on the
emulator's tables and real databases. What callers may do is the same as on a stack, and a call takes milliseconds."""

from __future__ import annotations

import contextlib
import importlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.contract.operation import STAFF, Operation
from app.functions.kit.api import Api, Parts
from app.functions.kit.authorisation import Authorisation
from app.functions.kit.calls import Answer, Call
from app.functions.kit.logs import Log
from app.functions.orchestrator.orchestrator import Orchestrator
from app.services.kit.settings import Settings
from tests.support import databases
from tests.support.asgi import Client, client
from tests.support.pki import Authority
from tests.support.postgres import postgres
from tests.support.services import SERVICES
from tests.support.shop import Context, Response, Shop

TABLES = {
    "users": ("users",),
    "billing": ("orders", "order_items", "invoices", "idempotency_keys"),
    "analytics": ("events", "idempotency_keys", "daily_totals", "daily_users", "numbered_users"),
}
"""The tables that callers can change in the services' databases, by service."""


@dataclass(frozen=True)
class RealServices:
    """The services themselves, behind the interface of an ingress. `urls` are those of their databases."""

    clients: Mapping[str, Client]
    urls: Mapping[str, str]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, call: Call) -> Answer:
        with self._lock:  # an overview calls from several threads, and a client has one event loop
            reply = self.clients[call.upstream](call.method, call.path, headers=dict(call.headers), body=call.body)
        assert reply.status in call.answers, (call.method, call.path, reply)
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)

    def close(self) -> None:
        """Leaves the services to the test session."""

    def rows(self) -> dict[str, list[Any]]:
        """Returns everything that is stored, by table."""
        return {
            f"{service}.{table}": sorted(map(str, databases.rows(self.urls[service], f"select * from {table}")))
            for service, tables in TABLES.items()
            for table in tables
        }


@contextlib.contextmanager
def real_services(folder: Path) -> Iterator[RealServices]:
    """Runs every service of the working tree on a database of its own until the end of the block."""
    leaf = Authority("servers").server("127.0.0.1")
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)
    files = {"TLS_CERT_FILE": str(folder / "tls.crt"), "TLS_KEY_FILE": str(folder / "tls.key"), "POD_NAME": "pod-1"}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres(folder / "postgres"))
        clients, urls = {}, {}
        for name in SERVICES:
            environment = files | {"SERVICE_NAME": name, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x?sslmode=disable"}
            urls[name] = databases.migrated(server, name, environment)
            settings = Settings.from_environment(environment | {"DATABASE_URL": urls[name]})
            create = importlib.import_module(f"app.services.{name}.api").create
            clients[name] = stack.enter_context(client(create(settings)))
        yield RealServices(clients, urls)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A caller, by the claims of the token."""

    claims: Mapping[str, str]

    @classmethod
    def customer(cls, subject: str, scopes: Iterator[str] | tuple[str, ...]) -> Caller:
        """Returns a customer who asks for every scope, those of staff too."""
        return cls(claims={"sub": subject, "client_id": "shop", "scope": " ".join(scopes), "groups": "[]"})

    @classmethod
    def staff(cls, subject: str, scopes: tuple[str, ...]) -> Caller:
        return cls(claims={"sub": subject, "client_id": "desk", "scope": " ".join(scopes), "groups": "[staff]"})

    @classmethod
    def program(cls, subject: str, scopes: tuple[str, ...]) -> Caller:
        """Returns a program, which has no scopes but those of staff: it has nothing of its own."""
        granted = " ".join(scope for scope in scopes if scope.startswith(STAFF))
        return cls(claims={"sub": subject, "client_id": subject, "scope": granted})


@dataclass(frozen=True)
class System:
    """The API. `shop` has the tables, the bus and the queue."""

    shop: Shop
    services: RealServices

    def call(
        self,
        caller: Caller,
        operation: Operation,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: object = None,
        key: str | None = None,
    ) -> Response:
        """Makes a request of a caller whose token the gateway has accepted."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
        event = {
            "version": "2.0",
            "routeKey": operation.route_key,
            "headers": headers,
            "pathParameters": dict(path or {}),
            "queryStringParameters": dict(query or {}),
            "rawQueryString": urlencode(query or {}),
            "requestContext": {"authorizer": {"jwt": {"claims": dict(caller.claims)}}},
            "isBase64Encoded": False,
            "body": json.dumps(body) if body is not None else None,
        }
        module = importlib.import_module(f"app.functions.{operation.function}.handler")
        api: Api = module.API
        with self._parts(operation.function) as parts:
            answer = api.handle(event, Context(), lambda: parts)
        return Response(answer["statusCode"], answer["headers"], answer["body"])

    def stored(self) -> dict[str, Any]:
        """Returns everything that is stored, by table."""
        tables = {name: sorted(map(str, self.shop.items(name))) for name in ("products", "orders", "keys")}
        return {**self.services.rows(), **tables}

    @contextlib.contextmanager
    def _parts(self, function: str) -> Iterator[Parts]:
        if function == "orchestrator":
            log = Log(service="orchestrator", level="INFO")
            orchestrator = Orchestrator(self.services, log)  # type: ignore[arg-type]
            try:
                yield Parts(log=log, authorisation=Authorisation(), handlers=orchestrator.handlers())
            finally:
                orchestrator.close()
        else:
            yield {"catalog": self.shop.catalog, "orders": self.shop.desk}[function]()
