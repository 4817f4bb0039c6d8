"""`up` of a running stack does nothing, or exactly what the change needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.support.stack import Stack


@contextmanager
def edited(stack: Stack, file: str, old: str, new: str) -> Iterator[None]:
    """Replaces text in a file of the clone. At the end of the block it restores the file and applies that."""
    path = stack.root / file
    before = path.read_text()
    assert old in before, f"{old!r} is not in {file}"
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)
        stack.up()


def footprint(stack: Stack) -> dict[str, object]:
    """Returns what stays when nothing changes: processes, and content and age of the files that `up` may write."""
    kept = ("objects", "images", "pki", "state.json", "ports.json")
    files = [f for name in kept for f in ([stack.machine.home / name] if "." in name else _files(stack, name))]
    return {
        "pods": sorted((pod["name"], pod["pid"]) for pod in stack.pods()),
        "processes": sorted((p["name"], p["pid"]) for p in stack.state()["processes"]),
        "files": {str(f): f.read_bytes() for f in files},
        "ages": {str(f): f.stat().st_mtime_ns for f in files if f.name == "state.json" or "images" in f.parts},
    }


def _files(stack: Stack, folder: str) -> list[Path]:
    return [f for f in (stack.machine.home / folder).rglob("*") if f.is_file() and "__pycache__" not in f.parts]


def test_second_up_changes_and_touches_nothing(stack: Stack) -> None:
    before = footprint(stack)
    done = stack.up()
    assert "0 changes" in done.out
    assert done.changes == []
    assert footprint(stack) == before


def test_each_phase_is_timed(stack: Stack) -> None:
    out = stack.up().out
    for phase in ("processes", "program", "example request"):
        assert any(line.startswith(phase) and line.endswith(" s") for line in out.splitlines()), out


def test_editing_the_service_rolls_only_the_service(stack: Stack, token: str) -> None:
    pods = {pod["name"] for pod in stack.pods("users")}
    function = stack.outputs_of("lambda/function:Function", "orchestrator")["version"]
    source = next((stack.root / "app/services/users").glob("*.py"))
    relative = str(source.relative_to(stack.root))
    with edited(stack, relative, source.read_text(), source.read_text() + "\n# edited\n"):
        done = stack.up()
        assert sorted(done.changes) == [
            "replaced kubernetes:Job users-migrations",
            "updated docker:Image users",
            "updated kubernetes:Deployment users",
        ]
        rolled = {pod["name"] for pod in stack.pods("users")}
        assert len(rolled) == len(pods)
        assert not rolled & pods
        assert stack.outputs_of("lambda/function:Function", "orchestrator")["version"] == function
        assert stack.request("GET", "/users/123", token=token).status == 200


def test_editing_the_orchestrator_publishes_a_version_and_moves_the_alias(stack: Stack, token: str) -> None:
    pods = {(pod["name"], pod["pid"]) for pod in stack.pods()}
    before = int(stack.outputs_of("lambda/function:Function", "orchestrator")["version"])
    source = (stack.root / "app/functions/orchestrator/handler.py").read_text()
    with edited(stack, "app/functions/orchestrator/handler.py", source, source + "\n# edited\n"):
        done = stack.up()
        assert sorted(change.split()[:3] for change in done.changes) == [
            ["updated", "aws:Alias", "orchestrator-live"],
            ["updated", "aws:Function", "orchestrator"],
        ]
        after = int(stack.outputs_of("lambda/function:Function", "orchestrator")["version"])
        assert after > before
        assert stack.outputs_of("lambda/alias:Alias", "orchestrator-live")["functionVersion"] == str(after)
        assert {(pod["name"], pod["pid"]) for pod in stack.pods()} == pods
        assert stack.request("GET", "/users/123", token=token).status == 200


def test_changing_a_setting_updates_only_what_depends_on_it(stack: Stack) -> None:
    config = yaml.safe_load((stack.root / "Pulumi.local.yaml").read_text())["config"]
    services = config["crosscloud:services"]
    minimum = services["users"]["minReplicas"]
    path = stack.root / "Pulumi.local.yaml"
    text = path.read_text()
    with edited(stack, "Pulumi.local.yaml", f"minReplicas: {minimum}", f"minReplicas: {minimum + 1}"):
        done = stack.up()
        assert done.changes == ["updated kubernetes:HorizontalPodAutoscaler users"]
        assert len(stack.pods("users")) == minimum + 1
    assert path.read_text() == text
    assert len(stack.pods("users")) == minimum


def add_service(stack: Stack, name: str) -> None:
    """Adds a service: a copy of users under another name, without a route in the contract."""
    services = stack.root / "app/services"
    shutil.copytree(services / "users", services / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in filter(Path.is_file, (services / name).rglob("*")):
        text = file.read_text()
        file.write_text(
            text.replace("services/users", f"services/{name}").replace("services.users", f"services.{name}")
        )
    settings = stack.root / "Pulumi.local.yaml"
    content = yaml.safe_load(settings.read_text())
    configured = content["config"]["crosscloud:services"]
    configured[name] = dict(configured["users"])
    settings.write_text(yaml.safe_dump(content))


def test_removing_a_service_deletes_its_resources_dependents_first(stack: Stack, token: str) -> None:
    settings = stack.root / "Pulumi.local.yaml"
    before = settings.read_text()
    try:
        add_service(stack, "extra")
        added = stack.up()
        assert len(stack.pods("extra")) == len(stack.pods("users"))
        assert all(change.startswith("created") for change in added.changes if " extra" in change)
    finally:
        settings.write_text(before)
        shutil.rmtree(stack.root / "app/services/extra")
        done = stack.up()
    deleted = [change.removeprefix("deleted ") for change in done.changes]
    assert len(deleted) == len(added.changes)
    for earlier, later in [
        ("kubernetes:HorizontalPodAutoscaler extra", "kubernetes:Deployment extra"),
        ("kubernetes:Deployment extra", "kubernetes:Job extra-migrations"),
        ("kubernetes:Job extra-migrations", "kubernetes:Secret extra-database"),
        ("kubernetes:Job extra-migrations", "kubernetes:Secret extra-migrations"),
        ("kubernetes:Secret extra-migrations", "azure-native:Server extra"),
    ]:
        assert deleted.index(earlier) < deleted.index(later)
    assert not stack.pods("extra")
    assert stack.request("GET", "/users/123", token=token).status == 200
