"""Hostile requests: no answer is a 5xx or larger than 64 KiB, and no log line longer than 16 KiB, whatever is sent.

The requests come from the contract's examples (`tests.support.hostile`). They go through the gateway's event to the
function and, where it forwards, to the real service on a real database; to each function with events of its own kind;
and to each service as somebody would send them who got past the ingress.
"""

from __future__ import annotations

import base64
import importlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, cast
from urllib.parse import quote

import pytest
from hypothesis import given

from app.contract.operation import ORCHESTRATOR, Forward, Source
from app.contract.reading import Contract
from app.functions.kit.api import Parts
from app.functions.kit.authorisation import Authorisation
from app.functions.kit.logs import Log
from app.functions.kit.request import Event
from app.functions.kit.responses import Response
from app.functions.orchestrator.orchestrator import Orchestrator
from app.functions.relay.handler import Relay
from app.functions.relay.publishing import Publisher
from tests.support import hostile
from tests.support.asgi import Client
from tests.support.contract import CONTRACT, all_scopes
from tests.support.hostile import TARGETS, Attempt, Target
from tests.support.program import ROOT
from tests.support.services import SERVICES, functions
from tests.support.shop import NO_PAUSES, Context, Shop
from tests.unit.app.hostile.conftest import MANY, RANDOMS, Ingress, assert_bounded, logged

LARGEST = 64 * 1024
"""Bytes of an answer."""
OPERATIONS = {operation.operation_id: operation for operation in Contract.read(ROOT / CONTRACT).operations}
HTTP = sorted({operation.function for operation in OPERATIONS.values()})
"""The functions that answer HTTP."""


Answering = Callable[[Event], Response]


def targets_of(function: str) -> list[Target]:
    return [TARGETS[id_] for id_, operation in OPERATIONS.items() if operation.function == function]


def event_of(attempt: Attempt) -> dict[str, Any]:
    """Returns the attempt as the gateway hands it to a function."""
    claims = {"sub": attempt.subject, "scope": all_scopes(), "groups": attempt.groups}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": attempt.target.route,
        "headers": attempt.headers,
        "pathParameters": attempt.path or None,
        "queryStringParameters": attempt.query or None,
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        "isBase64Encoded": attempt.encoded,
    }
    if attempt.body is not None:
        text = base64.b64encode(attempt.body).decode() if attempt.encoded else attempt.body.decode(errors="replace")
        event["body"] = text
    return event


def assert_refused_well(status: int, body: bytes, lines: list[str], attempt: Attempt) -> None:
    assert_bounded(lines)
    assert status < 500, (attempt, status, body[:2000], lines)
    assert len(body) <= LARGEST, (attempt, status, len(body), body[:500])
    if status >= 400:
        problem = json.loads(body)
        assert problem["status"] == status
        assert len(problem.get("errors", ())) <= 100


@pytest.fixture
def answer(shop: Shop, ingress: Ingress, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """Calls the function of an event and returns its answer. The orchestrator calls the services without a network."""
    names = {"PRODUCTS_TABLE": "products", "ORDERS_TABLE": "orders", "IDEMPOTENCY_TABLE": "keys"}
    for variable, name in names.items():
        monkeypatch.setenv(variable, shop.names[name])
    modules = {name: importlib.import_module(f"app.functions.{name}.handler") for name in HTTP}
    log = Log(service=ORCHESTRATOR, level="INFO")
    forwarding = Orchestrator(cast("Any", ingress), log)
    parts = Parts(log=log, authorisation=Authorisation(), handlers=forwarding.handlers())
    assemble = {name: module.assembled for name, module in modules.items()} | {ORCHESTRATOR: lambda: parts}
    functions_by_route = {operation.route_key: operation.function for operation in OPERATIONS.values()}

    def call(event: Event) -> Response:
        name = functions_by_route[event["routeKey"]]
        response: Response = modules[name].API.handle(event, Context(), assemble[name])
        return response

    yield call
    forwarding.close()
    for module in modules.values():
        module.assembled.cache_clear()


def try_event(answer: Answering, attempt: Attempt, statuses: Counter[int]) -> None:
    with logged() as lines:
        response = answer(event_of(attempt))
    assert_refused_well(response["statusCode"], response["body"].encode(), lines, attempt)
    assert all(value.isascii() and value.isprintable() for value in response["headers"].values())
    statuses[response["statusCode"]] += 1


def try_all(try_one: Callable[[Attempt, Counter[int]], None], choices: list[Target]) -> None:
    """Tries hostile requests. They would prove nothing if all were refused at the door: good ones get through, and some
    hostile ones are refused for what they hold."""
    good, statuses = Counter[int](), Counter[int]()
    for target in choices:
        try_one(hostile.good(target), good)

    @MANY
    @given(RANDOMS)
    def tried(random: Random) -> None:
        try_one(hostile.attempt(random, choices), statuses)

    tried()
    assert any(status < 300 for status in good), good
    assert 422 in statuses, statuses


def try_events(answer: Answering, choices: list[Target]) -> None:
    try_all(lambda attempt, statuses: try_event(answer, attempt, statuses), choices)


def test_at_the_edge(answer: Answering) -> None:
    try_events(answer, list(TARGETS.values()))


@pytest.mark.parametrize("function", HTTP)
def test_at_a_function(answer: Answering, function: str) -> None:
    try_events(answer, targets_of(function))


def service_targets(service: str) -> list[Target]:
    """Returns the requests that the orchestrator makes of a service, as targets."""
    calls = [(TARGETS[id_], call) for id_, operation in OPERATIONS.items() for call in operation.calls]
    return [target_of(public, call) for public, call in calls if call.upstream == service]


def target_of(public: Target, call: Forward) -> Target:
    """Returns the call of a service that a good request leads to."""
    body = public.body if isinstance(public.body, dict) else {}
    known = {**body, **public.path, **public.query, **public.headers}

    def values(sources: Mapping[str, Source | str]) -> dict[str, str]:
        return {
            name: str(known.get(source.name, "1") if isinstance(source, Source) else source)
            for name, source in sources.items()
        }

    return Target(
        route=f"{call.method} {call.path}",
        path=values(call.parameters),
        query=values(call.query),
        headers=values(call.headers),
        body=public.body if call.body else None,
    )


@pytest.mark.parametrize("service", SERVICES)
def test_at_a_service(services: dict[str, Client], service: str) -> None:
    """The requests come as with a certificate of the ingress: nothing has looked at them before."""
    call = services[service]

    def try_one(attempt: Attempt, statuses: Counter[int]) -> None:
        method, path = attempt.target.route.split(" ")
        filled = path.format_map({name: encoded(value) for name, value in attempt.path.items()})
        query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in attempt.query.items())
        raw = [(name.encode(), value.encode(errors="surrogatepass")) for name, value in attempt.headers.items()]
        with logged() as lines:
            reply = call(method, f"{filled}?{query}", raw=raw, body=attempt.body)
        assert_refused_well(reply.status, reply.body, lines, attempt)
        statuses[reply.status] += 1

    try_all(try_one, service_targets(service))


