"""docs/deploy.md and its files: the rights, names and commands that they list are those that the program needs."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from components.kubernetes.envoy_gateway import IMAGES
from delivery.preflight import subscription
from delivery.preflight.__main__ import app as preflight
from delivery.preflight.tools import TOOLS
from delivery.smoke import app as smoke
from tests.support.aws_cli import commands, unknown_options
from tests.support.program import ROOT, Program, deployed

FOLDER = ROOT / "docs" / "deploy"
TEXT = (ROOT / "docs" / "deploy.md").read_text()
COMMANDS = re.sub(r"\\\n\s*", " ", TEXT)
STACKS = ("dev", "prod")
EVERY = pytest.mark.parametrize("stack", STACKS)


def bash(script: str, **environment: str) -> str:
    command = ["bash", "-eu", *(["-c", script] if environment else ["-nc", script])]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("block", re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
def test_what_is_to_be_pasted_is_for_a_shell(block: str) -> None:
    bash(block)


def secrets_in_arguments(script: str) -> list[str]:
    """Returns the commands whose arguments hold a secret: other users of a machine can list them.

    `printf` is the shell's own, and variables before a command are not among its arguments.
    """
    commands = re.split(r"\||\$\(|\n|;|&&", re.sub(r"\\\n\s*", " ", script))
    after_variables = (re.sub(r"^(\s*\w+=\S*\s+)*", "", command).strip() for command in commands)
    secret = re.compile(r"\$\{?(SECRET|TOKEN|PASSWORD)\b")
    return [command for command in after_variables if secret.search(command) and not command.startswith("printf ")]


def test_no_command_has_a_secret_among_its_arguments() -> None:
    assert secrets_in_arguments('curl --user "$CLIENT:$SECRET" --data a=b') != []
    assert secrets_in_arguments('A=$(curl \\\n -H "Authorization: Bearer $TOKEN")') != []
    assert secrets_in_arguments('printf %s "$SECRET" | curl --config -\nSMOKE_TOKEN=$TOKEN python -m x') == []
    for page in ("deploy", "runbook", "releases"):
        text = (ROOT / "docs" / f"{page}.md").read_text()
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
            assert secrets_in_arguments(block) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_names_are_filled_in(name: str) -> None:
    names = {"ACCOUNT": "123456789012", "REGION": "eu-central-1", "BUCKET": "b", "KEY": "1234abcd-12ab"}
    names |= {"GITHUB_OWNER": "o", "GITHUB_REPOSITORY": "r", "OWNER_ID": "1", "REPOSITORY_ID": "2"}
    (function,) = re.findall(r"^fill\(\).*?^}", TEXT, re.DOTALL | re.MULTILINE)
    filled = bash(f"{function}\nfill {name} dev", PATH=os.defpath, **names)
    assert json.loads(filled)["Statement"]
    assert set(re.findall(r"repo:\S+?(?=:environment)", filled)) in ({"repo:o/r", "repo:o@1/r@2"}, set())
    verbs = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert set(re.findall(r"\b[A-Z]{3,}\b", filled)) <= verbs


def calls_of_az(script: str) -> list[str]:
    """Returns every call of `az` that a script makes with the functions of the page."""
    functions = "\n".join(re.findall(r"^\w+\(\).*?^}", TEXT, re.DOTALL | re.MULTILINE))
    recording = "az() { printf '%s\\036' \"$*\" >&3; echo answer; }"
    names = {"GITHUB_OWNER": "o", "GITHUB_REPOSITORY": "r", "OWNER_ID": "1", "REPOSITORY_ID": "2"}
    return bash(f"exec 3>&1 >/dev/null\n{functions}\n{recording}\n{script}", PATH=os.defpath, **names).split("\036")


def test_azure_trusts_both_forms_of_a_subject_as_aws_does() -> None:
    calls = calls_of_az('application "preview-dev"')
    parsed = [json.loads(call.partition("--parameters ")[2]) for call in calls if "federated-credential" in call]
    assert {one["subject"] for one in parsed} == {
        "repo:o/r:environment:preview-dev",
        "repo:o@1/r@2:environment:preview-dev",
    }
    assert len({one["name"] for one in parsed}) == len(parsed)
    assert {(one["issuer"], *one["audiences"]) for one in parsed} == {
        ("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange")
    }


GIVEN = {"OPTARG", "1", "2", "3", "@", "PATH"}


def test_every_variable_of_the_page_gets_its_value_before_it_is_used() -> None:
    known = set(GIVEN)
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        assigned = re.findall(r"\b([A-Za-z_]\w*)=", block) + re.findall(r"\bfor (\w+) in\b", block)
        known |= set(assigned) | {name for names in re.findall(r"\bread -r ([\w ]+)", block) for name in names.split()}
        script = re.sub(r"'[^']*'", "", block)  # what single quotes hold is no shell's
        used = set(re.findall(r"\$\{?([A-Za-z_]\w*|[0-9@])", script))
        assert used - known == set()


def test_region_and_location_are_those_of_the_stack_s_file() -> None:
    found = re.search(r"REGION=(\S+) LOCATION=(\S+)", TEXT)
    assert found
    program = deployed("dev", False)
    assert found[2] == program.one("resources:ResourceGroup")["location"]
    assert f"aws:region: {found[1]}\n" in (ROOT / "Pulumi.dev.yaml").read_text()


def test_names_of_two_stacks_in_one_account_differ() -> None:
    fixed = re.findall(
        r"(?:alias/|BUCKET=|--role-name \"?|--policy-name \"|--display-name \")(crosscloud[\w$-]*)", TEXT
    )
    assert len(fixed) >= 6
    assert [name for name in fixed if not re.search(r"\$(STACK|environment|1)\b", name)] == []


@pytest.mark.parametrize(
    ("makes", "undoes"),
    [("role", "aws iam delete-role "), ("application", "az ad app delete"), ("variables", "--method DELETE")],
)
def test_what_is_made_by_hand_is_undone_at_the_end(makes: str, undoes: str) -> None:
    made = set(re.findall(rf'^{makes} "([^"]+)"', TEXT, re.MULTILINE))
    loops = re.findall(
        r"^for \w+ in ([^;]+); do\n(.*?)^done$", TEXT[TEXT.index("These undo") :], re.MULTILINE | re.DOTALL
    )
    (undone,) = [set(re.findall(r'"([^"]+)"', names)) for names, commands_ in loops if undoes in commands_]
    assert undone == made
    assert len(made) > 3


def test_what_a_month_costs_is_what_the_page_of_costs_expects() -> None:
    costs = (ROOT / "docs" / "costs.md").read_text()
    (expected,) = (line for line in costs.splitlines() if line.startswith("| to expect |"))
    assert expected in TEXT.partition("## 1.")[0].splitlines()


def test_images_that_are_copied_are_those_that_nodes_pull() -> None:
    (loop,) = re.findall(r"for image in(.*?); do", COMMANDS)
    assert tuple(loop.split()) == IMAGES


def test_every_resource_provider_of_the_program_is_registered() -> None:
    (loop,) = re.findall(r"for namespace in(.*?)\bdo\b", COMMANDS, re.DOTALL)
    types = {r.type for stack in STACKS for r in deployed(stack, False).resources}
    of_azure_itself = set(subscription.OF_AZURE_ITSELF)
    assert set(re.findall(r"Microsoft\.\w+", loop)) == subscription.needed(types) | of_azure_itself


def test_the_tools_of_the_page_are_those_that_are_looked_for_with_their_versions() -> None:
    section = TEXT.partition("## 1. Tools")[2].partition("## 2.")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in section.splitlines() if line.startswith("| ")]
    page = {
        re.sub(r"\[([^\]]*)\].*", r"\1", name).split(" ")[0].lower(): version
        for name, version, _ in rows[1:]
        if "optional" not in version and ".venv" not in name
    }
    named = {"aws": "aws", "azure": "az", "github": "gh"}
    found = {named.get(name, name): re.match(r"[\d.]*\d", version) for name, version in page.items()}
    assert {name: match and match[0] for name, match in found.items()} == {tool.name: tool.least for tool in TOOLS}


def quota(stack: str, what: str) -> int:
    """The first number of a row of the table of quotas."""
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| {what}"))
    found = re.search(r"\d+", row.split(" | ")[1 + STACKS.index(stack)])
    assert found
    return int(found[0])


@EVERY
def test_quota_of_cores_is_that_of_the_nodes_and_their_surge(stack: str) -> None:
    (pool,) = deployed(stack, False).one("ManagedCluster")["agentPoolProfiles"]
    nodes, size = pool.get("maxCount", pool["count"]), re.search(r"D(\d+)", pool["vmSize"])
    surge = math.ceil(nodes * int(pool["upgradeSettings"]["maxSurge"].rstrip("%")) / 100)
    assert size
    assert quota(stack, "Azure vCPUs") == int(size[1]) * (nodes + surge)


def test_quota_of_concurrent_calls_leaves_what_must_stay_unreserved() -> None:
    functions = [r for r in deployed("prod", False).resources if r.type == "aws:lambda/function:Function"]
    reserved = sum(r.inputs.get("reservedConcurrentExecutions", 0) for r in functions)
    assert quota("prod", "Lambda, concurrent") == reserved + 100


def targeted(program: Program, command: str) -> tuple[set[str], set[str]]:
    """URNs that the `--target`s of a command choose, where `**` stands for anything; and those that they need besides,
    for which Pulumi refuses unless they are there already."""
    globs = re.findall(r"--target '([^']+)'", command)
    pattern = re.compile("|".join(re.escape(glob).replace(r"\*\*", ".*") for glob in globs))
    chosen = [r for r in program.resources if pattern.fullmatch(r.urn)]
    needed = {urn for r in chosen for urn in {r.parent, *r.dependencies} if urn and "pulumi:pulumi:Stack" not in urn}
    urns = {r.urn for r in chosen}
    return urns, needed - urns


@EVERY
def test_the_first_update_makes_the_registry_and_the_cluster_and_leaves_out_what_runs_images(stack: str) -> None:
    program = deployed(stack, False)
    (command,) = (
        line for line in COMMANDS.splitlines() if line.startswith("pulumi up") and "--exclude-dependents" in line
    )
    (glob,) = re.findall(r"--exclude '([^']+)'", command)
    pattern = re.compile(re.escape(glob).replace(r"\*\*", ".*"))
    images = {r.urn for r in program.resources if pattern.fullmatch(r.urn)}
    left_out = images | {r.urn for r in program.resources if program.after(r) & images}
    assert images == {r.urn for r in program.all("index/image:Image")}
    assert {r.urn for r in program.all("Deployment")} <= left_out
    made = (
        program.one("containerregistry:Registry"),
        program.one("ManagedCluster"),
        program.one("providers:kubernetes"),
    )
    assert not {r.urn for r in made} & left_out


@EVERY
def test_the_image_of_a_new_service_can_be_pushed_alone(stack: str) -> None:
    program = deployed(stack, False)
    action = (ROOT / ".github" / "actions" / "images" / "action.yml").read_text()
    found = re.search(r"for type in ([^;]+);", action)
    assert found
    services = [r.name for r in program.resources if r.type == "crosscloud:service:Microservice"]
    wanted = [f"--target '**{type_}::{name}'" for type_ in found[1].split() for name in services]
    targets, missing = targeted(program, " ".join(wanted))
    custom = {r.urn for r in program.resources if r.custom}
    assert targets & custom == {r.urn for r in program.resources if r.type == "docker:index/image:Image"}
    assert missing == {program.one("containerregistry:Registry").urn}


@EVERY
def test_outputs_that_the_page_asks_for_exist(stack: str) -> None:
    assert set(re.findall(r"pulumi stack output (\w+)", TEXT)) <= deployed(stack, False).outputs.keys()


@pytest.mark.parametrize(("name", "rest"), re.findall(r"\./crosscloud (smoke|preflight) ([^\n`]+)", TEXT))
def test_commands_of_ours_exist_with_their_options(name: str, rest: str) -> None:
    command = {"smoke": smoke, "preflight": preflight}[name]
    command.parse_args(shlex.split(re.sub(r"\$\([^)]*\)", "https://api.example", rest)), exit_on_error=False)


@pytest.mark.parametrize(("service", "command", "rest"), commands(TEXT))
def test_commands_of_aws_exist_with_their_options(service: str, command: str, rest: str) -> None:
    assert unknown_options(service, command, rest) == set()


@EVERY
def test_what_to_replace_is_marked_and_explained(stack: str) -> None:
    file = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    marked = re.findall(r"^ +(?:crosscloud:)?([\w:]+):.*# REPLACE", file, re.MULTILINE)
    explained = TEXT.partition("## 6.")[2].partition("## 7.")[0]
    assert [key for key in marked if key.rpartition(":")[2] not in explained] == []


MARK = re.compile(r" # REPLACE\b.*$", re.MULTILINE)


@EVERY
@pytest.mark.parametrize(("replacement", "left"), [(None, True), ("", False), (" # our own", False)])
def test_the_command_lists_what_to_replace_until_it_is_replaced(
    stack: str, replacement: str | None, left: bool, tmp_path: Path
) -> None:
    """The file's own header explains the word, and is no line to replace."""
    (command,) = re.findall(r"^grep .*REPLACE.*$", TEXT, re.MULTILINE)
    file = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    (tmp_path / f"Pulumi.{stack}.yaml").write_text(file if replacement is None else MARK.sub(replacement, file))
    script = ["bash", "-c", command]
    environment = {"PATH": os.defpath, "STACK": stack}
    done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    numbers = [int(line.partition(":")[0]) for line in done.stdout.splitlines()]
    marked = [number for number, line in enumerate(file.splitlines(), 1) if MARK.search(line)]
    assert numbers == (marked if left else [])
    assert not left or len(marked) > 10


@EVERY
def test_who_is_told_of_alarms_is_said_as_the_stack_s_file_says_it(stack: str) -> None:
    named = "alertEmails:" in (ROOT / f"Pulumi.{stack}.yaml").read_text()
    assert (f"`Pulumi.{stack}.yaml` has no such key" in TEXT) == (not named)
