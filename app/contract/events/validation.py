"""Whether an event is one that the schemas describe. The producer checks what it writes, the consumer what it reads."""

from __future__ import annotations

from typing import Any

from app.contract.events.validators import EVENTS, JsonSchemaValuesException


class EventError(ValueError):
    """Says what is wrong with the document, without the values in it."""


def checked(document: object) -> dict[str, Any]:
    """The document. Raises EventError, also for a type or a version that there is no schema of."""
    if not isinstance(document, dict):
        raise EventError("An event is a JSON object.")
    name = f"{document.get('type')}.v{document.get('version')}"
    validator = EVENTS.get(name)
    if validator is None:
        raise EventError(f"There is no schema {name[:80]!r}; there are {', '.join(sorted(EVENTS))}.")
    try:
        validator(document)
    except JsonSchemaValuesException as found:
        raise EventError(f"It is no {name}: {found}.") from None
    return document
