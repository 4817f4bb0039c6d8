"""The system under load: what a case does to it, and what became of the requests meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.system.node import Node
from tests.load.load import Answer, Load
from tests.load.requests import Part, get, mix, post
from tests.load.result import Result
from tests.load.running import Running
from tests.support.cluster_stack import APPS, CALLER, ClusterStack, change, eventually
from tests.support.stack import Done

QUIET = 3.0
"""Seconds of load before anything happens, and after all is as it was."""
LONGEST = 600.0
"""Seconds that the load of a case may take."""
INVOICE = {
    "user_id": "proof",
    "currency": "EUR",
    "items": [{"product_id": "proof", "quantity": 1, "unit_price": "1.00"}],
}
OLD_NAME, NEW_NAME = "Mark Wells", "MARK WELLS"
SELECT = "select id, name, role, version from users where id = $1"
STORE, API, SETTINGS = "app/services/users/store.py", "app/services/users/api.py", "Pulumi.local.yaml"


def version_of(answer: Answer) -> str:
    """Returns the version of users that gave an answer, by the name in it; other answers count as `other`."""
    text = answer.body.decode(errors="replace")
    return next((label for label, name in (("old", OLD_NAME), ("new", NEW_NAME)) if name in text), "other")


class Scene:
    """One case: reads of users, and one invoice in ten requests, come at a constant rate through the ingress."""

    def __init__(self, system: ClusterStack, folder: Path, *, rate: float, least: int, new_connections: float) -> None:
        self.system, self.notes = system, list[str]()
        self.result: Result | None = None
        self._tls, self._folder = system.identity(folder), folder
        self._rate, self._least, self._new_connections = rate, least, new_connections
        self._running: Running | None = None

    # ---- the load

    @contextlib.contextmanager
    def load(self) -> Iterator[None]:
        """Sends requests during the block and QUIET seconds before and after it, and LEAST of them at least."""
        reads = Part(requests=get("/users/123", headers=CALLER), weight=9)
        writes = Part(requests=[post("/invoices", INVOICE, headers=CALLER)], weight=1)
        load = Load(
            url=self.system.url,
            address=self.system.address,
            requests=mix(reads, writes),
            rate=self._rate,
            seconds=LONGEST,
            tls=self._tls,
            new_connections=self._new_connections,
            label=version_of,
            lateness_bound=1.0,
        )
        with Running(load) as running:
            self._running, started = running, time.monotonic()
            time.sleep(QUIET)
            yield
            least = self._least / self._rate + 1
            time.sleep(max(QUIET, least - (time.monotonic() - started)))
            self.result = running.finish()
            self._running = None

    def since(self) -> float:
        """Returns the seconds since the load began."""
        assert self._running
        return time.monotonic() - self._running.started

    def renew_identity(self) -> None:
        """Has new connections of the load show the certificate that the functions have now."""
        self.system.identity(self._folder)

    def note(self, text: str) -> None:
        """Keeps what else was seen in the case."""
        self.notes.append(text)

    # ---- what is done to the system

    @contextlib.contextmanager
    def edited(self, *changes: tuple[str, str, str], also: Sequence[str] = ()) -> Iterator[None]:
        """Has files of the clone changed (file, text before, text after) until the end; then `up` restores all.

        `also` names files that the block changes itself.
        """
        files = [*(file for file, _, _ in changes), *also]
        originals = {file: (self.system.root / file).read_text() for file in files}
        try:
            for file, before, after in changes:
                change(self.system, file, before, after)
            yield
        finally:
            for file, text in originals.items():
                (self.system.root / file).write_text(text)
            self.up()
            self.system.settled()

    def up(self) -> None:
        """Applies the program, which must succeed."""
        self.system.up()

    def failing_up(self, reason: str) -> Done:
        """Applies the program, which must fail and say the reason; the pods before stay ready."""
        before = set(self.system.ready_pods("users"))
        done = self.system.run("up")
        assert done.code == 1, done.out
        assert reason in f"{done.out}{done.err}", done.err
        assert before <= set(self.system.ready_pods("users"))
        return done

    @contextlib.contextmanager
    def without_retries(self) -> Iterator[None]:
        """Has the ingress send no request again, and take no pod out for its errors.

        Pods that are not ready get no requests all the same: without its threshold Envoy would panic, and send some.
        """
        nothing = {"spec": {"retry": None, "healthCheck": {"passive": None}}}
        with (
            self.system.patched("BackendTrafficPolicy", "users", nothing),
            self.system.patched("BackendTrafficPolicy", "users-read", nothing),
        ):
            time.sleep(2)  # until Envoy has it: a policy's status says only that it was accepted
            yield

    @contextlib.contextmanager
    def pods_without(self, **fields: None) -> Iterator[None]:
        """Has the containers of users without some fields."""
        container: dict[str, Any] = {"name": "app", **fields}
        template = {"spec": {"template": {"spec": {"containers": [container]}}}}
        with self.system.patched("Deployment", "users", template, strategic=True):
            self.system.settled()
            yield
        self.system.settled()

    def delete_pod(self, name: str, *, force: bool = False) -> None:
        """Deletes a pod; with force its node kills it at once."""
        grace = {"grace_period_seconds": 0} if force else {}
        self.system.api.core.delete_namespaced_pod(name, APPS, **grace)

    def replaced(self, name: str) -> None:
        """Returns when a pod is gone and another one serves in its place."""
        everybody = lambda: [pod["metadata"]["name"] for pod in self.system.pods_of("users")]  # noqa: E731
        eventually(lambda: name not in everybody(), what=f"the end of {name}")
        self.system.settled()

    @contextlib.contextmanager
    def controller_frozen(self, seconds: float) -> Iterator[None]:
        """Has Envoy learn of nothing during the block and until `seconds` have passed."""
        with Node(self.system) as node, node.frozen("envoy-gateway", "server"):
            end = time.monotonic() + seconds
            yield
            time.sleep(max(0.0, end - time.monotonic()))
