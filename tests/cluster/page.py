"""Writes docs/proof.md from the record of a run, and its strongest lines into the README: `make proof` calls it."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.bench.machine import description
from tests.cluster.system.cases import CASES, LEAST, RATE, title
from tests.cluster.system.record import Row, Verdict, read
from tests.cluster.system.test_autoscaling import AUTOSCALING

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ROOT / "docs" / "proof.md", ROOT / "README.md"
STRONGEST = (
    "a new image rolls",
    "pods are replaced, 5 s before Envoy learns of it",
    "authorities are rotated",
    "a pod is killed, 5 s before Envoy learns of it",
    "pods are evicted, as by a drain",
)
"""The cases that the README shows."""
TABLE = re.compile(r"(<!-- Written by `make proof`\. -->\n).*?(<!-- End -->)", re.DOTALL)
INTRODUCTION = """\
# Proof

Written by `make proof` on {date}. Each row names the commit that was measured.

**{summary}**

* Machine: {machine}
* Cluster: {cluster}

The whole system runs on that cluster, with the program's own manifests and the waits of
[cluster/settings.yaml](../cluster/settings.yaml). Requests come through the ingress over mutual TLS at a constant rate,
{rate:.0f} a second (60 beside reports), whether answers come or not: nine reads of users for each invoice that is
written, on kept connections, a twentieth of them on new ones. A latency counts from the moment at which the request
was due
([how](../tests/load/generator.py)). Lost is every answer but the expected one, every reset and every time-out; the
client sends nothing again. Each case has {least:,} requests or more. What exactly is done stands in
[acts.py](../tests/cluster/system/acts.py) and [image_acts.py](../tests/cluster/system/image_acts.py).

A **control** is the same case without a setting that protects it. It must lose requests; else the case could not have
failed, and shows nothing. INCONCLUSIVE is a run in which the load itself was late.
"""
NOTES = """\
## Limits

* One node and one machine for everything, the load too: times are there to be compared with each other. Zones, several
  nodes and a cloud's load balancer are not in it.
* The deadline of a roll-out is shortened from 300 s to 60 s, so that broken images are seen in a minute; in its own two
  cases the autoscaler's window for taking pods away is 45 s instead of 300 s.
* Envoy learns late of a pod's end because its controller is stopped for that time.
* On 2026-11-30 Envoy was also replaced without its drain alone: none of 5,152 requests was lost, so that this was no
  control. The present one ends all Envoys at once.
* On that day reports were tried twice. With 50m for analytics and 100m for each database the p95 of reads went from 2.9
  to 8.0 ms; the row is of the second time, with 30m and 150m. The other rows of that day are of the first settings.
* On that day rows did not name their commit yet, and reports had no verdict on their p95: both were added
  afterwards, from the times of the runs and from the figures of the row.
"""


def rows_of(record: Mapping[str, Row]) -> Iterator[tuple[str, Row | None]]:
    """Yields every case of the proof by its name, and what was seen of it."""
    for name in (*map(title, CASES), *AUTOSCALING):
        yield name, record.get(name)


def table(rows: Iterable[tuple[str, Row | None]]) -> str:
    """Returns the table of the cases."""
    columns = ("case", "requests", "lost", "p50 ms", "p99 ms", "lost within s", "expected", "seen", "commit", "besides")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, row in rows:
        if row is None:
            expected = Verdict.SOME_LOST if ", without " in name else Verdict.NONE_LOST
            lines.append(f"| {name} | - | - | - | - | - | {expected} | not run | - | - |")
            continue
        besides = "; ".join(filter(None, [row.losses, row.note])) or "-"
        recovery = f"{row.recovery:g}" if row.lost else "-"
        numbers = (f"{row.requests:,}", str(row.lost), f"{row.p50:g}", f"{row.p99:g}", recovery)
        lines.append(f"| {' | '.join([name, *numbers, row.expected, row.seen, row.commit, besides])} |")
    return "\n".join(lines) + "\n"


def page(record: Mapping[str, Row], *, cluster: str) -> str:
    """Returns the page."""
    head = INTRODUCTION.format(
        date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        summary=summary(record),
        machine=description(),
        cluster=cluster,
        rate=RATE,
        least=LEAST,
    )
    return f"{head}\n{table(rows_of(record))}\n{NOTES}"


def summary(record: Mapping[str, Row]) -> str:
    """Returns how many cases ended as expected, and which ended otherwise or were not run."""
    rows = list(rows_of(record))
    ran = [row for _, row in rows if row is not None]
    otherwise = [f"{row.case} ({row.seen})" for row in ran if row.seen != row.expected]
    missing = [name for name, row in rows if row is None]
    parts = [f"{len(ran) - len(otherwise)} of {len(rows)} cases ended as expected."]
    parts += [f"Otherwise: {'; '.join(otherwise)}."] if otherwise else []
    parts += [f"Not run: {'; '.join(missing)}."] if missing else []
    return " ".join(parts)


def strongest(record: Mapping[str, Row]) -> str:
    """Returns the lines of the README."""
    lines = ["| under load on a real Kubernetes | requests | lost | p99 ms |", "|---|---|---|---|"]
    for name in STRONGEST:
        row = record[name]
        lines.append(f"| {name} | {row.requests:,} | {row.lost} | {row.p99:g} |")
    return "\n".join(lines) + f"\n\n{summary(record)}\n"


def write(file: Path) -> None:
    """Writes page and README from the record in `file`."""
    cluster, record = read(file)
    PAGE.write_text(page(record, cluster=cluster))
    lines = strongest(record)
    README.write_text(TABLE.sub(lambda match: f"{match[1]}\n{lines}\n{match[2]}", README.read_text()))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
