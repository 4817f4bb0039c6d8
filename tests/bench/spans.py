"""`python -m tests.bench.spans`: what a collector costs functions that send it nothing, as ratios of one run.

It compares the same function with and without the address of a collector, call by call and process by process: the
cold start in fresh interpreters, and warm calls whose trace is not sampled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from app.functions.kit.api import Parts
from app.functions.orchestrator import handler as orchestrator
from tests.bench import events, function, ratios
from tests.bench.pod import Surroundings
from tests.bench.ratios import Spread
from tests.support.otlp import Collector, collector
from tests.support.pki import Authority

STARTS, PAIRS, CALLS = 25, 60, 40
_COLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.process_time()
from app.functions.{0}.handler import assembled
assembled()
print(time.process_time() - start)
"""
_OF_TABLES = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    **{f"{name}_TABLE": "a" for name in ("ORDERS", "PRODUCTS", "IDEMPOTENCY")},
}


def cold(name: str, environment: dict[str, str], endpoint: str) -> tuple[Spread, list[float]]:
    """Returns the CPU time of a cold start with a collector to that without, and the differences in milliseconds."""

    def started(**more: str) -> float:
        command = [sys.executable, "-c", _COLD.format(name), str(function.ROOT)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**environment, **more})
        return float(done.stdout)

    pairs = ratios.measured(partial(started, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint), started, STARTS)
    return ratios.ratio(pairs), sorted((ours - others) * 1000 for ours, others in pairs)


def warm(environment: dict[str, str], endpoint: str) -> Spread:
    """Returns the CPU time of calls that are not sampled, with a collector to that without."""

    def parts(**more: str) -> Parts:
        os.environ.update({**environment, "TRACE_SAMPLE_RATE": "0", "LOG_LEVEL": "INFO"})
        os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
        os.environ.update(more)
        return orchestrator.assembled.__wrapped__()

    traced, plain = parts(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint), parts()
    assert traced.spans is not None
    assert plain.spans is None
    event, context = events.look_up_by_body(), events.Context()

    def batch(own: Parts) -> float:
        started = time.process_time()
        for _ in range(CALLS):
            answer = orchestrator.API.handle(event, context, lambda: own)
        assert answer["statusCode"] == 200, answer
        return time.process_time() - started

    ours, others = partial(batch, traced), partial(batch, plain)
    ratios.measured(ours, others, 4)
    return ratios.ratio(ratios.measured(ours, others, PAIRS))


def main() -> None:
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name, collector() as running:
        surroundings = Surroundings(folder=Path(name), authority=Authority("bench"), collector=running)
        with function._upstream(surroundings) as environment:
            of_function = {"orchestrator": environment, "orders": {**environment, **_OF_TABLES}}
            for each, variables in of_function.items():
                spread, differences = cold(each, variables, running.endpoint)
                middle = differences[len(differences) // 2]
                found[f"cold start of {each}"] = f"{_text(spread)}; {middle:+.1f} ms in the middle of the pairs"
            output, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - the log lines of the calls
            try:
                found["unsampled warm call"] = _text(warm(environment, running.endpoint))
            finally:
                sys.stdout = output
        _check(running)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def _text(spread: Spread) -> str:
    return f"{spread.median:.3f} ({spread.low:.3f} to {spread.high:.3f}, {spread.count} pairs)"


def _check(running: Collector) -> None:
    """Raises AssertionError when something was sent: then it was not what was to be measured."""
    assert running.requests == 0


if __name__ == "__main__":
    main()
