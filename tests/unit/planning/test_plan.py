"""The program's own plan, and what a change of it shows: in a repository of its own, as on a branch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from planning.changes import Change, compare
from planning.errors import PlanningError
from planning.plan import Planned, plan, plan_of_revision
from tests.support.program import ROOT

PARTS = ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml")
FOLDERS = ("app", "components", "local", "planning", "policy")
RIGHTS = "aws:iam/rolePolicy:RolePolicy"
CLUSTER = "azure-native:containerservice:ManagedCluster"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name in PARTS:
        shutil.copy(ROOT / name, folder)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "base")
    return folder


@pytest.fixture(scope="module")
def base(committed: Path) -> list[Planned]:
    return plan(committed, "prod")


@pytest.fixture
def repository(committed: Path) -> Iterator[Path]:
    yield committed
    git(committed, "checkout", "--quiet", "--", ".")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def changes(repository: Path, before: list[Planned]) -> list[Change]:
    return compare(before, plan(repository, "prod"))


def of_head(repository: Path) -> list[Planned]:
    return plan_of_revision(repository, "prod", "HEAD")


def test_an_unchanged_program_has_no_differences(repository: Path) -> None:
    assert changes(repository, of_head(repository)) == []


def test_one_memory_limit_is_exactly_that_property(repository: Path, base: list[Planned]) -> None:
    edit(
        repository / "Pulumi.prod.yaml",
        "      minReplicas: 3 # one per zone\n",
        "      minReplicas: 3\n      memoryLimit: 512Mi\n",
    )
    (change,) = changes(repository, base)
    assert (change.operation, change.resource.type, change.resource.name) == (
        "update",
        "kubernetes:apps/v1:Deployment",
        "users",
    )
    path = "spec.template.spec.containers[app].resources.limits.memory"
    assert change.properties == {path: ("384Mi", "512Mi")}


def test_another_network_of_the_pods_replaces_the_cluster_and_fails_the_policy(
    repository: Path, base: list[Planned]
) -> None:
    edit(
        repository / "Pulumi.prod.yaml",
        "    outbound: natGateway\n",
        "    outbound: natGateway\n    pods: 10.245.0.0/16\n",
    )
    first = changes(repository, base)[0]
    assert (first.operation, first.resource.type, first.replacing) == ("replace", CLUSTER, ("networkProfile.podCidr",))
    command = [sys.executable, "-m", "policy", "--stack", "prod", "--against", "HEAD"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "networkProfile.podCidr must stay '10.244.0.0/16'" in done.stdout
    assert "precious-stays" in done.stdout


def test_a_renamed_component_is_deletions_and_creations_that_are_flagged(repository: Path, base: list[Planned]) -> None:
    edit(repository / "__main__.py", 'Registry("registry"', 'Registry("images"')
    renamed = {change.resource.name for change in changes(repository, base) if change.twin}
    assert {"registry", "images"} <= renamed


def test_references_between_resources_are_found(repository: Path) -> None:
    rights = next(p for p in plan(repository, "prod") if (p.type, p.name) == (RIGHTS, "orchestrator"))
    statements = json.loads(rights.properties["policy"])["Statement"]
    assert "<SecretVersion orchestrator.secretArn>" in [statement["Resource"] for statement in statements]


def test_an_older_program_runs_with_its_own_modules(repository: Path) -> None:
    edit(repository / "components" / "aws" / "client_secret.py", "RECOVERY_DAYS = 7", "RECOVERY_DAYS = 8")
    changed = changes(repository, of_head(repository))
    assert changed
    assert {str(change.properties) for change in changed} == {"{'recoveryWindowInDays': (7, 8)}"}


@pytest.mark.parametrize("revision", ["nowhere", "--output=/tmp/x", "", " "])
def test_a_revision_that_is_not_there_is_one_sentence(repository: Path, revision: str) -> None:
    with pytest.raises(PlanningError, match=r"revision"):
        plan_of_revision(repository, "prod", revision)


def test_a_revision_whose_program_fails_is_one_sentence(repository: Path) -> None:
    with_bug = repository / "components" / "aws" / "client_secret.py"
    edit(with_bug, "RECOVERY_DAYS = 7", "RECOVERY_DAYS = 1 / 0")
    git(repository, "commit", "--quiet", "-am", "bug")
    try:
        with pytest.raises(PlanningError, match=r"The plan of HEAD failed: ZeroDivisionError"):
            plan_of_revision(repository, "prod", "HEAD")
    finally:
        git(repository, "reset", "--quiet", "--hard", "HEAD~1")


def test_markdown_for_a_pull_request(repository: Path) -> None:
    edit(repository / "Pulumi.dev.yaml", "memory: 512", "memory: 1024")
    command = [sys.executable, "-m", "planning", "plan", "--stack", "dev", "--against", "HEAD", "--markdown"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("### dev: 1 changed\n")
    assert "      memorySize: 512 -> 1024\n" in done.stdout


SECRETIVE = """
import pulumi, pulumi_random
pulumi_random.RandomPassword("one", length=10, keepers={"key": pulumi.Output.secret("hunter2")})
"""


def test_a_secret_stays_secret_and_its_change_is_seen(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    main = tmp_path / "__main__.py"
    main.write_text(SECRETIVE)
    before = plan(tmp_path, "dev")
    assert "hunter2" not in str([planned.properties for planned in before])
    assert compare(before, plan(tmp_path, "dev")) == []
    edit(main, "hunter2", "hunter3")
    (change,) = compare(before, plan(tmp_path, "dev"))
    assert change.properties == {"keepers.key": ("[secret]", "[secret], another one")}
