"""Takes the steps of a rebuild of analytics' counts, for the command `./crosscloud events rebuild`.

The command has the events of the archive and no way to the services; this function has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.commerce.domain.events import Event
from app.contract.events.types import REBUILD
from app.contract.events.validation import EventError
from app.functions.fulfilment.services import Services, counted

_PATHS = re.compile(rf"|/clear|/{REBUILD}[A-Za-z0-9._-]+/(archived|stored|switch|leave)")
"""The paths of the steps. Whoever may call this function gets no further in the services than by these."""


def take(step: Mapping[str, Any], services: Services, read: Callable[[str], Event]) -> dict[str, Any]:
    """Takes one step and returns analytics' answer: `status` and `body`.

    `path` and `body` are those of analytics' route. `messages`, in the place of a body, are events in the bus's
    envelope; `unreadable` then says which of them are none, by their numbers with the reasons. Another path gets 404,
    and analytics is not asked. Raises UpstreamError.
    """
    if not _PATHS.fullmatch(step["path"]):
        return {"status": 404, "body": {"detail": f"A rebuild has no step {step['path']!r}."}}
    messages = step.get("messages")
    if messages is None:
        return _answer(services, step["path"], step.get("body", {}))
    events, unreadable = [], {}
    for number, message in enumerate(messages):
        try:
            events.append(counted(read(message)))
        except EventError as error:
            unreadable[number] = str(error)
    answer = _answer(services, step["path"], {"events": events}) if events else {"status": 200, "body": {}}
    return {**answer, "unreadable": unreadable}


def _answer(services: Services, path: str, body: object) -> dict[str, Any]:
    answer = services.rebuild(path, body)
    return {"status": answer.status, "body": json.loads(answer.body)}
