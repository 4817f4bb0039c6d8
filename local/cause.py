"""The place and the reason of a Python program's failure, read from what it has printed."""

from __future__ import annotations

import re
from pathlib import Path

_FRAME = re.compile(r'^\s*(?:\|\s*)?File "([^"]+)", line (\d+)', re.MULTILINE)


def cause(text: str, root: Path) -> str:
    """Returns `app/services/users/api.py:12: SyntaxError: invalid syntax` for the last traceback in the text.

    The place is the innermost one that is in the clone at `root`. Without a traceback the result is empty.
    """
    *_, last = ["", *re.split(r"^.*Traceback \(most recent call last\):$", text, flags=re.MULTILINE)[1:]]
    frames = list(_FRAME.finditer(last))
    if not frames:
        return ""
    error = re.search(r"^[A-Za-z_][\w.]*(?:: .*)?$", last[frames[-1].end() :], re.MULTILINE)
    places = [(Path(frame[1]), frame[2]) for frame in frames]
    own = [f"{path}:{line}" for file, line in places if (path := _in_clone(file, root))]
    return f"{own[-1] if own else ':'.join(map(str, places[-1]))}: {error[0] if error else 'it failed'}"


def _in_clone(file: Path, root: Path) -> Path | None:
    """Returns the path of the source that a file was copied from: an image and a function's zip hold copies."""
    if "site-packages" in file.parts:
        return None
    copies = (Path(*file.parts[start:]) for start in range(file.is_absolute(), len(file.parts)))
    return next((path for path in copies if path.parts[0][0] != "." and (root / path).is_file()), None)
