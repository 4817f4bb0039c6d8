"""The API gateway's front: on one stable URL it adds what the emulator lacks of the gateway.

That is TLS, the throttles of the stage and its routes, the limits of the service
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html), the access log, and pages.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.desired import Object
from local.envoy.template import Files, Json, fill, from_file
from local.machine import Machine

NAME = "gateway"
CONNECTIONS = 4 * (os.cpu_count() or 1)
"""Calls that are under way at a time. Each takes an environment of its function, a process whose start needs 0.15 s of
a core: without this bound a moment's delay starts more than the cores can serve, and no call is answered in time."""
WAITING = 100
"""Calls that wait for one of these, as many as the stage lets through at once; the surplus gets 503 at once."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' {issuer}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A page loads and calls nothing but its endpoint, and the issuer for tokens
(https://www.w3.org/TR/CSP3/#csp-directives)."""


def gateway(machine: Machine, folder: Path, stage: Object, pages: Mapping[str, Object], tracing: Json | None) -> Files:
    """Returns the public listener, which answers `pages` itself. Raises FileNotFoundError without certificate."""
    host, _, port = stage["emulator"].rpartition(":")
    replies = [fill("reply", **reply, key=f"reply.{reply['code']}") for reply in fill("replies")]
    files: Files = fill(
        "gateway",
        port=machine.ports.endpoint,
        rds_file=from_file(folder, f"rds-{NAME}"),
        sds_file=from_file(folder, f"sds-{NAME}"),
        certificate_chain=(machine.pki / "endpoint.crt").read_text(),
        private_key=(machine.pki / "endpoint.key").read_text(),
        requests_log=str(machine.logs / "gateway.jsonl"),
        tracing=tracing,
        connections=CONNECTIONS,
        waiting=WAITING,
        replies=[fill("surplus_reply"), *replies, fill("page_reply")],
        other_reply=fill("other_reply", message="Internal Server Error"),
        emulator_host=host,
        emulator_port=int(port),
        routes=[*fill("refused_requests"), *_pages(pages, machine.issuer_url), *_routes(stage)],
    )
    return files


def _pages(pages: Mapping[str, Object], issuer: str) -> Iterator[Json]:
    """Yields a route for each page by its path. Envoy reads a page's file whenever it takes changed routes."""
    for path, page in pages.items():
        body = {"filename": page["file"]} if "file" in page else {"inline_string": page["text"]}
        caching = "max-age=86400" if "file" in page else "no-store"
        yield fill(
            "page_route",
            path=path,
            body=body,
            media_type=page["type"],
            caching=caching,
            policy=_POLICY.format(issuer=issuer),
            # The page that signing in leads back to must find the one that opened it (https://web.dev/articles/coop-coep).
            opener="unsafe-none" if page.get("returns") else "same-origin-allow-popups",
        )


def _routes(stage: Object) -> Iterator[Json]:
    base = f"/_aws/execute-api/{stage['api_id']}/{stage['name']}/"
    keys = sorted((route for route in stage["routes"] if route["route_key"] != "$default"), key=_precedence)
    for route in [*keys, {"route_key": "$default"}]:
        yield _route({**stage["default"], **route}, stage["emulator"], base)


def _precedence(route: Object) -> tuple[bool, list[bool], bool]:
    """Sorts whole paths before greedy ones, literal segments before parameters, a method before ANY."""
    method, path = route["route_key"].split(" ", 1)
    segments = path.strip("/").split("/")
    return path.endswith("+}"), [segment.startswith("{") for segment in segments], method == "ANY"


def _route(route: Object, emulator: str, base: str) -> Json:
    """Returns a route with its bucket of `burst` tokens, filled by `rate` per second."""
    method, _, path = route["route_key"].partition(" ")
    match: Json = {"safe_regex": {"regex": _pattern(path)}} if path else {"prefix": "/"}
    if path and method != "ANY":
        match["headers"] = [{"name": ":method", "string_match": {"exact": method}}]
    if route["rate"] <= 0 or route["burst"] < 1:  # the gateway refuses every call then
        return {"name": route["route_key"], "match": match, "direct_response": {"status": 429}}
    tokens = max(1, math.ceil(route["rate"] * 0.05))  # Envoy takes whole tokens at most every 50 ms
    filled: Json = fill(
        "gateway_route",
        name=route["route_key"],
        match=match,
        emulator=emulator,
        base=base,
        burst=int(route["burst"]),
        tokens=tokens,
        interval=f"{tokens / route['rate']:.6f}s",
    )
    return filled


def _pattern(path: str) -> str:
    """Returns a path such as `/users/{userId}` as a regular expression; `{proxy+}` takes the rest of a path."""
    segments = [
        ".+" if s.endswith("+}") else "[^/]+" if s.startswith("{") else re.escape(s) for s in path.strip("/").split("/")
    ]
    return "/" + "/".join(segments)
