"""The results as text: for the terminal and for `docs/benchmarks.md`."""

from __future__ import annotations

import datetime as dt
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from tests.bench import machine
from tests.bench.ratios import Spread
from tests.support.service import ROOT

PAGE, README = ROOT / "docs/benchmarks.md", ROOT / "README.md"
LINE = re.compile(r"(<!-- Written by `make bench`\. -->\n).*?(<!-- End -->)", re.DOTALL)
"""The part of the README that has the comparison with the usual stack."""
DISTRIBUTIONS = (
    "fastapi",
    "starlette",
    "pydantic",
    "uvicorn",
    "uvloop",
    "httptools",
    "asyncpg",
    "opentelemetry-sdk",
    "urllib3",
    "prometheus-fastapi-instrumentator",
    "opentelemetry-instrumentation-fastapi",
    "asgi-correlation-id",
    "structlog",
    "orjson",
)
USUAL = "The kit / the usual stack, "
"""The beginning of the rows that compare with the usual stack."""
METHOD = """\
## How

Two things are measured in turn (A B B A ...), so that what disturbs one soon disturbs the other; each pair gives a
ratio. A cell holds the median of the pairs, in brackets the 5th and the 95th percentile. Servers run on core 0; the
load generator, the database and the collector on core 1. The targets are for the medians. Absolute figures belong to
the machine and the minute; they are there to judge the ratios by.

* **Throughput** is requests per second of CPU time of the server's process: what a pod with one CPU gets, and what
  neighbours on the machine disturb least. There are three fresh processes of each side.
  *In process* the applications are called without a server, 300 times without a change of side. *Over uvicorn* they run
  with the services' server settings, with one request under way on each of 32 connections and 0.2 s without a change of
  side; without TLS, which would cost both sides the same and bring the ratio closer to 1.
  Requests have the headers that the edge sends; one in a hundred is sampled.
* **Everything on** is the kit as in a pod: request id, trace context, JSON log line (to a file), Prometheus metrics,
  limits of the body, spans of the sampled requests to a collector. **Nothing on** is `FastAPI()` with the same two
  handler functions and models, and without the pages of documentation. FastAPI asks at every request whether its own
  telemetry has a use; the kit switches that off. The rows that say so compare with a FastAPI in which it is off, too.
* **The usual stack** is FastAPI with the same handler functions and models, and with packages that a team would pick
  for what the kit does: prometheus-fastapi-instrumentator; opentelemetry-instrumentation-fastapi, with the same
  requests sampled and spans sent in batches to the same collector; asgi-correlation-id; a JSON line by structlog and
  orjson from pure ASGI middleware. FastAPI's own telemetry is off on both sides.
* **Summaries** are analytics' statement on 5 million generated events, in a year of 200,000 users, and the smallest
  statement that tells the same from the events themselves.
* **PostgreSQL** is the users service's `GET /users/{user_id}` to the same application with its row in memory. In
  process one call is made at a time: each sleeps until its answer comes, which costs more than going on with another
  request.
* **Import** is CPU time of the statement in fresh interpreters (`-I -S`), from the unpacked zip with its compiled
  files.
* **Orchestrator call** is CPU time of a warm invocation against an ingress in a process of its own, over mutual TLS.
  The minimal forwarder is urllib3 with the event's values as they come: no validation, authorisation, deadline, breaker
  or log.
* **Memory** is the resident set of the process (and what its children have for themselves), with 10^6 bytes to the MB:
  of services as their pods run them, over TLS, with a database each; of the orchestrator with the standard library and
  its zip alone. Growth is from 5,000 to 10,000 requests; up to 1 MB of it is the allocator's noise.
* **The whole local chain** is gateway, orchestrator, ingress, pod and PostgreSQL of a local stack that is started for
  it and may use all cores. Requests come at a constant rate, whether or not earlier ones were answered, over
  connections that are kept. Latency counts from the moment at which a request was to be sent, so a stall shows in all
  requests that were to be sent in it. The generator has a process of its own; the rows say so when it was late itself
  by more than 0.1 s. The shares are those of the mean times in the hops' log lines: what a hop takes itself is its time
  without that of the next one. Envoy logs whole milliseconds, so a share is right to within one of them.

## Limits

* The interpreter is the one named above; images and functions run Python 3.13.
* Closed loops, but for the whole local chain: they tell what is possible at full load, and nothing of latency.
* The emulator of AWS takes most of the whole local chain, and the load generator has its share of the two cores: its
  latency is that of a development machine, and says nothing of AWS and Azure, where the system has not been seen on a
  real account yet.
* Loopback, no network; the database does not sync to disk and has no other user.
* The range tells the noise of this run. Another run, another day, differs by a few hundredths.
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table. `value` is printed with `unit`. `target` is a bound, or "" for a row without one."""

    what: str
    value: Spread | float
    target: str = ""
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Tells whether the target is met. Returns None for a row without a target."""
        if not self.target:
            return None
        direction, bound = self.target.split()
        value = self.value.median if isinstance(self.value, Spread) else self.value
        return value >= float(bound) if direction == "≥" else value <= float(bound)

    def cells(self) -> tuple[str, str, str, str, str]:
        if isinstance(self.value, Spread):
            value = f"{self.value.median:.2f} [{self.value.low:.2f}-{self.value.high:.2f}]"
        else:
            number = str(self.value) if isinstance(self.value, int) else f"{self.value:.2f}"
            value = f"{number}{self.unit and f' {self.unit}'}"
        met = {True: "yes", False: "**no**", None: ""}[self.met]
        return self.what, value, f"{self.target}{self.unit and self.target and f' {self.unit}'}", met, self.note


def shown(row: Row) -> str:
    what, value, target, met, note = row.cells()
    return f"{what:80} {value:18} {target:10} {met.strip('*'):4} {note}".rstrip()


def page(rows: Sequence[Row], *, command: str, load: tuple[float, float], seconds: float) -> str:
    """Writes the page. `load` is the load average of the machine before and after the measurements."""
    now = dt.datetime.now(dt.UTC)
    versions = ", ".join(f"{name} {version(name)}" for name in DISTRIBUTIONS)
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{command}` on {now:%Y-%m-%d %H:%M} UTC at {_revision()}, in {seconds:.0f} s.",
        "",
        f"* Machine: {machine.description()}; load average {load[0]:.1f} before, {load[1]:.1f} after",
        f"* Python {platform.python_version()}, {versions}",
        "",
        "| what | measured | target | met | besides |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(row.cells())} |" for row in rows),
        "",
    ]
    return "\n".join(lines) + "\n" + METHOD


def line(rows: Sequence[Row]) -> str:
    """Returns the README's line: how many times as many requests as the usual stack a service answers with the kit."""
    ratios = [row.value.median for row in rows if row.what.startswith(USUAL) and isinstance(row.value, Spread)]
    return (
        "With metrics, traces, request ids, limits and a JSON line for each request, a service answers "
        f"**{min(ratios):.1f} to {max(ratios):.1f} times**\nas many requests per second of CPU as the same FastAPI "
        "handlers with the packages that a team would pick for all that.\n"
    )


def write(text: str, rows: Sequence[Row]) -> None:
    """Writes the page, and the README's line."""
    PAGE.write_text(text)
    README.write_text(LINE.sub(lambda match: f"{match[1]}{line(rows)}{match[2]}", README.read_text()))


def _revision() -> str:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    dirty = git("status", "--porcelain", "--", "app", "components", "requirements.txt")
    return f"commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{' with changes' if dirty else ''}"
