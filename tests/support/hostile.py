"""Makes hostile requests: what the contract's examples hold, with parts that are wrong, huge, odd or missing.

They are made by a `random.Random`. Hypothesis gives one whose choices it knows, so that it makes a failing request as
small as it can, or in a long run one that has only a seed, which takes a fraction of the time.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.support.contract import document, operations

CONTRACT = document()
LONG, LONGER = 1_500, 20_000
"""Characters of the longest texts in a path, a query or a header, and of those in a body: more than an answer or a log
line may take over."""

ODD_TEXTS = [
    "", ".", "..", "a/../b", "%2e%2e", "%00", "\0", "a\0b", "\ud800", "\u2028", "\U0001f600", "'; drop table users",
    "x" * 65, "1e400", "NaN", "-0", "9" * 400, "0x5", "\u0661", "2026-02-30", "0000-00-00", "9999-12-31", "a=b,a=c",
    "2026-11-21T10:00:00+23:59", "items[0]", "events.0.id", "attributes.a", "~0~1", "__proto__", "${jndi:x}", "a=b",
    '"1"', 'W/"1"', "*", "WyJhIl0", "WyJcdTAwMDAiXQ", "WyJcdWQ4MDAiXQ", "123", "application/json", "caller-0001",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "5b0c7a52-8a0e-4c1b-9d3e-0a1c2b3d4e5f",
]  # fmt: skip
ODD_LETTERS = ["x", "é", "\U0001f600", "\ud800", "~/", "\0", '"', "[", "\r\n", "\u202e", "%", "&", ";", "\x7f"]
ODD_NUMBERS = [0, -1, 1, 2**31, 2**63, 2**64, 10**400, -(10**400), 1e308, 0.1, float("nan"), float("inf"), -0.0]
KNOWN_HEADERS = [
    "x-request-id",
    "traceparent",
    "tracestate",
    "content-type",
    "if-match",
    "if-none-match",
    "accept",
    "if-unmodified-since",
    "idempotency-key",
    "x-api-key",
    "x-subject",
    "content-length",
    "host",
    "x-other",
]


def text(random: Random, longest: int = LONG) -> str:
    """Returns a text that something may stumble over."""
    match random.randrange(4):
        case 0:
            return random.choice(ODD_LETTERS) * random.choice([1, 2, 300, longest])
        case 1:
            return "".join(random.choice(ODD_LETTERS) for _ in range(random.randrange(8)))
        case 2:
            return "".join(chr(random.randrange(0x110000)) for _ in range(random.randrange(8)))
        case _:
            return random.choice(ODD_TEXTS)


def value(random: Random, depth: int = 0) -> Any:
    """Returns a JSON value that something may stumble over."""
    match random.randrange(8 if depth < 3 else 4):
        case 0:
            return random.choice([None, True, False])
        case 1:
            return random.choice([*ODD_NUMBERS, random.randrange(-1000, 1000), random.uniform(-9, 9)])
        case 2 | 3:
            return text(random, LONGER)
        case 4:
            return nested(random.choice([1, 30, 300]), objects=random.random() < 0.5)
        case 5:
            return [value(random, depth + 1) for _ in range(random.randrange(5))]
        case 6:
            return {text(random, LONGER): value(random, depth + 1) for _ in range(random.randrange(5))}
        case _:
            count = random.randrange(3000)
            return random.choice(
                [[random.choice([None, {}, {"a": "b"}, []])] * count, dict.fromkeys(map(str, range(count)))]
            )


def nested(depth: int, *, objects: bool) -> Any:
    """Returns a value that is nested so deeply."""
    made: Any = 1
    for _ in range(depth):
        made = {"a": made} if objects else [made]
    return made


def mutated(random: Random, example: Any) -> Any:
    """Returns the example with some of its parts replaced, removed or added to."""
    whole = copy.deepcopy(example)
    for _ in range(random.randrange(4)):
        target, place = whole, whole
        while isinstance(place, dict | list) and place and random.randrange(4):
            target = place
            place = place[random.choice(sorted(place, key=str) if isinstance(place, dict) else range(len(place)))]
        if isinstance(target, dict):
            name = random.choice([*sorted(target, key=str), "id"]) if random.random() < 0.6 else text(random, LONGER)
            if random.random() < 0.7:
                target[name] = value(random)
            else:
                target.pop(name, None)
        elif isinstance(target, list):
            target[random.randrange(len(target) + 1) :] = [value(random) for _ in range(random.randrange(4))]
        else:
            whole = value(random)
    return whole


NO_JSON = [b"[" * 100_000, b'{"a":' * 60_000, b'"' + b"\\ud800" * 9000 + b'"', b"1" * 5000, b" " * 70_000, b"", b"\xff"]


def body(random: Random, example: Any) -> bytes:
    """Returns a body: the example with wrong parts as JSON, with some of its bytes replaced, or no JSON at all."""
    raw = json.dumps(mutated(random, example), ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")
    match random.randrange(8):
        case 0:
            at = random.randrange(len(raw) + 1)
            raw = raw[:at] + random.randbytes(random.randrange(5)) + raw[at + random.randrange(5) :]
        case 1:
            raw = raw[:-1] + b"," + raw[1:]
        case 2:
            raw = random.choice([*NO_JSON, random.randbytes(random.randrange(200))])
    return raw


@dataclass(frozen=True, kw_only=True)
class Target:
    """One operation of the contract, with a good request for it."""

    route: str
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    """The example of the body; None for an operation that takes none."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A hostile request, before it takes the form of an event or of HTTP."""

    target: Target
    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes | None
    encoded: bool
    """True if an event has the body in base64."""
    subject: str
    """The subject of the token in an event."""
    groups: str
    """The groups in that token, as the gateway passes them on."""


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = CONTRACT
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        value = found
    return value


