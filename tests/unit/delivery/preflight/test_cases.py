"""Each check on recorded answers, both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from delivery.preflight.check import findings
from delivery.preflight.checks import CHECKS
from delivery.preflight.finding import Verdict
from delivery.preflight.unanswered import ASIDE
from tests.support.preflight import FOLDER, Played, deployment
from tests.support.program import ROOT

Case = dict[str, Any]
BY_NAME = {check.name: check for check in CHECKS}
CASES: dict[str, list[Case]] = {
    name: cases
    for path in sorted((FOLDER / "cases").glob("*.yaml"))
    for name, cases in yaml.safe_load(path.read_text()).items()
}


def every() -> Iterator[Any]:
    for name, cases in CASES.items():
        for case in cases:
            yield pytest.param(name, case, id=f"{name}: {case['case']}")


@pytest.mark.parametrize(("name", "case"), list(every()))
def test_a_check_finds_what_the_answers_say(name: str, case: Case) -> None:
    run = Played(answers=case.get("answers", ()))
    found = findings([BY_NAME[name]], deployment(run, case))[name]
    assert found.verdict == case["verdict"], found
    assert re.search(case.get("says", ""), found.text), found
    assert re.search(case.get("mend", ""), found.mend), found


def test_what_mends_a_finding_is_in_the_section_of_the_page_that_it_names() -> None:
    """A word in backticks is a function of that section's commands."""
    texts = (ROOT / "docs/deploy.md").read_text().split("\n## ")
    sections = {text[0]: text for text in texts if re.match(r"\d\. ", text)}
    looked = set()
    for name, cases in CASES.items():
        for case in cases:
            run = Played(answers=case.get("answers", ()))
            mend = findings([BY_NAME[name]], deployment(run, case))[name].mend
            _, page, place = mend.rpartition("docs/deploy.md")
            if not page or not place.startswith(", "):
                continue
            match = re.match(r", sections? (\d)(?: and (\d))?\b", place)
            assert match, mend
            text = "".join(sections[number] for number in match.groups() if number)
            for word in re.findall(r"with `(\w+)` \(", mend):
                assert f"\n{word}() {{" in text, mend
                looked.add(word)
    assert looked == {"role", "application", "trust", "grant"}


def test_every_check_has_a_case_that_passes_and_one_that_does_not() -> None:
    assert {check.name for check in CHECKS} == set(CASES)
    assert len(BY_NAME) == len(CHECKS)
    verdicts = {name: {case["verdict"] for case in cases} for name, cases in CASES.items()}
    assert {name for name, found in verdicts.items() if "PASS" not in found or not found & {"WARN", "FAIL"}} == set()


def test_every_case_is_told_from_the_others() -> None:
    names = [(name, case["case"]) for name, cases in CASES.items() for case in cases]
    assert len(set(names)) == len(names)


def test_where_all_is_well_nothing_fails_or_warns() -> None:
    found = findings(CHECKS, deployment(Played()))
    assert {name: each for name, each in found.items() if each.verdict in (Verdict.WARN, Verdict.FAIL)} == {}
    assert {name for name, each in found.items() if each.verdict is Verdict.SKIP} == {
        "azure.defender",
        "names.certificate",
    }


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stacks_of_the_repository_can_not_be_deployed_as_they_are(stack: str) -> None:
    """Their files have placeholders for what only their owner knows, and each line that says REPLACE is found."""
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    as_it_is = deployment(Played(), {"stack": stack})
    as_it_is = replace(as_it_is, needs=replace(as_it_is.needs, text=text))
    found = findings([BY_NAME["settings.placeholders"], BY_NAME["settings.marks"]], as_it_is)
    assert [each.verdict for each in found.values()] == [Verdict.FAIL, Verdict.WARN]
    told = "".join(each.text for each in found.values())
    marked = re.findall(r"^ *([\w:]+):.* # REPLACE", text, re.MULTILINE)
    assert len(marked) > 10
    assert [name for name in marked if name not in told] == []


def test_a_question_is_asked_once() -> None:
    run = Played()
    findings(CHECKS, deployment(run))
    assert len(set(run.commands)) == len(run.commands)


def test_every_question_says_which_cloud_account_it_is_about() -> None:
    """`az ad` takes no subscription: its version 2.91 refuses the option."""
    run = Played()
    findings(CHECKS, deployment(run))
    for command in run.commands:
        if command[0] == "az" and command[1:3] not in (("account", "show"), ("version", "--output")):
            assert ("--subscription" in command) == (command[1] != "ad"), command
        if command[0] == "aws" and command[1] != "--version":
            assert command[-4:] == ("--region", "eu-central-1", "--output", "json"), command


FORMS: list[Any] = [{}, [], "text", 7, None, {"value": None}, [{}], [None]]


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_an_answer_of_another_form_never_fails_a_deployment(form: Any) -> None:
    """An answer that says nothing proves nothing. Three say something by being empty."""
    says = {"state.stack", "rights.azure-application", "subjects.azure", "quotas.node-size"}
    anything = {
        "call": "*",
        "out": form if isinstance(form, str) else f" {form!r}".replace("'", '"').replace("None", "null"),
    }
    found = findings(CHECKS, deployment(Played(answers=[anything])))
    assert {name: each.text for name, each in found.items() if each.verdict is Verdict.FAIL and name not in says} == {}


NO_ANSWER = [
    pytest.param({"rc": 1, "err": "ERROR: Please run 'az login' to setup account.\n"}, "FAIL", id="not logged in"),
    pytest.param({"rc": 1, "err": "ERROR: (AuthorizationFailed) The client does not …\n"}, "WARN", id="no rights"),
    pytest.param({"rc": 1, "err": "Segmentation fault\n"}, "WARN", id="another failure"),
    pytest.param({"rc": 0, "out": "<html>a proxy's page</html>"}, "WARN", id="no JSON"),
]


@pytest.mark.parametrize(("answer", "verdict"), NO_ANSWER)
def test_what_az_can_not_tell_is_one_cause_and_is_no_failure_of_its_own(answer: Case, verdict: str) -> None:
    run = Played(answers=[{"call": "az version *", "out": {"azure-cli": "2.91.0"}}, {"call": "az *", **answer}])
    found = findings(CHECKS, deployment(run))
    others = {name: each for name, each in found.items() if each.verdict in (Verdict.WARN, Verdict.FAIL)}
    assert len(others) > 10
    assert {each.verdict for each in others.values()} == {verdict}


def test_whoever_may_ask_nothing_is_told_so_and_nothing_fails() -> None:
    denied = "An error occurred (AccessDenied) when calling the operation: … is not authorized to perform …"
    aws = {"call": "aws [!-s]*", "rc": 254, "err": denied}
    found = findings(
        CHECKS, deployment(Played(answers=[aws, {"call": "az ad *", "rc": 1, "err": "Insufficient privileges"}]))
    )
    assert {name for name, each in found.items() if each.verdict is Verdict.FAIL} == set()
    assert "may not ask" in found["quotas.lambda"].text
    assert "may not ask" in found["groups.cluster"].text


def test_tools_for_github_alone_fail_nothing() -> None:
    assert {"gh", "jq"} < ASIDE
    run = Played(answers=[{"call": "gh *", "rc": 4, "err": "please run:  gh auth login"}])
    found = findings(CHECKS, deployment(run))
    assert {name for name, each in found.items() if each.verdict is Verdict.FAIL} == set()
