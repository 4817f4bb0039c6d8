"""The answer of a check: a verdict, a sentence, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The verdicts, in the order in which a report shows them: the gravest comes last, next to the prompt."""

    PASS = "PASS"  # noqa: S105 - a word of the report
    SKIP = "SKIP"
    """The check was not made, for a reason that is no fault."""
    WARN = "WARN"
    """The check can't tell, or what it found does no harm yet."""
    FAIL = "FAIL"
    """The deployment certainly fails."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer of a check."""

    verdict: Verdict
    text: str
    """The sentence that says what was found."""
    mend: str = ""
    """The command, or the section of a page, that mends it."""

    def __post_init__(self) -> None:
        if self.verdict in (Verdict.WARN, Verdict.FAIL) and not self.mend:
            raise ValueError(f"{self.text} A finding that is {self.verdict} must say what mends it.")


def passed(text: str) -> Finding:
    """Returns the finding that all is well."""
    return Finding(verdict=Verdict.PASS, text=text)


def skipped(text: str, mend: str = "") -> Finding:
    """Returns the finding that there was nothing to look at, or that nobody asked for it."""
    return Finding(verdict=Verdict.SKIP, text=text, mend=mend)


def warned(text: str, mend: str) -> Finding:
    """Returns the finding that something can't be told, or is not well but stops no deployment."""
    return Finding(verdict=Verdict.WARN, text=text, mend=mend)


def failed(text: str, mend: str) -> Finding:
    """Returns the finding that a deployment certainly fails."""
    return Finding(verdict=Verdict.FAIL, text=text, mend=mend)
