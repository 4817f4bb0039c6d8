"""Checks that an event is one that the schemas describe: the producer what it writes, the consumer what it reads."""

from __future__ import annotations

from typing import Any

from app.contract.events.validators import EVENTS

LISTED = 5
"""The number of violations that an error names."""


class EventError(ValueError):
    """A document is no event. The message says what is wrong with it, without the values in it."""


def checked(document: object) -> dict[str, Any]:
    """Returns the document. Raises EventError, also for a type or a version that has no schema."""
    if not isinstance(document, dict):
        raise EventError("An event is a JSON object.")
    name = f"{document.get('type')}.v{document.get('version')}"
    validator = EVENTS.get(name)
    if validator is None:
        raise EventError(f"There is no schema {name[:80]!r}; there are {', '.join(sorted(EVENTS))}.")
    if faults := validator(document):
        details = "; ".join(f"{'.'.join(map(str, place))} {detail}" for place, detail in faults[:LISTED])
        raise EventError(f"It is no {name}: {details}.")
    return document
