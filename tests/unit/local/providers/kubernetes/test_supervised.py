"""The kubernetes provider against the objects of this machine, which a supervisor observes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local import desired
from local.desired import digest_of
from local.errors import ProviderError
from local.machine import Machine, write_json
from local.provider import Properties
from local.providers import kubernetes
from local.providers.kubernetes import Manifest
from tests.unit.local.providers.kubernetes.runs import DEPLOYMENT, changed


@contextmanager
def supervisor(machine: Machine, **answers: tuple[str, str]) -> Iterator[None]:
    """Observes every object; kinds have the states that are given, others are ready."""
    stop = threading.Event()

    def observe() -> None:
        while not stop.wait(0.01):
            observed = {}
            for key, value in desired.read_all(machine).items():
                state, message = answers.get(key.split("/")[0], ("ready", ""))
                observed[key] = {"digest": digest_of(value), "state": state, "message": message}
            write_json(machine.run / "status.json", {"observed": observed})

    thread = threading.Thread(target=observe)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


GATEWAY: Properties = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "edge", "namespace": "edge"},
    "spec": {},
}
ROUTE: Properties = {**GATEWAY, "kind": "HTTPRoute"}


def test_manifests_become_objects(machine: Machine) -> None:
    handler = Manifest(machine)
    with supervisor(machine):
        assert handler.apply(ROUTE) == ROUTE
        assert desired.get(machine, "HTTPRoute/edge/edge") == ROUTE
        assert handler.exists("edge/edge", ROUTE)
        handler.withdraw(ROUTE)
        assert not handler.exists("edge/edge", ROUTE)
        handler.withdraw(ROUTE)


def test_a_gateway_says_where_it_listens(machine: Machine) -> None:
    with supervisor(machine):
        status = Manifest(machine).apply(GATEWAY)["status"]
    assert status["addresses"] == [{"type": "Hostname", "value": "localhost"}]
    assert {"type": "Programmed", "status": "True", "reason": "Programmed"} in status["conditions"]


@pytest.mark.parametrize("manifest", [GATEWAY, ROUTE, DEPLOYMENT], ids=lambda manifest: str(manifest["kind"]))
def test_what_the_supervisor_refuses_is_an_error(machine: Machine, manifest: Properties) -> None:
    kind = manifest["kind"]
    refusal = pytest.raises(ProviderError, match=rf"{kind}/\w+/\w+: hostNetwork is not supported")
    with supervisor(machine, **{kind: ("failed", "hostNetwork is not supported")}), refusal:
        Manifest(machine).apply(manifest)


def test_deployments_and_gateways_are_waited_for_and_routes_are_not(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "_TIMEOUT", 0.3)
    waiting = ("progressing", "0 of 2 pods are available.")
    deployment = changed(DEPLOYMENT, "spec.progressDeadlineSeconds", 0)
    with supervisor(machine, Deployment=waiting, Gateway=waiting, HTTPRoute=waiting):
        Manifest(machine).apply(ROUTE)
        for manifest in (deployment, GATEWAY):
            with pytest.raises(ProviderError, match=r"not ready after 0 s \(0 of 2 pods are available\.\)"):
                Manifest(machine).apply(manifest)
