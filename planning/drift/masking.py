"""The values that a report of drift may show. Whatever could be a secret is hidden: its name alone is shown.

A value that somebody has written by hand has no mark, even where the program marks its own value as a secret. So no
text is shown because it looks harmless: only numbers and switches are, and words of few properties that hold no other.
"""

from __future__ import annotations

import re
from typing import Any

from planning.wire import holds_secret

HIDDEN = "[not shown]"
"""The word in the place of a value."""
ABSENT = "absent"
"""The word for a value that is not there."""
_WORDS = re.compile(
    r"(?:\w+\[\d+\]\.)?"
    r"(?:authorizationType|billingMode|functionVersion|kubernetesVersion|protocolType|routeKey|runtime|state|statistic|"
    r"streamViewType)"
)
"""Properties whose values are words of a cloud: versions, modes, states. None lies in a mapping, such as the variables
of a function, whose keys anybody may choose."""
_WORD = re.compile(r"[\w$./ {}-]{1,60}")
_SENSITIVE = re.compile(r"pass|secret|token|key(?!s?chema)|credential|certificate|private|pin$", re.IGNORECASE)
"""Parts of names whose values are never shown, not even numbers. A route's key is a path."""


def shown(path: str, value: Any, *, secret: bool = False) -> str:
    """Returns a value at a path as a report may show it; None stands for one that is not there."""
    if value is None:
        return ABSENT
    if secret or holds_secret(value):
        return HIDDEN
    if _WORDS.fullmatch(path) and isinstance(value, str) and _WORD.fullmatch(value):
        return value
    if _SENSITIVE.search(path) or not isinstance(value, bool | int | float):
        return HIDDEN
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
