"""Every command of the workflows, the actions and the pages that an engine can run, run on one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.canary import STEPS, Canary
from delivery.commands import DeliveryError
from delivery.drift.guard import guard
from delivery.watch import Times
from tests.engine.conftest import Checkout
from tests.support.program import ROOT

pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("engine")]

STACKS = ("dev", "prod")
IMAGE, ALIAS = "docker:index/image:Image", "aws:lambda/alias:Alias"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def step(file: str, name: str) -> str:
    """The script of a workflow's or an action's step."""
    document = yaml.safe_load((ROOT / ".github" / file).read_text())
    jobs = document.get("jobs", {"action": document.get("runs")}).values()
    (script,) = (each["run"] for job in jobs for each in job["steps"] if each.get("name") == name)
    return str(script)


def blocks(page: str, heading: str) -> list[str]:
    """The shell blocks below a heading of a page."""
    text = (ROOT / "docs" / page).read_text()
    section = re.split(r"^## ", text.partition(f"\n## {heading}")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest, checkout: Checkout) -> Iterator[str]:
    """A stack that was deployed as docs/deploy.md says, and is destroyed as it says."""
    name = str(request.param)
    checkout.shell('pulumi stack init "$STACK" --secrets-provider=passphrase', STACK=name)
    checkout.answer("az acr list", "crosscloudregistry")
    checkout.answer("az acr login", "Login Succeeded")
    first = blocks("deploy.md", "7. Up")[0]
    checkout.shell(re.sub(r"^(pulumi up )", r"\1--yes --skip-preview ", first, flags=re.MULTILINE), STACK=name)
    yield name
    away = (
        blocks("deploy.md", "Taking it down")[0]
        .replace("--stack dev", '--stack "$STACK"')
        .replace("rm dev", 'rm "$STACK"')
    )
    protected = (
        'pulumi config set crosscloud:protect false --stack "$STACK" && pulumi up --yes --skip-preview --stack "$STACK"'
    )
    checkout.shell(protected, STACK=name)
    # Azure deletes these with their server; the engine does not, and neither does the played cloud.
    going_along = {resource["urn"] for resource in checkout.state(name) if resource.get("deletedWith")}
    checkout.shell(away.replace("destroy ", "destroy --yes ").replace("rm ", "rm --yes "), STACK=name)
    assert {urn for urn, _ in checkout.cloud.existing if urn.startswith(f"urn:pulumi:{name}::")} <= going_along


def test_a_second_up_and_a_refresh_change_nothing(checkout: Checkout, stack: str) -> None:
    up = "pulumi up --yes --skip-preview --expect-no-changes --policy-pack policy/crossguard"
    checkout.shell(f'{up} --stack "$STACK"', STACK=stack)
    checkout.shell('pulumi refresh --preview-only --expect-no-changes --stack "$STACK"', STACK=stack)


def test_the_preview_of_pull_requests_passes_the_policy(checkout: Checkout, stack: str) -> None:
    summary = checkout.folder / "summary.md"
    checkout.shell(step("workflows/pull-request.yml", "Preview"), STACK=stack, GITHUB_STEP_SUMMARY=str(summary))
    assert f"### pulumi preview --stack {stack}" in summary.read_text()


def test_the_pack_still_refuses_what_breaks_a_rule(checkout: Checkout, stack: str) -> None:
    page = checkout.folder / "components" / "azure" / "database.py"
    before = page.read_text()
    page.write_text(before.replace('public_network_access="Disabled"', 'public_network_access="Enabled"'))
    assert page.read_text() != before
    try:
        preview = ["pulumi", "preview", "--stack", stack, "--policy-pack", "policy/crossguard", "--non-interactive"]
        with pytest.raises(DeliveryError, match="servers-are-private"):
            checkout.command(preview)
    finally:
        page.write_text(before)


def test_the_images_of_a_delivery_are_pushed_before_anything_runs_them(checkout: Checkout, stack: str) -> None:
    before = {r["urn"]: r for r in checkout.state(stack)}
    with changed(checkout, SERVICE):
        checkout.shell(step("actions/images/action.yml", "Build and push"), STACK=stack, REGISTRY="crosscloudregistry")
        after = {r["urn"]: r for r in checkout.state(stack)}
        moved = {r["type"] for urn, r in after.items() if r["custom"] and r.get("inputs") != before[urn].get("inputs")}
        assert moved == {IMAGE}
    checkout.shell('pulumi up --yes --skip-preview --stack "$STACK"', STACK=stack)


@pytest.mark.parametrize("alarm", [None, "aws", "az"])
def test_a_canary_delivers_in_steps_and_returns_when_an_alarm_goes_off(
    checkout: Checkout, stack: str, alarm: str | None
) -> None:
    if stack == "dev":
        pytest.skip("dev is deployed at once: its databases have no connections for the pods of a canary")
    file = checkout.folder / f"Pulumi.{stack}.yaml"
    text, before = file.read_text(), serving(checkout, stack)
    settings = yaml.safe_load(text)["config"]
    messages: list[str] = []
    seconds = 0.0

    def sleep(pause: float) -> None:
        nonlocal seconds
        seconds += pause
        if seconds > Times().watch * 1.5:  # while the second step is watched
            fire(checkout, alarm)

    fire(checkout, None)

    def command(words: Sequence[str]) -> str:
        if list(words[:3]) == ["aws", "lambda", "invoke"]:
            Path(words[-1]).write_text('{"statusCode": 404}')
        return checkout.command(words)

    canary = Canary(
        stack=stack,
        run=command,
        log_in=lambda: None,
        guard=lambda: guard(stack, command),
        clock=lambda: seconds,
        sleep=sleep,
        report=messages.append,
    )
    with changed(checkout, SERVICE), changed(checkout, FUNCTION):
        if alarm is None:
            canary.deliver()
            assert len([line for line in messages if "keep" in line]) == len(STEPS)
            after = serving(checkout, stack)
            assert {name for name in after if after[name] != before[name]} == {"orchestrator-live", "users"}
            assert yaml.safe_load(file.read_text())["config"] == settings
        else:
            with pytest.raises(DeliveryError, match="have their calls back"):
                canary.deliver()
            assert serving(checkout, stack) == before
    fire(checkout, None)
    file.write_text(text)
    checkout.shell('pulumi up --yes --skip-preview --stack "$STACK"', STACK=stack)


PAGES = ("deploy.md", "runbook.md", "policy.md")
ELSEWHERE = {
    "pulumi login": "the state's back end is a bucket of the cloud; the tests' is a folder",
    "pulumi stack init": "the secrets' key is the cloud's; the tests' is a passphrase",
    "pulumi stack rm": "the end of the fixture `stack`",
    "pulumi destroy": "the end of the fixture `stack`",
    "pulumi install": "the fixture `checkout`",
}
"""Commands that the pages name and this test does not run, and why."""
OPTIONS = {"up": "--yes --skip-preview", "refresh": "--preview-only", "cancel": "--yes"}


def commands_of_the_pages() -> list[str]:
    """Returns every command of Pulumi that a page names, in text or in a block, without the shell around it."""
    text = "\n".join((ROOT / "docs" / page).read_text().replace("\\\n", " ") for page in PAGES)
    named = re.findall(r"`(pulumi [^`]+)`", text) + re.findall(r"(?:^|\$\()(pulumi [^\n)]+)", text, re.MULTILINE)
    return sorted({" ".join(command.split()) for command in named})


@pytest.mark.parametrize("command", [c for c in commands_of_the_pages() if not c.startswith(tuple(ELSEWHERE))])
def test_a_command_of_the_pages_does_what_it_says(checkout: Checkout, stack: str, command: str) -> None:
    words = (
        command.split(" |", maxsplit=1)[0]
        .replace('"$STACK"', stack)
        .replace("--stack prod", "")
        .replace("--stack dev", "")
    )
    subcommand = words.split()[1]
    stacked = words if "--stack" in words else f"{words} --stack {stack}"
    checkout.shell(f"{stacked} {OPTIONS.get(subcommand, '')}")


def test_what_is_deployed_is_compared_with_the_checkout_before_a_deployment_by_hand(
    checkout: Checkout, stack: str
) -> None:
    checkout.shell("git init --quiet && git add --all && git -c user.name=t -c user.email=t@e.example commit -qm t")
    checkout.shell('pulumi up --yes --skip-preview --stack "$STACK"', STACK=stack)
    command = next(block for block in blocks("runbook.md", "Certificates") if "pulumi stack history" in block)
    script = next(line for line in command.splitlines() if "pulumi stack history" in line)
    assert f"{stack} keeps the" in checkout.shell(script.replace("--stack prod", f"--stack {stack}"))


SERVICE, FUNCTION = "app/services/users/api.py", "app/functions/orchestrator/handler.py"


@contextmanager
def changed(checkout: Checkout, name: str) -> Iterator[None]:
    """Another line at the end of a source file, which means nothing."""
    file = checkout.folder / name
    text = file.read_text()
    file.write_text(f"{text}\nCHANGED = True\n")
    yield
    file.write_text(text)


def fire(checkout: Checkout, alarm: str | None) -> None:
    """Has one alarm of a cloud go off, or none."""
    metric = [{"AlarmName": "crosscloud-orders-errors"}] if alarm == "aws" else []
    alert = [{"name": "PodsCrash", "properties": {"essentials": {"alertState": "New"}}}] if alarm == "az" else []
    checkout.answer("aws cloudwatch describe-alarms", {"MetricAlarms": metric})
    checkout.answer("aws cloudwatch get-metric-data", {"MetricDataResults": []})
    checkout.answer("aws lambda get-alias", {"FunctionVersion": "2"})
    checkout.answer("aws lambda invoke", {"StatusCode": 200})
    checkout.answer("az rest", {"value": alert, "data": {"result": []}})


def serving(checkout: Checkout, stack: str) -> dict[str, Any]:
    """Returns the version of each function that has most calls, and the image of each service's stable pods."""
    versions: dict[str, Any] = {}
    for resource in checkout.state(stack):
        name, inputs = resource["urn"].rpartition("::")[2], resource.get("inputs", {})
        if resource["type"] == ALIAS:
            kept = (inputs.get("routingConfig") or {}).get("additionalVersionWeights", {})
            largest = max(kept, key=lambda version: float(kept[version]), default=None)
            versions[name] = largest if largest and float(kept[largest]) > 0.5 else inputs["functionVersion"]
        elif resource["type"] == DEPLOYMENT and inputs["metadata"]["labels"]["track"] == "stable":
            versions[name] = inputs["spec"]["template"]["spec"]["containers"][0]["image"]
    return versions