def _example(parameter: dict[str, Any]) -> str:
    schema = _resolved(parameter["schema"])
    given = parameter.get("example", schema.get("example", schema.get("default")))
    return str(given if given is not None else schema.get("enum", ["1"])[0])


def targets() -> dict[str, Target]:
    """Returns every operation of the contract by its id."""
    made = {}
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            parameters = [_resolved(each) for each in operation.get("parameters", ())]
            values = {
                place: {each["name"]: _example(each) for each in parameters if each["in"] == place}
                for place in ("path", "query", "header")
            }
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            examples = [each["value"] for each in content.get("examples", {}).values()]
            made[operation["operationId"]] = Target(
                route=f"{method.upper()} {path}",
                path=values["path"],
                query=values["query"],
                headers={name: value for name, value in values["header"].items() if name.lower() != "traceparent"},
                body=examples[0] if examples else None,
            )
    assert made.keys() == operations(CONTRACT).keys()
    return made


TARGETS = targets()


def good(target: Target) -> Attempt:
    """Returns a request for the operation in which nothing is hostile."""
    headers = {name.lower(): each for name, each in target.headers.items() if not name.lower().startswith("if-")}
    return Attempt(
        target=target,
        path=target.path,
        query={},
        headers=headers if target.body is None else {**headers, "content-type": "application/json"},
        body=None if target.body is None else json.dumps(target.body).encode(),
        encoded=False,
        subject="alice",
        groups="[staff]",
    )


def attempt(random: Random, choices: Sequence[Target]) -> Attempt:
    """Returns a hostile request for one of the operations. A part that is not hostile is that of a good request, so
    that requests get far."""
    target = random.choice(choices)
    parts = ("path", "query", "headers", "body", "subject")
    hostile = {part for part in parts if random.random() < 0.4} or {random.choice(parts)}
    path, query = dict(target.path), {name: each for name, each in target.query.items() if random.random() < 0.5}
    headers = {name.lower(): each for name, each in target.headers.items() if random.random() < 0.5}
    if target.body is not None:
        headers["content-type"] = "application/json"
    if "path" in hostile and path:
        path[random.choice(sorted(path))] = text(random)
    if "query" in hostile:
        names = [*sorted(target.query), "limit", text(random)]
        query |= {random.choice(names): text(random) for _ in range(random.randrange(4))}
        if not random.randrange(20):
            query |= {f"parameter-{number}": "x" for number in range(random.randrange(300))}
    if "headers" in hostile:
        headers |= {random.choice(KNOWN_HEADERS): text(random) for _ in range(random.randrange(5))}
    content = None
    if target.body is not None or not random.randrange(10):
        example = target.body if target.body is not None else {}
        content = body(random, example) if "body" in hostile else json.dumps(example).encode()
    return Attempt(
        target=target,
        path=path,
        query=query,
        headers=headers,
        body=content,
        encoded=random.random() < 0.5,
        subject=text(random) if "subject" in hostile else "alice",
        groups=random.choice(["[staff]", "", text(random)]) if "subject" in hostile else "[staff]",
    )
