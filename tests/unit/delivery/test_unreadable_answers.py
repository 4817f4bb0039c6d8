"""Commands that succeed and print something else than JSON: each is one sentence, and no traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from delivery import commands
from delivery.alarms import Alarms
from delivery.canary import Canary
from delivery.commands import TRIES, DeliveryError, read
from delivery.dry_run import DryRun
from delivery.functions import Functions, Span
from delivery.hours import Hours
from delivery.login import GitHubLogIn
from delivery.releases import FunctionRelease
from delivery.services import Services
from delivery.stack_events import open_stack
from tests.unit.delivery.test_login import JOB

PAGE = "<html>hunter22: a proxy wants you to log in</html>"
DEEP = "[" * 200_000
RELEASE = FunctionRelease(name="orders", setting="", key="", previous="1", targets=(), function="crosscloud-orders")


def page(_: object) -> str:
    return PAGE


ASKED: dict[str, tuple[str, Callable[[], object]]] = {
    "hours": (
        "`az aks list`",
        lambda: Hours(stack="dev", group="g", limited=True, run=page, sleep=lambda _: None).check(),
    ),
    "alarms of AWS": ("`aws cloudwatch describe-alarms`", lambda: Alarms(names=("a",), groups=(), run=page).firing()),
    "alerts of Azure": ("`az rest --method`", lambda: Alarms(names=(), groups=("g",), run=page).firing()),
    "services": (
        "`az rest --method`",
        lambda: Services(endpoint="https://query.example", names=("users",), namespace="apps", run=page).measure(60),
    ),
    "functions": (
        "`aws cloudwatch get-metric-data`",
        lambda: Functions(names={"orders": "o"}, namespace="n", run=page, period=60).totals(Span(begin=0, end=60)),
    ),
    "newest versions": ("`aws lambda get-alias`", lambda: DryRun(run=page).newest([RELEASE])),
    "dry run": ("`aws lambda invoke`", lambda: list(DryRun(run=page).failures(RELEASE, "2"))),
    "token of GitHub": (
        "GitHub's issuer of tokens",
        GitHubLogIn(variables=dict(JOB), run=page, fetch=lambda *_: PAGE),
    ),
    "credentials of AWS": (
        "`aws sts assume-role-with-web-identity`",
        GitHubLogIn(variables=dict(JOB), run=page, fetch=lambda *_: '{"value": "token"}'),
    ),
    "events": ("`pulumi stack output`", lambda: open_stack("dev", run=page)),
    "canary": (
        "`pulumi preview`",
        lambda: Canary(stack="dev", run=page, log_in=lambda: None, guard=lambda: None).deliver(),
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_did_not_answer_with_json_is_named_and_its_words_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(commands, "PAUSE_SECONDS", 0)
    source, ask = ASKED[name]
    with pytest.raises(DeliveryError) as failed:
        ask()
    assert str(failed.value) == (
        f"{source} did not answer with JSON (Expecting value in line 1): ask it by hand, and look at what comes."
    )


@pytest.mark.parametrize("text", ["", DEEP])
def test_nothing_and_what_is_nested_too_deeply_are_no_answers(text: str) -> None:
    with pytest.raises(DeliveryError, match=r"\A`az aks list` did not answer with JSON \([^\n]+\): ask it by hand"):
        commands.answer_of(lambda _: text, ["az", "aks", "list", "--output", "json"])


def test_a_command_that_only_reads_is_asked_again() -> None:
    answers, pauses = iter([PAGE] * (TRIES - 1) + ["[1]"]), list[float]()
    assert read(lambda _: next(answers), ["az", "aks", "list"], pauses.append) == [1]
    assert len(pauses) == TRIES - 1
