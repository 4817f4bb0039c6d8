"""The latency of the whole local chain, and the share of each hop, from the log lines that the hops write."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from terminal.logs import files
from tests.bench import machine
from tests.load.load import Load, Tls
from tests.load.requests import FRESH_ID, get, mix
from tests.load.result import Result
from tests.load.running import Running
from tests.support.stack import Stack
from tests.support.waiting import eventually

Line = Mapping[str, Any]
"""The members of a log line."""

RATE = 40.0
"""Requests per second: fewer than the route's throttle lets through."""
SECONDS = 20.0
WARM_UP = 5.0
"""Seconds of the same load before, in which the functions start."""
PATH = "/users/123"
HOPS = ("gateway", "orchestrator", "ingress", "users")
"""The services that write a line for each request, in the order in which it reaches them."""
PARTS = (
    "gateway: Envoy and the emulator of API Gateway and Lambda",
    "function: the orchestrator",
    "network: mutual TLS from the function to the ingress",
    "ingress: Envoy, and TLS to the pod",
    "pod: the service and its database",
)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The result of a load on the chain, and the part of the time that its requests spent in each of PARTS, 0 to 1."""

    result: Result
    shares: Mapping[str, float]


def measured() -> Chain:
    """Starts a local stack in a copy of the working tree, and measures it."""
    with _stack() as stack:
        _sent(stack, "warm-up", WARM_UP)
        result = _sent(stack, "measured", SECONDS)
        wanted = result.sent - result.lost
        eventually(lambda: len(_requests(stack, "measured")) >= wanted, what="the log lines of all requests")
        return Chain(result=result, shares=shares(_requests(stack, "measured")))


def shares(requests: Iterable[Mapping[str, Line]]) -> dict[str, float]:
    """Returns the part of the gateway's time that each of PARTS takes itself, from the lines of each hop."""
    own = defaultdict(list)
    for line in requests:
        gateway, function, ingress, pod = (float(line[hop]["duration_ms"]) for hop in HOPS)
        upstream = float(line["orchestrator"]["upstream_ms"])
        times = (gateway - function, function - upstream, upstream - ingress, ingress - pod, pod)
        for part, milliseconds in zip(PARTS, times, strict=True):
            own[part].append(milliseconds)
    total = sum(mean(values) for values in own.values())
    return {part: mean(values) / total for part, values in own.items()}


def _requests(stack: Stack, name: str) -> list[dict[str, Line]]:
    """Returns the lines of each request with the name that every hop has logged once, by hop."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in files.members(stack.machine):
        if str(line.get("request_id")).startswith(name) and line.get("service") in HOPS:
            found[line["request_id"]].append(line)
    return [
        {line["service"]: line for line in lines}
        for lines in found.values()
        if sorted(line["service"] for line in lines) == sorted(HOPS)
    ]


def _sent(stack: Stack, name: str, seconds: float) -> Result:
    headers = (("authorization", f"Bearer {stack.token()}"), ("x-request-id", f"{name}-{FRESH_ID}"))
    load = Load(
        url=stack.machine.endpoint_url,
        tls=Tls(authority=stack.machine.home / "ca.crt"),
        requests=mix(get(PATH, headers=headers)),
        rate=RATE,
        seconds=seconds,
    )
    with Running(load) as running:
        return running.wait()


@contextmanager
def _stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="bench-chain-") as folder, machine.on_all_cores():
        stack = Stack.clone(Path(folder) / "clone")
        try:
            stack.up()
            yield stack
        finally:
            stack.run("down", "--purge")
