"""Writes docs/proof.md from the record of a run, and its strongest lines into the README: `make proof` calls it."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.machine import description
from tests.cluster.system.cases import CASES, LEAST, LEAST_LOST, RATE, title
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

* Machine of the last run: {machine}
* Cluster of the last run: {cluster}

The services, their databases and the ingress run on that cluster, with the program's own manifests and the waits of
[cluster/settings.yaml](../cluster/settings.yaml). Requests come to the ingress itself, past the API Gateway and the
functions, over mutual TLS and at a constant rate, whether answers come or not: {rate:.0f} a second, nine reads of users
for each invoice that is written, on kept connections, a twentieth of them on new ones; in the cases of reports 60 reads
of users a second, on kept connections alone. A latency counts from the moment at which the request was due
([how](../tests/load/generator.py)). Lost is every answer but the expected one, every reset, and whatever took longer
than 10 s; the client sends nothing again. Whether an invoice that was answered is there afterwards is not looked up.
Each case has {least:,} requests or more. What exactly is done stands in [acts.py](../tests/cluster/system/acts.py),
[image_acts.py](../tests/cluster/system/image_acts.py) and
[test_autoscaling.py](../tests/cluster/system/test_autoscaling.py).

A **control** takes away what protects in a case. It must lose {least_lost} requests or more; else its case could not
have failed, and shows nothing. INCONCLUSIVE is a run in which the load itself was late or had fewer requests, or a
control that lost some, but fewer. "Too slow" is a p95 of reads beside reports of more than twice that before them, "not
scaled" that analytics had no further pod within a minute.
"""
NOTES = """\
## Limits

* One node and one machine for everything, the load too: times are there to be compared with each other. Zones, several
  nodes and a cloud's load balancer are not in it.
* Cases without a control show that nothing was lost on that cluster, not that something would be without a setting.
* Four controls do more than take a protection away. That of the eviction deletes all pods at once and without grace,
  that of the canary rolls the previous version's pods while half of the calls go to them, that of the authorities
  trusts one that has signed nobody's certificate, and that of Envoy ends all Envoys at once.
* The deadline of a roll-out is shortened from 300 s to 60 s, so that broken images are seen in a minute. The autoscaler
  takes pods away after 45 s of less load in the cases of reports, and at once in the case of that name, instead of
  after 300 s.
* Envoy learns late of a pod's end because its controller is stopped for that time.
* Of a case of reports, the latencies in the table are of the time beside the reports, the requests of the whole load.
* On 2026-11-30 Envoy was also replaced without its drain alone: none of 5,152 requests was lost, so that this was no
  control.
"""
OF_COMMITS = (
    (
        ("26d99d3",),
        """\
* Rows of {commits} are of another, faster machine than those of later commits. They did not name their
  commit then: it was added from the times of the runs.
""",
    ),
    (
        ("09bdfc2c",),
        """\
* The controls without retries of {commits} were without Envoy's threshold of panic, too, so that pods that were not
  ready may have got requests: how many were lost for want of retries alone is not known.
""",
    ),
    (
        ("09bdfc2c",),
        """\
* In rows of {commits} Envoy learned of a pod's end less than 5 s late: the time began before the pod that stops the
  controller had started.
""",
    ),
    (
        ("90f0674",),
        """\
* Until {commits} a report computed without a rest. Beside such reports the p95 of reads went from 5.8 to 15.8 ms on
  another machine, and was never within two times, however small analytics' share of the processor was.
""",
    ),
)
"""Notes about rows of certain commits, which go with the last of these."""


NAMES = (*map(title, CASES), *AUTOSCALING)
"""Every case of the proof."""
COLUMNS = ("case", "requests", "lost", "p50 ms", "p99 ms", "lost within s", "expected", "seen", "commit", "besides")
NOT_RUN = "not run"
Cells = Sequence[str]
"""The cells of a case's line, in the order of COLUMNS."""


