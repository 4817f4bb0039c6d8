"""`python -m tests.bench [SECTION...]` measures the sections. Without a section it measures all and writes
`docs/benchmarks.md`. It exits with 1 when a target is not met.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench import chain, databases, function, machine, memory, report, services, summaries, usual_stack
from tests.bench.pod import Surroundings
from tests.bench.report import Row
from tests.bench.services import Throughput
from tests.support.otlp import collector
from tests.support.pki import Authority

COMMAND = "make bench"
HEADROOM = 0.85
"""The largest part of its time that the load generator may compute. Above it the generator itself is the bottleneck."""


def throughput(surroundings: Surroundings) -> Iterator[Row]:
    before = len(surroundings.collector.spans)
    environment = surroundings.environment()
    both = ("GET", "POST")
    for method, result in services.in_process(surroundings, ("full", "bare"), both, environment).items():
        yield Row(what=f"Everything on / nothing on, {method}, in process", value=result.ratio, target="≥ 1.00")
    for method, result in services.over_the_wire(surroundings, ("full", "bare"), both, environment).items():
        what = f"Everything on / nothing on, {method}, over uvicorn"
        yield Row(what=what, value=result.ratio, target="≥ 1.00", note=_besides(result))
    without = ("full", "bare-without-telemetry")
    for method, result in services.in_process(surroundings, without, both, environment).items():
        yield Row(
            what=f"Everything on / nothing on, not even FastAPI's own telemetry, {method}, in process",
            value=result.ratio,
            target="≥ 1.00",
        )
    for method, result in services.over_the_wire(surroundings, without, both, environment).items():
        what = f"Everything on / nothing on, not even FastAPI's own telemetry, {method}, over uvicorn"
        yield Row(what=what, value=result.ratio, target="≥ 1.00", note=_besides(result))
    if len(surroundings.collector.spans) == before:
        raise RuntimeError("No span has come: it was not everything that was on.")


def usual(surroundings: Surroundings) -> Iterator[Row]:
    """Yields how much faster the services' kit is than the packages that a team would pick instead."""
    environment = surroundings.environment()
    sides, both = ("full", "usual"), ("GET", "POST")
    for method, result in services.in_process(surroundings, sides, both, environment).items():
        yield Row(what=f"{report.USUAL}{method}, in process", value=result.ratio, target="≥ 3.0")
    for method, result in services.over_the_wire(surroundings, sides, both, environment).items():
        what = f"{report.USUAL}{method}, over uvicorn"
        yield Row(what=what, value=result.ratio, note=_besides(result))
    if not {usual_stack.SERVICE, "users"} <= {span.service for span in surroundings.collector.spans}:
        raise RuntimeError("No span has come of one of the sides: it was not everything that was on.")


def hooks(surroundings: Surroundings) -> Iterator[Row]:
    """Yields the costs of the framework's own way, in places where services leave it (docs/decisions/0016 and 0023)."""
    environment = surroundings.environment()
    ways = {
        "full-in-layers": ("through FastAPI's layers", ("GET", "POST")),
        "full-by-framework": ("by FastAPI's router and solver", ("GET", "POST")),
        "full-included": ("with include_router", ("GET", "POST")),
        "full-with-dependency": ("with the database by a dependency", ("GET",)),
    }
    for application, (way, methods) in ways.items():
        for method, ratio in services.in_process(surroundings, (application, "full"), methods, environment).items():
            yield Row(what=f"A service {way} / as it is, {method}, in process", value=ratio.ratio)


def postgresql(surroundings: Surroundings) -> Iterator[Row]:
    sides = ("users", "users-without-database")
    with databases.server(surroundings.folder / "postgresql") as server:
        environment = surroundings.environment(database=databases.migrated(server, "users", surroundings))
        result = services.over_the_wire(surroundings, sides, ["GET"], environment)["GET"]
        what = "One-row GET with PostgreSQL / without, over uvicorn"
        yield Row(what=what, value=result.ratio, target="≥ 0.50", note=_besides(result))
        result = services.in_process(surroundings, sides, ["GET"], environment)["GET"]
        yield Row(what="One-row GET with PostgreSQL / without, in process, one at a time", value=result.ratio)


