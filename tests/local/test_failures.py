"""Killed processes: what heals by itself does so under load, and the next `up` mends the rest."""

from __future__ import annotations

import os
import signal

import psutil

from tests.support.load import load
from tests.support.stack import Stack
from tests.support.waiting import eventually


def ready_pods(stack: Stack, deployment: str = "users") -> list[int]:
    return sorted(pod["pid"] for pod in stack.pods(deployment) if pod["state"] == "ready")


def process(stack: Stack, name: str) -> int:
    (pid,) = [p["pid"] for p in stack.state()["processes"] if p["name"] == name]
    return int(pid)


def works(stack: Stack, token: str) -> bool:
    try:
        return stack.request("GET", "/users/123", token=token, timeout=30).status == 200
    except Exception:  # noqa: BLE001 - called again until it answers
        return False


def test_killed_pod_loses_no_request_and_comes_back(stack: Stack, token: str) -> None:
    before = ready_pods(stack)
    assert len(before) >= 2
    with load(stack, token) as seen:
        eventually(lambda: seen[200] > 20, what="traffic")
        os.kill(before[0], signal.SIGKILL)
        after = eventually(
            lambda: pids if len(pids := ready_pods(stack)) == len(before) and pids != before else None,
            what="the pod's return",
        )
        eventually(lambda: seen[200] > 100, what="traffic after the kill")
    assert before[0] not in after
    assert set(seen) == {200}, seen


def test_killed_envoy_comes_back(stack: Stack, token: str) -> None:
    killed = process(stack, "envoy")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: works(stack, token), what="an answer")
    assert process(stack, "envoy") != killed


def test_killed_supervisor_is_replaced_by_the_next_up_without_touching_the_pods(stack: Stack, token: str) -> None:
    pods, supervisor = ready_pods(stack), stack.state()["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(supervisor), what="its end")
    assert works(stack, token), "requests do not pass through the supervisor"
    assert "0 changes" in stack.up().out
    assert ready_pods(stack) == pods
    assert stack.state()["supervisor"]["pid"] != supervisor
    os.kill(pods[0], signal.SIGKILL)
    eventually(lambda: len(ready_pods(stack)) == len(pods), what="healing under the new supervisor")


def test_everything_killed_comes_back_with_the_next_up(stack: Stack, token: str) -> None:
    for victim in stack.processes():
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue
    stack.up()
    assert works(stack, token)
    assert "0 changes" in stack.up().out


def test_two_ups_at_a_time_do_not_mix(stack: Stack) -> None:
    first = stack.start("up")
    second = stack.run("up")
    _, err = first.communicate()
    assert sorted([first.returncode, second.code]) in ([0, 0], [0, 1])
    if first.returncode or second.code:
        assert "Another `make up` of this clone is running" in err + second.err
