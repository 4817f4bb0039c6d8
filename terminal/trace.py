"""The command `trace`: the spans of a request, a trace or an order, as a waterfall."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from console.axis import Axis, axis
from local.errors import LocalError
from local.machine import Machine
from telemetry.place import store_file
from telemetry.settings import is_enabled
from telemetry.span import Span
from telemetry.store import find
from terminal import clone
from terminal.printable import printable

app = App(name="trace")

BAR = 40
"""Characters of the axis."""
PATIENCE = 4.0
"""Seconds for which spans that are on their way are waited for: services send theirs every two seconds."""
_BLOCK, _THIN = "\u2588", "\u258f"
SECOND = 1_000_000_000


@app.default
def trace(
    id_: Annotated[str, Parameter(name="ID")], /, *, as_json: Annotated[bool, Parameter("--json")] = False
) -> None:
    """Print the spans of a request, of a trace, or of an order.

    Parameters
    ----------
    id_
        X-Request-Id of an answer, a trace id of 32 hexadecimal digits, or the id of an order.
    as_json
        Print the spans as JSON, one a line, for programs.
    """
    machine = clone.machine()
    spans = _find(machine, id_)
    if as_json:
        for span in spans:
            sys.stdout.write(json.dumps(span.document()) + "\n")
        return
    console = Console(highlight=False)
    for number, (trace_id, spans_of_trace) in enumerate(_traces(spans).items()):
        console.print(("\n" if number else "") + _heading(trace_id, spans_of_trace), soft_wrap=True)
        for line in _lines(spans_of_trace):
            console.print(line, soft_wrap=True)


def _find(machine: Machine, id_: str) -> list[Span]:
    """Returns the spans of an id. Raises LocalError when there is none, with the reason."""
    file = store_file(machine)
    if not file.exists():
        before = "" if is_enabled(machine) else "Set `crosscloud:telemetry: {endpoint: local}` in Pulumi.local.yaml. "
        raise LocalError(f"No spans are kept here yet. {before}`make up` starts the collector, which keeps them.")
    readable, end = id_.encode(errors="replace").decode(), time.monotonic() + PATIENCE
    try:
        while not (spans := find(file, readable)) and time.monotonic() < end:
            time.sleep(0.2)
    except sqlite3.DatabaseError as error:
        raise LocalError(
            f"The spans in {file} can't be read: {error}. Ask again; if that does not help, `make down` and `make up` "
            "start the collector anew, which replaces a damaged file."
        ) from None
    if not spans:
        raise LocalError(
            f"No span has the id {id_!r}. It must be the X-Request-Id of an answer, a trace id, or the id of an order. "
            "A request whose `traceparent` ends in 00 gets no spans, and the oldest spans are removed."
        )
    return spans


def _traces(spans: Sequence[Span]) -> Mapping[str, list[Span]]:
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    return traces


def _heading(trace_id: str, spans: Sequence[Span]) -> str:
    failed = sum(span.failed for span in spans)
    began, ended = min(span.began for span in spans), max(span.ended for span in spans)
    took = f"{(ended - began) / SECOND * 1000:,.1f} ms"
    return f"trace {trace_id}: {len(spans)} spans in {took}" + (f", {failed} failed" if failed else "")


def _lines(spans: Sequence[Span]) -> Iterator[Text]:
    """Yields a line a span, each below the one that it is a part of. Idle time is drawn shorter."""
    shared = axis((span.began / SECOND, span.ended / SECOND) for span in spans)
    start, tree = min(span.began for span in spans), list(_tree(spans))
    numbers = {span.span_id: number for number, (span, _) in enumerate(tree, 1)}
    width = max(len(_in_a_line(span.service)) + depth for span, depth in tree)
    yield Text(f"  #  {'part':<{width}}   after ms    took ms  {'':<{BAR}}  what", "dim")
    for span, depth in tree:
        after, took = ((to - of) / SECOND * 1000 for of, to in ((start, span.began), (span.began, span.ended)))
        style = "red" if span.failed else ""
        service = f"{' ' * depth + _in_a_line(span.service):<{width}}"
        part = f"{numbers[span.span_id]:>3}  {service} {after:>10,.1f} {took:>10,.1f}  "
        bar = Text(f"{_bar(span, shared):<{BAR}}  ", style or "cyan")
        yield Text().append(part, style).append_text(bar).append(_what(span, numbers), style)


def _what(span: Span, numbers: Mapping[str, int]) -> str:
    """Returns the kind, the name and the outcome of a span, and the numbers of the spans that it is linked to."""
    status = span.attributes.get("http.response.status_code")
    error = span.attributes.get("error.type")
    receives = span.attributes.get("crosscloud.receives", 1)
    again = span.attributes.get("http.request.resend_count") or (receives - 1 if isinstance(receives, int) else 0)
    words = [span.kind.lower(), span.name, span.attributes.get("service.peer.name"), status]
    words += [error if error and str(error) != str(status) else None, f"again {again}" if again else None]
    links = [str(numbers[id_]) for _, id_ in span.links if id_ in numbers and id_ != span.parent_id]
    return printable(" ".join(str(word) for word in words if word)).replace("\n", " ") + (
        f" <- {', '.join(links)}" if links else ""
    )


def _bar(span: Span, shared: Axis) -> str:
    left, right = (shared.place(moment / SECOND) * BAR for moment in (span.began, span.ended))
    return " " * min(int(left), BAR - 1) + (_BLOCK * round(right - left) or _THIN)


def _in_a_line(text: str) -> str:
    return printable(text).replace("\n", " ")


def _tree(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Yields each span after the one that it is a part of, with its depth.

    Spans that are parts of each other, as only a faulty sender says, begin trees of their own.
    """
    known = {span.span_id for span in spans}
    children: dict[str, list[Span]] = defaultdict(list)
    in_order = sorted(spans, key=lambda span: span.began)
    for span in in_order:
        children[span.parent_id if span.parent_id in known else ""].append(span)
    seen: set[str] = set()
    for first in (*children[""], *in_order):
        waiting = [(first, 0)]
        while waiting:  # no recursion: a caller may nest requests as deep as it likes
            span, depth = waiting.pop()
            if span.span_id not in seen:
                seen.add(span.span_id)
                yield span, depth
                waiting += [(child, depth + 1) for child in reversed(children[span.span_id])]
