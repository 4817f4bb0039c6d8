"""The memory of the services. Each runs as in its pod, with a database of its own."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice

from app.services.analytics.api import SUMMARIES
from tests.bench import databases, machine, pod
from tests.bench.load import Load
from tests.bench.pod import Surroundings
from tests.bench.traffic import Request
from tests.support.postgres import Server

REQUESTS = 10_000
CONNECTIONS = 8
INVOICE = b"""{"user_id":"123","currency":"EUR","items":[
 {"product_id":"keyboard","quantity":2,"unit_price":"49.90"},{"product_id":"mouse","quantity":1,"unit_price":"19.95"}]}"""
EVENTS = b"""{"events":[{"id":"@id@","type":"order.paid","user_id":"123","occurred_at":"2026-11-01T12:00:00Z",
 "amount":"12.50","currency":"EUR","attributes":{"channel":"web"}}]}"""
REPORT = b'{"currency":"EUR","from":"2026-11-01","to":"2026-11-30"}'
KEY = (("idempotency-key", "@id@"),)


@dataclass(frozen=True, kw_only=True)
class Use:
    """The requests that a service gets in turn. `first` is sent once before, for what starts only when it is used."""

    requests: Sequence[Request]
    first: Sequence[Request] = ()
    connections: int = CONNECTIONS


SERVICES = {
    "users": Use(requests=[Request(method="GET", path="/users/123"), Request(method="GET", path="/users?limit=20")]),
    "billing": Use(
        requests=[
            Request(method="POST", path="/invoices", body=INVOICE, headers=KEY),
            Request(method="GET", path="/invoices?user_id=123&limit=5"),
        ]
    ),
    "analytics": Use(
        requests=[
            Request(method="POST", path="/events", body=EVENTS, headers=KEY),
            Request(method="GET", path="/events?user_id=123&limit=5"),
            Request(method="GET", path="/analytics/summary?from=2026-11-01&to=2026-11-30"),
        ],
        first=[Request(method="POST", path="/analytics/reports", body=REPORT)],
        connections=SUMMARIES,  # more at once are refused
    ),
}


def of_service(service: str, surroundings: Surroundings, database: Server) -> tuple[float, float]:
    """Returns the resident megabytes after half of the requests and after all of them."""
    url = databases.migrated(database, service, surroundings)
    environment = surroundings.environment(service=service, database=url)
    tls = ssl.create_default_context(cadata=surroundings.authority.certificate)
    use = SERVICES[service]
    every = [request.raw(number) for number, request in enumerate(islice(cycle(use.requests), REQUESTS))]
    with pod.running("-m", f"app.services.{service}", environment=environment, folder=surroundings.folder) as running:
        for number, request in enumerate(use.first):
            with closing(Load(running.port, tls=tls, connections=1)) as load:
                load.use([request.raw(REQUESTS + number)])
                load.run(1)
        megabytes = []
        with closing(Load(running.port, tls=tls, connections=use.connections)) as load:
            load.use(every)
            for _ in range(2):
                load.run(REQUESTS // 2)
                megabytes.append(machine.resident(running.process))
    return megabytes[0], megabytes[1]
