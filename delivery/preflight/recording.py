"""Writes the answers of a run as the tests play them: with the ids of accounts, people and tenants replaced."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delivery.preflight.processes import Done, Run
from delivery.preflight.scrubbing import scrubbed_all

_IDS = re.compile(
    r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)|(?P<account>(?<![\w.])\d{12}(?![\w.]))"
    r"|(?P<mail>[\w.+#-]+@[\w-]+(?:\.[\w-]+)+)|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}\b)"
)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A `Run` that keeps what it was asked and what came."""

    run: Run
    kept: list[tuple[tuple[str, ...], Done]] = field(default_factory=list)

    def __call__(self, command: Sequence[str]) -> Done:
        done = self.run(command)
        self.kept.append((tuple(command), done))
        return done

    def write(self, folder: Path) -> None:
        """Writes `answers.json` into a folder, which is made."""
        replacing = Replacing()
        answers = []
        for command, done in sorted(self.kept, key=lambda kept: kept[0]):
            call = glob.escape(replacing.text(" ".join(command)))
            answer: dict[str, Any] = {"call": call, "out": _value(replacing.text(done.out))}
            answers.append(answer | ({"rc": done.status, "err": replacing.text(done.err)} if done.status else {}))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "answers.json").write_text(json.dumps(answers, indent=1) + "\n")


@dataclass(kw_only=True)
class Replacing:
    """Replaces ids, each by the same stand-in wherever it is."""

    _known: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Returns a text in which nothing tells whose it was."""
        return _IDS.sub(self._stand_in, scrubbed_all(text))

    def _stand_in(self, found: re.Match[str]) -> str:
        number = len(self._known) + 1
        stand_ins = {
            "uuid": f"00000000-0000-4000-8000-{number:012}",
            "account": f"{900000000000 + number}",
            "mail": f"person{number}@example.com",
            "address": f"198.51.100.{number % 256}",
        }
        return self._known.setdefault(found[0].lower(), stand_ins[str(found.lastgroup)])


def _value(out: str) -> Any:
    """Returns what was printed: an object or a list as such, anything else as text."""
    if not out.startswith(("{", "[")):
        return out
    try:
        value = json.loads(out)
        json.dumps([{"out": value}], indent=1)  # what is nested too deeply may be read and yet not be written
    except (ValueError, RecursionError):
        return out
    return value
