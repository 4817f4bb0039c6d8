"""The command line itself: several clones, the end of one, another user, and the sentences when something is wrong."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from local import postgres
from tests.support.stack import Stack


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def one_sentence(done: object, *parts: str) -> None:
    """Fails with a message for people and nothing else."""
    code, err = getattr(done, "code"), getattr(done, "err")  # noqa: B009
    assert code == 1, done
    assert "Traceback" not in err, err
    assert len(err.strip().splitlines()) <= 3, err
    for part in parts:
        assert part in err, err


def test_second_clone_runs_beside_the_first_and_down_leaves_nothing_but_its_data(
    stack: Stack, token: str, clone: Stack
) -> None:
    clone.up()
    other = clone.token()
    assert clone.request("GET", "/users/123", token=other).status == 200
    assert stack.request("GET", "/users/123", token=token).status == 200
    assert clone.request("GET", "/users/123", token=token).status == 401, "a token of another clone's issuer"
    postgres.administer(clone.machine, lambda c: c.execute("CREATE TABLE kept AS SELECT 42 AS value"))
    ports = clone.machine.ports
    assert clone.run("down").code == 0
    assert clone.processes() == []
    assert not any(map(listening, [ports.endpoint, ports.ingress, ports.issuer, ports.emulator, ports.postgres]))
    assert stack.request("GET", "/users/123", token=token).status == 200

    assert clone.run("status").code == 0
    assert clone.up().changes == []
    assert postgres.administer(clone.machine, lambda c: c.fetchval("SELECT value FROM kept")) == 42
    assert clone.request("GET", "/users/123", token=clone.token()).status == 200
    assert clone.run("down", "--purge").code == 0
    assert clone.processes() == []
    assert not (clone.root / ".local").exists()


def test_down_twice_and_without_a_stack_is_fine(clone: Stack) -> None:
    assert clone.run("down").code == 0
    assert clone.run("down", "--purge").code == 0


@pytest.mark.parametrize("command", [["status"], ["logs"], ["token", "--sub", "x"]])
def test_commands_without_a_stack_name_the_way_to_one(clone: Stack, command: list[str]) -> None:
    one_sentence(clone.run(*command), "make up")


def test_busy_port_is_named(clone: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_sentence(clone.run("up", "--port", str(port)), str(port))


def test_broken_setting_is_named_before_anything_starts(clone: Stack) -> None:
    file = clone.root / "Pulumi.local.yaml"
    file.write_text(file.read_text().replace("minReplicas: 2", "minReplicas: many"))
    done = clone.run("up")
    one_sentence(done, "minReplicas")
    assert "many" in done.err


def test_half_written_state_is_named(clone: Stack) -> None:
    clone.up()
    file = clone.root / ".local" / "state.json"
    text = file.read_text()
    file.write_text(text[: len(text) // 2])
    one_sentence(clone.run("up"), "state.json", "damaged", "make down PURGE=1")


def test_unknown_resource_type_is_named(clone: Stack) -> None:
    main = clone.root / "__main__.py"
    main.write_text(main.read_text() + "\nimport pulumi_aws\npulumi_aws.s3.Bucket('extra')\n")
    one_sentence(clone.run("up"), "aws:s3/bucket:Bucket", "no provider")


@pytest.mark.parametrize(("variable", "word"), [("STACK_ENVOY_BIN", "Envoy"), ("STACK_POSTGRES_BIN", "PostgreSQL")])
def test_missing_binary_is_named(clone: Stack, variable: str, word: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(clone.root), variable: str(clone.root / "nowhere")}
    done = subprocess.run(
        [sys.executable, "-m", "local", "up"],
        cwd=clone.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_plan_needs_no_stack_and_lists_everything(clone: Stack, name: str) -> None:
    done = clone.run("plan", "--stack", name)
    assert done.code == 0, done.err
    for type_ in ("containerservice:ManagedCluster", "lambda/function:Function", "apps/v1:Deployment", "image:Image"):
        assert type_ in done.out
    assert "<-" in done.out
    assert not (clone.root / ".local").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as a plain user already")
def test_it_works_as_a_plain_user() -> None:
    """A clone of nobody's own, with this interpreter."""
    user = pwd.getpwnam("nobody")
    become: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", "import pulumi"], **become, cwd="/", check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"{sys.executable} or its packages lie where only root may read")
    with tempfile.TemporaryDirectory(prefix="plain-user-") as folder:
        stack = Stack.clone(Path(folder) / "clone")
        for path in [Path(folder), *Path(folder).rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "local", "up"],
                **become,
                cwd=stack.root,
                env={"PATH": os.environ["PATH"], "HOME": folder},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "Mark Wells" in done.stdout
            owners = {path.stat().st_uid for path in (stack.root / ".local").rglob("*")}
            assert owners == {user.pw_uid}
        finally:
            stack.run("down", "--purge")
