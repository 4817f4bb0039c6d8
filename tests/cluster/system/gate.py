"""Readiness by hand: a condition that the pods of users wait for, whatever they say themselves."""

from __future__ import annotations

import contextlib

from tests.support.cluster_stack import APPS, ClusterStack, eventually, is_ready


class Gate:
    """A condition on which the pods of users are ready: they serve, whatever it says."""

    CONDITION = "tests/ready"

    def __init__(self, system: ClusterStack) -> None:
        self._system = system

    def __enter__(self) -> Gate:
        gates = {"spec": {"template": {"spec": {"readinessGates": [{"conditionType": self.CONDITION}]}}}}
        with contextlib.ExitStack() as made:
            made.callback(self.__exit__)
            self._system.patch("Deployment", "users", gates)
            eventually(self._all_are_let_in, what="pods with the gate")
            made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._system.patch("Deployment", "users", [{"op": "remove", "path": "/spec/template/spec/readinessGates"}])
        self._system.ready(self._system.object("Deployment", "users"))
        self._system.settled()

    def _all_are_let_in(self) -> bool:
        pods = self._system.pods_of("users")
        gated = [pod for pod in pods if pod["spec"].get("readinessGates")]
        for pod in gated:
            self.let(pod["metadata"]["name"], ready=True)
        return len(gated) == len(pods) and all(map(is_ready, self._system.pods_of("users")))

    def let(self, pod: str, *, ready: bool) -> None:
        """Makes a pod ready, or not."""
        status = {"status": {"conditions": [{"type": self.CONDITION, "status": str(ready)}]}}
        self._system.api.core.patch_namespaced_pod_status(pod, APPS, status)
