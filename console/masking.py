"""Takes the secrets out of what the program declares, before anybody sees it."""

from __future__ import annotations

import re
from typing import Any

from planning.wire import ARCHIVE, ASSET, RESOURCE, SECRET, SIGNATURE

MASK = "•••••• (secret)"
_PEM = "PRIVATE KEY-----"
_NAMES = re.compile(r"password|private_?key|secret_?string|string_?data|client_?secret|access_?token", re.IGNORECASE)
"""Names of members that hold a secret, whether or not the program has marked it."""
LONGEST = 2000
"""Characters of a text; of a longer one the begin is shown."""


def masked(value: Any) -> Any:
    """Returns a value as the state has it, without secrets and without marks."""
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return _members(value)
    if isinstance(value, str):
        if _PEM in value:
            return MASK
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"
    return value


def _members(value: dict[str, Any]) -> Any:
    match value.get(SIGNATURE):
        case None:
            return {key: MASK if _NAMES.search(key) and item else masked(item) for key, item in value.items()}
        case signature if signature == SECRET:
            return MASK
        case signature if signature == RESOURCE:
            return value.get("id") or value.get("urn")
        case signature if signature in (ARCHIVE, ASSET):
            return f"file {value.get('path', '')} sha256:{value.get('hash', '')}"
        case _:
            return "a value of another kind"