def cells_of(text: str) -> dict[str, Cells]:
    """Returns the lines of a page's table by their cases."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]
    return {row[0]: row for row in rows}


def completed(earlier: Mapping[str, Cells], record: Mapping[str, Row | None]) -> dict[str, Cells]:
    """Returns the lines of all cases: those of the record, else those that the page had."""
    unknown = {name: _unmeasured(name, NOT_RUN) for name in NAMES}
    began = {name: _cells(row) if row else _unmeasured(name, Verdict.UNFINISHED) for name, row in record.items()}
    return {name: began.get(name) or earlier.get(name) or unknown[name] for name in NAMES}


def _unmeasured(name: str, seen: str) -> Cells:
    expected = Verdict.SOME_LOST if ", without " in name else Verdict.NONE_LOST
    return [name, *["-"] * 5, expected, seen, "-", "-"]


def _cells(row: Row) -> Cells:
    numbers = (f"{row.requests:,}", str(row.lost), f"{row.p50:g}", f"{row.p99:g}")
    recovery = f"{row.recovery:g}" if row.lost else "-"
    besides = "; ".join(filter(None, [row.losses, row.note])) or "-"
    return [row.case, *numbers, recovery, row.expected, row.seen, row.commit, besides]


def page(lines: Mapping[str, Cells], *, cluster: str) -> str:
    """Returns the page."""
    head = INTRODUCTION.format(
        date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        summary=summary(lines),
        machine=description(),
        cluster=cluster,
        rate=RATE,
        least=LEAST,
        least_lost=LEAST_LOST,
    )
    titles, *rows = (f"| {' | '.join(cells)} |" for cells in (COLUMNS, *lines.values()))
    return "\n".join([head, titles, "|---" * len(COLUMNS) + "|", *rows, "", notes(lines)])


def notes(lines: Mapping[str, Cells]) -> str:
    """Returns the limits of what was measured: those of all rows, and those of the commits that rows are of."""
    measured = {cells[8].rstrip("+") for cells in lines.values()}
    found = [(text, [commit for commit in commits if commit in measured]) for commits, text in OF_COMMITS]
    return NOTES + "".join(text.format(commits=" and ".join(quoted)) for text, quoted in found if quoted)


def summary(lines: Mapping[str, Cells]) -> str:
    """Returns how many cases ended as expected, and which ended otherwise or were not run."""
    seen = {name: (cells[6], cells[7]) for name, cells in lines.items()}
    missing = [name for name, (_, verdict) in seen.items() if verdict == NOT_RUN]
    otherwise = [
        f"{name} ({verdict})" for name, (expected, verdict) in seen.items() if verdict not in (expected, NOT_RUN)
    ]
    parts = [f"{len(seen) - len(otherwise) - len(missing)} of {len(seen)} cases ended as expected."]
    parts += [f"Otherwise: {'; '.join(otherwise)}."] if otherwise else []
    parts += [f"Not run: {'; '.join(missing)}."] if missing else []
    return " ".join(parts)


def strongest(lines: Mapping[str, Cells]) -> str:
    """Returns the lines of the README."""
    head = ["| under load on a real Kubernetes | requests | lost | p99 ms |", "|---|---|---|---|"]
    rows = [f"| {' | '.join(lines[name][cell] for cell in (0, 1, 2, 4))} |" for name in STRONGEST]
    return "\n".join([*head, *rows]) + f"\n\n{summary(lines)}\n"


def write(file: Path) -> None:
    """Writes page and README from the record in `file`. Cases that it does not have keep their lines.

    Where no case has run, nothing is written: the page would name a machine on which nothing was measured.
    """
    cluster, record = read(file)
    if not record:
        return
    lines = completed(cells_of(PAGE.read_text()), record)
    pages = {PAGE: page(lines, cluster=cluster)}
    pages[README] = TABLE.sub(lambda match: f"{match[1]}\n{strongest(lines)}\n{match[2]}", README.read_text())
    for path, text in pages.items():
        path.write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
