"""docs/deploy.md and its files: the rights, names and commands that they list are those that the program needs."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import subprocess

import pytest

from delivery.smoke import app as smoke
from tests.support.aws_cli import commands, unknown_options
from tests.support.program import ROOT, Program, deployed

FOLDER = ROOT / "docs" / "deploy"
TEXT = (ROOT / "docs" / "deploy.md").read_text()
COMMANDS = re.sub(r"\\\n\s*", " ", TEXT)
STACKS = ("dev", "prod")
EVERY = pytest.mark.parametrize("stack", STACKS)

NAMESPACES = {
    "alertsmanagement": {"Microsoft.AlertsManagement"},
    "authorization": {"Microsoft.Authorization"},
    "containerregistry": {"Microsoft.ContainerRegistry"},
    "containerservice": {"Microsoft.ContainerService"},
    "dbforpostgresql": {"Microsoft.DBforPostgreSQL"},
    "managedidentity": {"Microsoft.ManagedIdentity"},
    "monitor": {"Microsoft.Insights", "Microsoft.Monitor"},
    "network": {"Microsoft.Network"},
    "operationalinsights": {"Microsoft.OperationalInsights"},
    "privatedns": {"Microsoft.Network"},
    "resources": {"Microsoft.Resources"},
}
"""Of azure-native's modules."""
ALWAYS_REGISTERED = {"Microsoft.Authorization", "Microsoft.Resources"}
"""https://learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers"""
OF_AZURE_ITSELF = {"Microsoft.Compute", "Microsoft.PolicyInsights", "Microsoft.Security"}


def bash(script: str, **environment: str) -> str:
    command = ["bash", "-eu", *(["-c", script] if environment else ["-nc", script])]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("block", re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
def test_what_is_to_be_pasted_is_for_a_shell(block: str) -> None:
    bash(block)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_names_are_filled_in(name: str) -> None:
    names = {"ACCOUNT": "123456789012", "REGION": "eu-central-1", "BUCKET": "b", "KEY": "1234abcd-12ab"}
    names |= {"GITHUB_OWNER": "o", "GITHUB_REPOSITORY": "r"}
    (function,) = re.findall(r"^fill\(\).*?^}", TEXT, re.DOTALL | re.MULTILINE)
    filled = bash(f"{function}\nfill {name} dev", PATH=os.defpath, **names)
    assert json.loads(filled)["Statement"]
    verbs = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert set(re.findall(r"\b[A-Z]{3,}\b", filled)) <= verbs


def test_every_resource_provider_of_the_program_is_registered() -> None:
    (loop,) = re.findall(r"for namespace in(.*?)\bdo\b", COMMANDS, re.DOTALL)
    types = {r.type for stack in STACKS for r in deployed(stack, False).resources if r.type.startswith("azure-native:")}
    needed = {namespace for type_ in types for namespace in NAMESPACES[type_.split(":")[1]]}
    assert set(re.findall(r"Microsoft\.\w+", loop)) == (needed - ALWAYS_REGISTERED) | OF_AZURE_ITSELF


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


@pytest.mark.parametrize("rest", re.findall(r"python -m delivery\.smoke ([^\n`]+)", TEXT))
def test_commands_of_ours_exist_with_their_options(rest: str) -> None:
    smoke.parse_args(shlex.split(re.sub(r"\$\([^)]*\)", "https://api.example", rest)), exit_on_error=False)


@pytest.mark.parametrize(("service", "command", "rest"), commands(TEXT))
def test_commands_of_aws_exist_with_their_options(service: str, command: str, rest: str) -> None:
    assert unknown_options(service, command, rest) == set()


@EVERY
def test_what_to_replace_is_marked_and_explained(stack: str) -> None:
    file = (ROOT / f"Pulumi.{stack}.yaml").read_text()
    marked = re.findall(r"^ +(?:crosscloud:)?([\w:]+):.*# REPLACE", file, re.MULTILINE)
    explained = TEXT.partition("## 6.")[2].partition("## 7.")[0]
    assert [key for key in marked if key.rpartition(":")[2] not in explained] == []
