"""A new version of a service beside the previous one: the share of each, and that no request fails while it changes."""

from __future__ import annotations

import json
import math
import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest
import urllib3
import yaml

from tests.support.load import load
from tests.support.stack import Done, Stack
from tests.support.waiting import eventually

OLD, NEW = "Mark Wells", "MARK WELLS"
SELECT = "select id, name, role, version from users where id = $1"
COLUMN = (
    "-- migrate:up\nalter table users add column note text;\n-- migrate:down\nalter table users drop column note;\n"
)
SAMPLE = 200


def name(response: urllib3.BaseHTTPResponse) -> int | str:
    return str(response.json()["name"]) if response.status == 200 else response.status


class Release:
    """A new version of users in a clone. It answers in capitals, and its database has one more column."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.previous = json.loads((stack.machine.home / "outputs.json").read_text())["images"]["users"]
        self._settings, self._code = stack.root / "Pulumi.local.yaml", stack.root / "app/services/users/store.py"
        self._migration = stack.root / "app/services/users/migrations/20991231000000_note.sql"
        self._before = {path: path.read_text() for path in (self._settings, self._code)}

    def change(self) -> None:
        assert SELECT in self._before[self._code]
        self._code.write_text(self._before[self._code].replace(SELECT, SELECT.replace(" name", " upper(name) as name")))
        self._migration.write_text(COLUMN)

    def revert(self) -> None:
        self._code.write_text(self._before[self._code])
        self._migration.unlink(missing_ok=True)

    def step(self, weight: float | None) -> Done:
        """Runs `up` with a share for the previous version. None means no canary."""
        content = yaml.safe_load(self._before[self._settings])
        if weight is not None:
            canary = {"previousImage": self.previous, "weight": weight}
            content["config"]["crosscloud:services"]["users"]["canary"] = canary
        self._settings.write_text(yaml.safe_dump(content))
        return self.stack.up()

    def forget(self) -> None:
        self.revert()
        self._settings.write_text(self._before[self._settings])
        self.stack.up()


@pytest.fixture
def release(stack: Stack) -> Iterator[Release]:
    release = Release(stack)
    yield release
    release.forget()


def shares(seen: Counter[int | str]) -> dict[int | str, int]:
    """Waits for the next answers and returns how many came from each version."""
    seen.clear()
    eventually(lambda: sum(seen.values()) >= SAMPLE, what="traffic")
    return dict(seen)


def about(share: float, counts: dict[int | str, int]) -> bool:
    """Tells whether the old version's part is within five standard deviations, which one of a million tries exceeds."""
    total = sum(counts.values())
    return abs(counts.get(OLD, 0) - share * total) <= 5 * math.sqrt(share * (1 - share) * total)


def test_calls_are_split_and_none_is_lost_while_the_share_moves(stack: Stack, token: str, release: Release) -> None:
    ever: Counter[int | str] = Counter()
    with load(stack, token, pause=0.05, kind=name) as seen:
        for weight in (0.5, 0.9):
            release.change()
            release.step(weight)
            ever += seen
            counts = shares(seen)
            assert set(counts) == {OLD, NEW}
            assert about(weight, counts), counts
        # A pod of the previous version starts on a database that is newer than it.
        killed = next(pod["pid"] for pod in stack.pods("users"))
        os.kill(killed, signal.SIGKILL)
        eventually(
            lambda: [pod["state"] for pod in stack.pods("users") if pod["pid"] != killed] == ["ready"] * 2,
            what="the pod's return",
        )
        assert release.step(1).changes == ["updated kubernetes:HTTPRoute users"]
        ever += seen
        assert set(shares(seen)) == {OLD}
        assert len(stack.pods("users-canary")) == len(stack.pods("users"))
        release.step(None)
        ever += seen
        assert set(shares(seen)) == {NEW}
        assert not stack.pods("users-canary")
        ever += seen
    assert set(ever) == {OLD, NEW}
