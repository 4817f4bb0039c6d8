"""The types of the kubernetes provider that are no manifests, and kinds that it does not understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.errors import LocalError, ProviderError
from local.machine import Machine
from local.providers.kubernetes import package
from tests.unit.local.providers.kubernetes.runs import Program


def test_envoy_gateways_charts_are_what_the_machine_has(machine: Machine) -> None:
    handlers = package(machine).handlers
    chart = {"chart": "oci://docker.io/envoyproxy/gateway-crds-helm", "version": "v1.9.1"}
    release = {"chart": "oci://docker.io/envoyproxy/gateway-helm", "namespace": "envoy-gateway-system", "name": "eg"}
    assert handlers["kubernetes:helm.sh/v4:Chart"].create("crds", chart).id == "crds"
    made = handlers["kubernetes:helm.sh/v3:Release"].create("eg", release)
    assert (made.id, made.outputs["status"]["status"]) == ("envoy-gateway-system/eg", "deployed")


@pytest.mark.parametrize("type_", ["kubernetes:helm.sh/v4:Chart", "kubernetes:helm.sh/v3:Release"])
def test_other_charts_are_refused(machine: Machine, type_: str) -> None:
    handler = package(machine).handlers[type_]
    inputs = {"chart": "ingress-nginx"}
    with pytest.raises(ProviderError, match="not for 'ingress-nginx'"):
        handler.create("x", inputs)
    with pytest.raises(ProviderError, match="The local stack runs no charts"):
        handler.update("x", {}, inputs, {})


def test_the_provider_is_this_machine_whatever_the_kubeconfig_says(machine: Machine) -> None:
    provider = package(machine).handlers["pulumi:providers:kubernetes"]
    assert provider.create("aks", {"kubeconfig": "anything"}).id == "aks"
    assert provider.update("aks", {}, {"kubeconfig": "other"}, {}) == {}
    provider.delete("aks", {})


def test_kinds_that_are_not_understood_have_no_provider(tmp_path: Path, machine: Machine) -> None:
    program = Program(tmp_path, [package(machine)])
    with pytest.raises(LocalError, match="batch/v1:CronJob"):
        program.run("kubernetes:batch/v1:CronJob", {"kind": "CronJob"})
