"""Resource policies, as far as they can hold on this machine."""

from __future__ import annotations

import json
from typing import Any


def without_transport(policy: str) -> str:
    """Returns `policy` without the statements that refuse plain HTTP, or an empty text when none is left.

    Plain HTTP is all that the emulator speaks on its loopback address: with them it would refuse everybody.
    """
    document = json.loads(policy)
    kept = [statement for statement in document["Statement"] if not _on_transport(statement)]
    return json.dumps({**document, "Statement": kept}) if kept else ""


def _on_transport(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {})
    keys = {key.lower() for operator in condition.values() for key in operator}
    return statement["Effect"] == "Deny" and keys == {"aws:securetransport"}