def summarised(surroundings: Surroundings) -> Iterator[Row]:
    """Yields how much faster a summary is from the daily counts than from the events, and what counting costs."""
    with databases.server(surroundings.folder / "postgresql-of-summaries") as server:
        result = summaries.measured(databases.migrated(server, "analytics", surroundings))
    beside = f"{summaries.EVENTS:,} events of {summaries.USERS:,} users, {result.rows:,} rows of counts"
    for period, (fast, slow) in {"a month": result.month, "the year": result.year}.items():
        note = f"{fast:.1f} / {slow:.0f} ms; {beside}"
        yield Row(
            what=f"A summary of {period}: from the events / from the counts",
            value=slow / fast,
            target="≥ 20",
            note=note,
        )
        yield Row(what=f"A summary of {period} from the counts", value=fast, target="≤ 20", unit="ms")
    yield Row(what="Summaries that differ from the events, users included", value=int(not result.equal), target="≤ 0")
    counted, plain = result.stored
    note = f"{counted:.0f} / {plain:.0f} per s by {summaries.WRITERS} connections, all of one day, type and currency"
    yield Row(what="Events stored a second: counted / not counted", value=counted / plain, note=note)


def orchestrator(surroundings: Surroundings) -> Iterator[Row]:
    built = function.build(surroundings.folder / "function")
    what = f"Orchestrator import / `import {function.STANDARD}`"
    yield Row(what=what, value=function.import_time(built), target="≤ 2.5")
    for operation, ratio in function.cpu_time(surroundings).items():
        yield Row(what=f"Orchestrator call / minimal forwarder, `{operation}`", value=ratio, target="≤ 1.5")
    yield from _memory("Orchestrator", function.memory(built, surroundings), limit=45)
    yield Row(what="Orchestrator zip", value=built.megabytes, target="≤ 3", unit="MB")
    what = "Orchestrator zip, builds that differ: elsewhere, other file times, another day"
    yield Row(what=what, value=0 if built.same else 1, target="≤ 0")


def residence(surroundings: Surroundings) -> Iterator[Row]:
    with databases.server(surroundings.folder / "postgresql-of-services") as server:
        for service in memory.SERVICES:
            yield from _memory(f"Service {service}", memory.of_service(service, surroundings, server), limit=90)


def local_chain(_: Surroundings) -> Iterator[Row]:
    """Yields the latency of the whole chain at a constant rate, and the share of each hop."""
    measured = chain.measured()
    result = measured.result
    what = f"The whole local chain, GET {chain.PATH} at {chain.RATE:.0f} per s"
    late = f"INCONCLUSIVE: the load generator itself was up to {result.lateness * 1000:.0f} ms late"
    yield Row(what=f"{what}, p50", value=result.p50, unit="ms", note="" if result.conclusive else late)
    yield Row(what=f"{what}, p99", value=result.p99, unit="ms", note="" if result.conclusive else late)
    losses = ", ".join(f"{count} times {loss}" for loss, count in result.losses.items())
    yield Row(what=f"{what}, lost of {result.sent}", value=result.lost, target="≤ 0", note=losses)
    for part, share in measured.shares.items():
        yield Row(what=f"Share of the whole chain, {part}", value=100 * share, unit="%")


SECTIONS: dict[str, Callable[[Surroundings], Iterable[Row]]] = {
    "throughput": throughput,
    "usual": usual,
    "hooks": hooks,
    "postgresql": postgresql,
    "summaries": summarised,
    "orchestrator": orchestrator,
    "memory": residence,
    "chain": local_chain,
}


def main(sections: list[str]) -> int:
    if unknown := set(sections) - SECTIONS.keys():
        sys.stderr.write(f"There is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}.\n")
        return 2
    started, before = time.monotonic(), os.getloadavg()[0]
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o755)  # PostgreSQL runs as another user and must enter the folder
        surroundings = Surroundings(
            folder=folder, authority=Authority("bench"), collector=stack.enter_context(collector())
        )
        machine.pin(machine.CLIENT_CORE)
        for section in sections or SECTIONS:
            for row in SECTIONS[section](surroundings):
                rows.append(row)
                sys.stdout.write(f"{report.shown(row)}\n")
                sys.stdout.flush()
    if not sections:
        load = (before, os.getloadavg()[0])
        report.write(report.page(rows, command=COMMAND, load=load, seconds=time.monotonic() - started), rows)
    return 1 if any(row.met is False for row in rows) else 0


def _besides(result: Throughput) -> str:
    first, second = result.rates
    busy = f"; the load generator was busy {result.generator:.0%}" if result.generator > HEADROOM else ""
    clock = f"{result.by_clock.median:.2f} [{result.by_clock.low:.2f}-{result.by_clock.high:.2f}]"
    return f"by the clock {clock}: {first:.0f} / {second:.0f} per s, server busy {result.server:.0%}{busy}"


def _memory(what: str, result: tuple[float, float], *, limit: int) -> Iterator[Row]:
    half, whole = result
    yield Row(what=f"{what}, memory after {memory.REQUESTS:,} requests", value=whole, target=f"≤ {limit}", unit="MB")
    yield Row(what=f"{what}, growth of the second half", value=whole - half, target="≤ 1", unit="MB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