def encoded(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


class Bus:
    """A bus that takes everything."""

    def put_events(self, *, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        json.dumps(Entries)
        return {"Entries": [{"EventId": "x"} for _ in Entries]}


class Letters:
    """A dead-letter queue, by SQS's own bound."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def put(self, record: object, reason: str) -> None:
        body = json.dumps({"reason": reason, "record": record}, default=str)
        assert len(reason) < 16 * 1024
        self.bodies.append(body)


def record_of(document: Any) -> dict[str, Any]:
    keys = {"order_id": {"S": "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10"}, "entry": {"S": "event#000001"}}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": {**keys, "document": {"S": document}}}}


EVENT = json.loads((ROOT / "app/contract/events/order.placed.v1.json").read_text())["examples"][0]


def a_document(random: Random) -> str:
    """Returns the text of an event, perhaps with wrong parts, or some other text."""
    return random.choice([json.dumps(hostile.mutated(random, EVENT)), hostile.text(random), "[" * 100_000, "NaN"])


def a_record(random: Random) -> Any:
    """Returns a record of the stream with a wrong document or wrong parts, or something else."""
    match random.randrange(5):
        case 0:
            return hostile.value(random)
        case 1 | 2:
            return hostile.mutated(random, record_of(json.dumps(EVENT)))
        case _:
            return record_of(a_document(random))


@MANY
@given(RANDOMS)
def test_at_the_relay(random: Random) -> None:
    """It raises for nothing in a record: whatever is no event is put aside, and the others are published."""
    records = [a_record(random) for _ in range(random.randrange(5))]
    letters = Letters()
    publisher = Publisher(client=Bus(), bus="bus", backoff=NO_PAUSES)
    relay = Relay(publisher=publisher, letters=letters, log=Log(service="relay", level="INFO"))  # type: ignore[arg-type]
    good = record_of(json.dumps(EVENT))
    with logged() as lines:
        relay.publish([*records, good], Context())
    assert_bounded(lines)
    published = [line for line in map(json.loads, lines) if line["message"] == "published"]
    assert len(published) >= 1
    assert len(published) + len(letters.bodies) <= len(records) + 1


ENVELOPE = {"source": "crosscloud.orders", "detail-type": EVENT["type"], "detail": EVENT}


def a_message(random: Random) -> str:
    """Returns the body of a message with wrong parts, or some other text."""
    if random.random() < 0.5:
        return json.dumps(hostile.mutated(random, ENVELOPE))
    return a_document(random)


@MANY
@given(RANDOMS)
def test_at_fulfilment(shop: Shop, random: Random) -> None:
    """It raises for nothing in a message: each that can't be worked on comes again on its own."""
    bodies = [a_message(random) for _ in range(random.randrange(4))]
    records = [
        {"messageId": f"m{number}", "receiptHandle": "h", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        for number, body in enumerate(bodies)
    ]
    consumer = shop.consumer()
    with logged() as lines:
        again = consumer.consume_batch(records, deadline=float("inf"))
    assert_bounded(lines)
    assert set(again) <= {record["messageId"] for record in records}


def test_every_function_and_service_is_a_target() -> None:
    assert {*HTTP, "relay", "fulfilment"} == functions()
    assert {call.upstream for operation in OPERATIONS.values() for call in operation.calls} == set(SERVICES)
