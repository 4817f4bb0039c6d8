"""Measures the throughput of one application in relation to another."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from time import perf_counter

import psutil

from tests.bench import machine, pod, ratios, traffic
from tests.bench.in_process import CALLS
from tests.bench.load import Load
from tests.bench.pod import Pod, Surroundings
from tests.bench.ratios import Spread
from tests.support.service import ROOT

ROUNDS = 3
"""Pairs of processes that are started one after the other."""
PAIRS = 12
"""Slices of load on each side, in each pair of processes."""
SLICE = 0.2
"""Seconds of load on one side before the other has its turn."""
WARM_UP = 0.5
"""Seconds of load on each side before it counts."""
BATCHES = 30
"""Pairs of batches of calls in process."""
WARM_UP_BATCHES = 4
"""Pairs of batches that do not count."""


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """The throughput of one side in relation to the other."""

    ratio: Spread
    """The ratio of the requests per second of the processes' CPU time, which other work on the machine does not change.
    """
    by_clock: Spread
    """The ratio of the requests per second on the clock."""
    rates: tuple[float, float]
    """The requests per second on the clock of both sides."""
    server: float
    """The part of the time in which the server computed, 0 to 1."""
    generator: float
    """The part of the time in which the load generator computed, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """A number of requests that took `seconds` on the clock and `cpu` seconds of the server."""

    count: int
    seconds: float
    cpu: float
    generator: float = 0.0

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def per_cpu_second(self) -> float:
        return self.count / self.cpu


_Measure = Callable[[str], _Measured]
"""Makes requests of this name, and measures them."""


def in_process(
    surroundings: Surroundings, applications: tuple[str, str], requests: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Throughput]:
    """Returns the throughput of the first application to the second, by request, called without a server."""
    measured: dict[str, list[tuple[_Measured, _Measured]]] = {name: [] for name in requests}
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            first, second = (stack.enter_context(_called(surroundings, name, environment)) for name in applications)
            for name in requests:
                _pairs(first, second, name, WARM_UP_BATCHES)
                measured[name] += _pairs(first, second, name, BATCHES)
    return {name: _throughput(pairs) for name, pairs in measured.items()}


def over_the_wire(
    surroundings: Surroundings, applications: tuple[str, str], requests: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Throughput]:
    """Returns the throughput of the first application to the second, by request, over uvicorn and the loopback."""
    measured: dict[str, list[tuple[_Measured, _Measured]]] = {name: [] for name in requests}
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            first, second = (stack.enter_context(_served(surroundings, name, environment)) for name in applications)
            for name in requests:
                for side in (first, second):
                    side(name, WARM_UP)
                measured[name] += _pairs(first, second, name, PAIRS)
    return {name: _throughput(pairs) for name, pairs in measured.items()}


def _pairs(first: _Measure, second: _Measure, request: str, count: int) -> list[tuple[_Measured, _Measured]]:
    return ratios.measured(lambda: first(request), lambda: second(request), count)


@contextmanager
def _called(surroundings: Surroundings, application: str, environment: Mapping[str, str]) -> Iterator[_Measure]:
    log = surroundings.folder / f"in-process-{application}.log"
    command = [sys.executable, "-m", "tests.bench.in_process", application]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stderr is not None
        watched = psutil.Process(process.pid)
        machine.pin(machine.SERVER_CORE, watched)
        to, back = process.stdin, process.stderr
        used = 0.0

        def measure(request: str) -> _Measured:
            """Has a batch of calls made, and measures all that the process has used since the last batch."""
            nonlocal used
            before, started = used, perf_counter()
            to.write(f"{request}\n")
            to.flush()
            if (line := back.readline()) != "done\n":
                raise RuntimeError(f"The calls of {application} failed: {line}{back.read()}{log.read_text()[-500:]}")
            used = machine.cpu_seconds(watched)
            return _Measured(count=CALLS, seconds=perf_counter() - started, cpu=used - before)

        yield measure
        to.close()


@contextmanager
def _served(surroundings: Surroundings, application: str, environment: Mapping[str, str]) -> Iterator[_Loaded]:
    arguments = ("-m", "tests.bench.serve", application)
    with (
        pod.running(*arguments, environment=environment, folder=surroundings.folder) as running,
        closing(Load(running.port)) as load,
    ):
        yield _Loaded(pod=running, load=load)


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A service with its load generator; calling it makes load for some seconds."""

    pod: Pod
    load: Load

    def __call__(self, request: str, seconds: float = SLICE) -> _Measured:
        self.load.use([traffic.REQUESTS[request].raw(number) for number in range(traffic.SAMPLED_OF)])
        before = machine.cpu_seconds(self.pod.process)
        load = self.load.run_for(seconds)
        used = machine.cpu_seconds(self.pod.process) - before
        return _Measured(count=load.count, seconds=load.seconds, cpu=used, generator=load.busy)


def _throughput(pairs: Sequence[tuple[_Measured, _Measured]]) -> Throughput:
    sides = [measured for pair in pairs for measured in pair]
    first, second = (Spread.of([pair[side].rate for pair in pairs]).median for side in range(2))
    return Throughput(
        ratio=ratios.ratio((one.per_cpu_second, other.per_cpu_second) for one, other in pairs),
        by_clock=ratios.ratio((one.rate, other.rate) for one, other in pairs),
        rates=(first, second),
        server=Spread.of([side.cpu / side.seconds for side in sides]).median,
        generator=Spread.of([side.generator for side in sides]).median,
    )
