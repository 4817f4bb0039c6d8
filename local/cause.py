"""The place and the reason of a Python program's failure, read from what it has printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

AFTER = 5
"""Lines that may follow a failure: with more of them the program went on."""
_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)', re.MULTILINE)


def cause(text: str, root: Path) -> str:
    """Returns `app/services/users/api.py:12: SyntaxError: invalid syntax` for the stack trace at the end of a text.

    The place is the innermost one that is in the clone at `root`. Without a stack trace there the result is empty.
    """
    printed = "\n".join(text_of(line) for line in text.splitlines())
    last = re.split(r"Traceback \(most recent call last\):$", printed, flags=re.MULTILINE)[-1]
    places = [(Path(frame[1]), frame[2], frame.end()) for frame in _FRAME.finditer(last)]
    if not places:
        return ""
    error = re.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$", re.MULTILINE).search(last, places[-1][2])
    if error is None or last[error.end() :].strip().count("\n") >= AFTER:
        return ""
    own = [f"{path}:{line}" for file, line, _ in places if (path := _in_clone(file, root))]
    return f"{own[-1] if own else f'{places[-1][0]}:{places[-1][1]}'}: {error[0]}"


def text_of(line: str) -> str:
    """Returns the stack trace, the reason or the message of a JSON line, and any other line as it is."""
    try:
        entry = json.loads(line)
        return str(entry.get("stack") or entry.get("reason") or entry.get("message") or line)
    except (ValueError, AttributeError):
        return line


def _in_clone(file: Path, root: Path) -> Path | None:
    """Returns the path of the source that a file was copied from: an image and a function's zip hold copies."""
    if "site-packages" in file.parts:
        return None
    copies = (Path(*file.parts[start:]) for start in range(file.is_absolute(), len(file.parts)))
    return next((path for path in copies if path.parts[0][0] != "." and (root / path).is_file()), None)
