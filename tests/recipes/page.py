"""Reads the recipes of docs/contributing.md: what they change and what they run, in order.

A code block whose first line names a file is a step: ```` ```diff PATH ```` changes it, ```` ```python PATH ````
(or another language) makes it. A line `$ COMMAND` of a ```` ```console ```` block is run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import ROOT
from tests.support.services import NEW_SERVICE

PAGE = ROOT / "docs" / "contributing.md"
BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Lines of a file that give way to others."""

    path: str
    before: str
    after: str

    def apply(self, root: Path) -> None:
        """Changes the file. The lines before must be in it once, so that there is no doubt which are meant."""
        text = (root / self.path).read_text()
        occurrences = text.count(self.before)
        assert occurrences == 1, f"{self.path} has these lines {occurrences} times:\n{self.before}"
        (root / self.path).write_text(text.replace(self.before, self.after))


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file that was not there before."""

    path: str
    text: str

    def apply(self, root: Path) -> None:
        """Writes the file."""
        path = root / self.path
        assert not path.exists(), f"{self.path} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text)


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line that a person types in the repository's folder."""

    line: str


Step = Change | NewFile | Command


def recipe(heading: str, page: Path = PAGE) -> list[Step]:
    """Returns the steps below a heading of the page, until the next heading of the same rank."""
    _, found, rest = page.read_text().partition(f"\n## {heading}\n")
    assert found, f"{page.name} has no recipe {heading!r}"
    section = re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0].replace("inventory", NEW_SERVICE)
    return [step for block in BLOCK.finditer(section) for step in _steps(block)]


def recipes(page: Path = PAGE) -> list[str]:
    """Returns the headings whose sections have steps."""
    headings = re.findall(r"^## (.+)$", page.read_text(), flags=re.MULTILINE)
    return [heading for heading in headings if recipe(heading, page)]


def _steps(block: re.Match[str]) -> list[Step]:
    language, path, text = block["language"], block["path"], block["text"]
    if language == "console":
        return [Command(line=line.removeprefix("$ ")) for line in text.splitlines() if line.startswith("$ ")]
    if path is None:
        return []
    if language != "diff":
        return [NewFile(path=path, text=text)]
    return [_change(path, hunk) for hunk in text.split("@@\n")]


def _change(path: str, hunk: str) -> Change:
    """A line of a diff begins with a space, a minus or a plus; an empty one stands for an empty line of both."""
    lines = [line or " " for line in hunk.splitlines()]
    assert all(line[0] in " -+" for line in lines), f"a diff of {path} has a line without its sign"
    before, after = ("".join(f"{line[1:]}\n" for line in lines if line[0] in signs) for signs in (" -", " +"))
    assert before.strip(), f"a diff of {path} needs a line that is there already"
    return Change(path=path, before=before, after=after)
