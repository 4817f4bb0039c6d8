"""The report of drift: lines for a person, Markdown for an issue, JSON for a program. None of them has a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from planning.drift.finding import Drift, Drifted, Verdict
from planning.drift.stores import SECTION

_TITLES = {
    Verdict.CLEAN: "{} is as its state says",
    Verdict.DRIFT: "{} differs from its state",
    Verdict.UNKNOWN: "Nobody knows whether {} is as its state says",
    Verdict.LOST: "{} has lost what holds data",
}
Section = tuple[str, list[str]]
"""A heading and its lines."""


def title(drift: Drift) -> str:
    """Returns the report in one sentence without an end."""
    return _TITLES[drift.verdict].format(drift.stack)


def as_text(drift: Drift) -> str:
    """Returns the report as lines."""
    lines = [line for heading, rows in _sections(drift) for line in (heading, *(f"  {row}" for row in rows))]
    return "\n".join([*lines, f"{title(drift)}: {drift.looked} resources were read."])


def as_markdown(drift: Drift) -> str:
    """Returns the report as the body of an issue."""
    parts = [f"{title(drift)}: {drift.looked} resources were read."]
    for heading, rows in _sections(drift):
        # Names come from the clouds: as code, they are no Markdown.
        parts.append("\n".join([f"### {heading}", "", *(f"* {_code(row)}" for row in rows)]))
    return "\n\n".join(parts) + "\n"


def as_json(drift: Drift) -> str:
    """Returns the report as an object."""
    return json.dumps(
        {
            "stack": drift.stack,
            "verdict": drift.verdict,
            "title": title(drift),
            "looked": drift.looked,
            "lost": [_object(each) | {"loses": each.loses} for each in drift.lost],
            "drifted": [_object(each) for each in drift.others],
            "levers": [
                _object(each) | {"lever": each.lever.name, "section": each.lever.section}
                for each in drift.levers
                if each.lever
            ],
            "accepted": [_object(each.drifted) | {"because": each.because} for each in drift.accepted],
            "unknown": list(drift.unknown),
            "stale": list(drift.stale),
            "left_out": list(drift.left_out),
        },
        indent=1,
        ensure_ascii=False,
    )


def line(drifted: Drifted) -> str:
    """Returns a resource and how it differs."""
    name = f"{drifted.type} {drifted.name}"
    if drifted.gone:
        return f"{name} is gone"
    return f"{name} has changed: {'; '.join(map(str, drifted.differences)) or 'nobody says what of it'}"


def _sections(drift: Drift) -> Iterator[Section]:
    """Yields what there is to say, the gravest last, next to the prompt."""
    if drift.left_out:
        yield "Not compared", list(drift.left_out)
    if drift.stale:
        yield "Accepted differences that are no more", list(drift.stale)
    if drift.accepted:
        yield "Accepted", [f"{line(each.drifted)} ({each.because})" for each in drift.accepted]
    if drift.levers:
        rows = [
            f"{line(each)}: {each.lever.name} (docs/runbook.md, {each.lever.section})"
            for each in drift.levers
            if each.lever
        ]
        yield "Levers that are pulled: a repair leaves them so", rows
    if drift.others:
        yield "Differs, and a repair puts it back", [line(each) for each in drift.others]
    if drift.unknown:
        yield "Could not be read", list(drift.unknown)
    if drift.lost:
        rows = [f"{line(each)}, and with it {each.loses}" for each in drift.lost]
        yield f"Holds data and is gone; an update would make an empty one ({SECTION})", rows


def _code(text: str) -> str:
    """Returns a text as code in Markdown."""
    return f"`{text.replace('`', chr(39))}`"


def _object(drifted: Drifted) -> dict[str, Any]:
    return {
        "type": drifted.type,
        "name": drifted.name,
        "urn": drifted.urn,
        "gone": drifted.gone,
        "differences": [{"path": d.path, "before": d.before, "after": d.after} for d in drifted.differences],
    }
