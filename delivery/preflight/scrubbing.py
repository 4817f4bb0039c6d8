"""Makes what a tool says fit to be shown: without secrets, and without anything that a terminal would obey."""

from __future__ import annotations

import re

_LONG = 200
"""Characters of a tool's own words that are shown."""
_TOKEN = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*)*|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bgh[a-z]_\w{16,}|\bpul-\w{16,}")
"""The forms of tokens and keys: JWT, AWS, GitHub, Pulumi."""
_KEY = r"(?:secret|access|account|api|private)[_-]?(?:access[_-]?)?key"
_NAME = rf"(?:secret|token|password|passwd|pwd|signature|assertion|\bsig|{_KEY})"
_VALUE = r"(?!(?:null|true|false)\s*[,}\]])(?:(?<=\")(?:[^\"\\]|\\.)+|(?<=')[^']+|[^\s\"',\[{]+)"
"""A value to its closing quote, or to the next space where there is no quote. JSON's words are no secrets."""
_NAMED = re.compile(
    # A name with `=` or `:`, in JSON and in JSON within JSON too.
    rf"(?i)(?P<name>\bbearer\s+|{_NAME}\\*[\"']?\s*[=:]\s*\\*[\"']?"
    # A name and a space: an option of a command line, or a line of a file or a table of keys.
    rf"|(?:--[\w-]*(?:secret|token|password|-key)|{_KEY})\s+[\"']?(?![-=:])){_VALUE}"
)
"""A value behind a name that says that it is a secret."""
_LOG_IN = re.compile(r"(?P<scheme>://)[^\s/\"']+@")
"""The name and the password in a URL."""
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and moves
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links, the clipboard
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"  # the rest, and what turns the writing round
)
"""The characters that a terminal obeys instead of showing them, except for tabs and the ends of lines."""


def scrubbed(words: str) -> str:
    """Returns the first line of a tool's words, not too long, and without anything that may be a secret."""
    lines = [line.strip() for line in scrubbed_all(words).splitlines() if line.strip()]
    return (lines[0] if lines else "it says nothing.")[:_LONG]


def scrubbed_all(text: str) -> str:
    """Returns a text without anything that may be a secret, and without what a terminal obeys."""
    masked = _LOG_IN.sub(r"\g<scheme>[secret]@", _TOKEN.sub("[secret]", plain(text)))
    return _NAMED.sub(r"\g<name>[secret]", masked)


def plain(text: str) -> str:
    """Returns a text without what a terminal obeys instead of showing it."""
    return _ESCAPES.sub("", text)
