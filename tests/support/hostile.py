"""Generates hostile requests: what the contract's examples hold, with parts that are wrong, huge, odd or missing."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.support.contract import document, operations

CONTRACT = document()
LONG, LONGER = 1_500, 20_000
"""Characters of the longest texts in a path, a query or a header, and of those in a body: more than an answer or a log
line may take over."""

LETTERS = ["x", "é", "\U0001f600", "\ud800", "~/", "\0", '"', "["]
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs", "Cc", "Zl", "Zp"]), max_size=5),
    st.sampled_from(
        ["", ".", "..", "a/../b", "%2e%2e", "%00", "\0", "a\0b", "\ud800", "\u2028", "\U0001f600",
         "'; drop table users", "x" * 65, "1e400", "NaN", "-0", "9" * 400, "0x5", "\u0661", "2026-02-30",
         "0000-00-00", "9999-12-31",
         "2026-11-21T10:00:00+23:59", "items[0]", "events.0.id", "attributes.a", "~0~1", "__proto__", "${jndi:x}",
         '"1"', 'W/"1"', "*", "a=b", "a=b,a=c", "WyJhIl0", "WyJcdTAwMDAiXQ", "WyJcdWQ4MDAiXQ"]
    ),
    st.sampled_from([letter * LONG for letter in LETTERS]),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**63, 2**64, 10**400, -(10**400), 1e308, 0.1, float("nan"), float("inf")]),
)


def nested(depth: int, *, objects: bool) -> Any:
    """Returns a value that is nested so deeply."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if objects else [value]
    return value


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    TEXTS,
    st.sampled_from([letter * LONGER for letter in LETTERS]),
    st.builds(nested, st.sampled_from([1, 30, 300]), objects=st.booleans()),
    st.lists(st.one_of(st.none(), NUMBERS, TEXTS), max_size=4),
    st.dictionaries(st.one_of(TEXTS, st.sampled_from([letter * LONGER for letter in LETTERS])), NUMBERS, max_size=4),
    st.builds(
        lambda value, count: [value] * count, st.sampled_from([None, {}, {"a": "b"}, [], 0]), st.integers(0, 3000)
    ),
    st.builds(lambda count: {f"name-{number}": number for number in range(count)}, st.integers(0, 2000)),
)


@st.composite
def mutated(draw: st.DrawFn, example: Any) -> Any:
    """Returns the example with some of its parts replaced, removed or added to."""
    value = copy.deepcopy(example)
    for _ in range(draw(st.integers(0, 3))):
        holder, places = value, [value]
        while isinstance(holder, dict | list) and holder and draw(st.integers(0, 3)):
            key = draw(st.sampled_from(sorted(holder, key=str) if isinstance(holder, dict) else range(len(holder))))
            places.append(holder)
            holder = holder[key]
        target = places[-1]
        if isinstance(target, dict):
            name = draw(st.one_of(st.sampled_from([*sorted(target, key=str), "id"]), TEXTS))
            if draw(st.booleans()):
                target[name] = draw(VALUES)
            else:
                target.pop(name, None)
        elif isinstance(target, list):
            target[draw(st.integers(0, len(target))) :] = draw(st.lists(VALUES, max_size=3))
        else:
            value = draw(VALUES)
    return value


@st.composite
def bodies(draw: st.DrawFn, example: Any) -> bytes:
    """Returns a body: the example with wrong parts as JSON, with some of its bytes replaced, or no JSON at all."""
    raw = json.dumps(draw(mutated(example)), ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    match draw(st.sampled_from(["json", "json", "json", "json", "bytes", "doubled", "other"])):
        case "bytes":
            at = draw(st.integers(0, len(raw)))
            raw = raw[:at] + draw(st.binary(max_size=4)) + raw[at + draw(st.integers(0, 4)) :]
        case "doubled":
            raw = raw[:-1] + b"," + raw[1:]
        case "other":
            deep = st.sampled_from([b"[" * 100_000, b'{"a":' * 60_000, b'"' + b"\\ud800" * 9000 + b'"', b"1" * 5000])
            raw = draw(st.one_of(st.binary(max_size=200), deep, st.just(b" " * 70_000)))
    return raw


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
]
HEADERS = st.dictionaries(
    st.one_of(st.sampled_from(KNOWN_HEADERS), st.text(st.characters(codec="ascii", categories=["L"]), min_size=1)),
    st.one_of(
        TEXTS,
        st.sampled_from(["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "caller-0001", "application/json"]),
    ),
    max_size=4,
)


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
    """Whether an event has the body in base64."""
    subject: str = field(default="alice")


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


MANY_PARAMETERS = st.integers(100, 300).map(lambda count: {f"parameter-{number}": "x" for number in range(count)})


@st.composite
def attempts(draw: st.DrawFn, choices: list[Target]) -> Attempt:
    """Returns a hostile request for one of the operations. A part that is not hostile is that of a good request, so
    that requests get far."""
    target = draw(st.sampled_from(choices))
    hostile = draw(st.sets(st.sampled_from(["path", "query", "headers", "body", "subject"]), min_size=1))
    path, query = dict(target.path), {}
    headers = {name.lower(): value for name, value in target.headers.items() if draw(st.booleans())}
    if target.body is not None:
        headers["content-type"] = "application/json"
    if "path" in hostile and path:
        path[draw(st.sampled_from(sorted(path)))] = draw(TEXTS)
    if "query" in hostile:
        names = st.one_of(st.sampled_from([*sorted(target.query), "limit"]), TEXTS)
        query = draw(st.one_of(st.dictionaries(names, TEXTS, max_size=3), MANY_PARAMETERS))
    else:
        query = {name: value for name, value in target.query.items() if draw(st.booleans())}
    if "headers" in hostile:
        headers |= draw(HEADERS)
    body = None
    if target.body is not None or draw(st.integers(0, 9)) == 0:
        example = target.body if target.body is not None else {}
        body = draw(bodies(example)) if "body" in hostile else json.dumps(example).encode()
    return Attempt(
        target=target,
        path=path,
        query=query,
        headers=headers,
        body=body,
        encoded=draw(st.booleans()),
        subject=draw(TEXTS) if "subject" in hostile else "alice",
    )
