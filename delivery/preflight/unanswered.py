"""The ways in which a command-line tool does not answer, told apart by what it prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from delivery.preflight.finding import Finding, Verdict
from delivery.preflight.scrubbing import scrubbed


class Why(Enum):
    """The reason why there is no answer."""

    MISSING = auto()
    """The tool is not on PATH."""
    LOGGED_OUT = auto()
    """The tool has no log-in, or one that has ended."""
    REFUSED = auto()
    """Whoever is logged in may not ask this."""
    ABSENT = auto()
    """There is no such thing."""
    LATE = auto()
    """The tool has not ended in time."""
    FAILED = auto()
    """The tool failed in another way."""
    UNREADABLE = auto()
    """The tool answered with something else than JSON."""


SIGNS = {
    Why.LOGGED_OUT: r"Unable to locate credentials|ExpiredToken|InvalidClientTokenId|UnrecognizedClient"
    r"|InvalidAccessKeyId|SSO (?:session|Token)|Token has expired|aws login|config profile|az login|AADSTS\d+"
    r"|gh auth login|HTTP 401|PULUMI_ACCESS_TOKEN must be set",
    Why.REFUSED: r"AccessDenied|UnauthorizedOperation|not authorized to perform|\(403\)|HTTP 403|AuthorizationFailed"
    r"|Authorization_RequestDenied|Insufficient privileges|does not have authorization",
    Why.ABSENT: r"NoSuchEntity|NoSuchBucket|NotFoundException|\(404\)|HTTP 404|ResourceNotFound|NotFoundError"
    r"|ResourceGroupNotFound|could not be found|was not found|does not exist or one of its queried",
}
"""The words of the tools on standard error, as regular expressions, in the order in which they are tried."""
FOR_GITHUB = frozenset({"gh", "jq"})
"""The tools without which a deployment by hand goes on."""
ASIDE = frozenset({"curl", *FOR_GITHUB})
"""The tools whose absence fails no deployment."""
LOG_INS = {
    "aws": "aws login, aws sso login or aws configure",
    "az": "az login",
    "gh": "gh auth login",
    "pulumi": "pulumi login (docs/deploy.md, section 3)",
}
"""The commands that log in, by tool."""


class UnansweredError(Exception):
    """A tool gave no answer that a check can use."""

    def __init__(self, why: Why, finding: Finding) -> None:
        super().__init__(finding.text)
        self.why = why
        self.finding = finding


def unanswered(why: Why, command: Sequence[str], words: str = "") -> UnansweredError:
    """Returns the error of a command that gave no answer; `words` are the tool's own.

    Equal causes have equal sentences, so that a report can show them once.
    """
    tool, question = command[0], short(command)
    grave = why in (Why.MISSING, Why.LOGGED_OUT) and tool not in ASIDE
    verdict = Verdict.FAIL if grave else Verdict.WARN
    sentences = {
        Why.MISSING: (f"`{tool}` is not on PATH.", "docs/deploy.md, section 1"),
        Why.LOGGED_OUT: (
            f"`{tool}` is not logged in, or its log-in has ended.",
            LOG_INS.get(tool, "docs/deploy.md, section 1"),
        ),
        Why.REFUSED: (f"Nobody knows: whoever is logged in may not ask `{question}`.", "run this as who administers"),
        Why.ABSENT: (f"`{question}` finds nothing.", "docs/deploy.md"),
        Why.LATE: (f"Nobody knows: `{question}` has not answered in time.", "run it again, with a larger --seconds"),
        Why.FAILED: (f"Nobody knows: `{question}` failed: {scrubbed(words)}", f"run `{question}` by hand"),
        Why.UNREADABLE: (f"Nobody knows: `{question}` did not answer with JSON.", f"run `{question}` by hand"),
    }
    text, mend = sentences[why]
    return UnansweredError(why, Finding(verdict=verdict, text=text, mend=mend))


def reason(words: str) -> Why:
    """Returns why a tool failed, by what it printed on standard error."""
    return next((why for why, sign in SIGNS.items() if re.search(sign, words)), Why.FAILED)


def short(command: Sequence[str]) -> str:
    """Returns the words of a command that say what it does, without its options."""
    options = (number for number, word in enumerate(command) if number > 1 and word.startswith("--"))
    return " ".join(command[: next(options, len(command))])
