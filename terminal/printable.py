"""Text of programs and clouds, made fit for a terminal."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""The control characters but tab and newline: a terminal would obey them."""


def printable(text: str) -> str:
    r"""Returns the text with its control characters in the form `\x1b`."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
