"""Envoy Gateway's charts: what somebody else has installed of them is neither changed nor removed."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from cluster import charts
from local.errors import ProviderError
from local.provider import Updatable
from tests.unit.cluster.fakes import FakeApi

CHART = {"name": "crds", "chart": "oci://charts.example/crds", "version": "v1", "values": {}, "namespace": "system"}


def definition(group: str, kind: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{group}"},
        "spec": {"group": group, "names": {"kind": kind}, "versions": [{"name": "v1", "served": True}]},
    }


ROUTES, PROXIES = (
    definition("gateway.networking.k8s.io", "HTTPRoute"),
    definition("gateway.envoyproxy.io", "EnvoyProxy"),
)


class Cluster(FakeApi):
    """One that knows Envoy's kinds when they are defined."""

    def knows(self, api_version: str, kind: str | None = None) -> bool:
        return self.get(PROXIES) is not None

    def forget_kinds(self) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setattr(charts, "_rendered", lambda *_: [ROUTES, PROXIES])
    return Cluster()


def names(api: Cluster) -> set[str]:
    return {name for _, _, name in api.objects}


def test_definitions_that_others_have_made_stay_as_they_are(api: Cluster) -> None:
    api.made_by("helm", {**ROUTES, "metadata": {**ROUTES["metadata"], "labels": {"of": "others"}}})
    definitions = charts.Definitions(api)
    made = definitions.create("crds", CHART)
    assert [each["metadata"]["name"] for each in made.outputs["made"]] == [PROXIES["metadata"]["name"]]
    changed = definitions.update(made.id, CHART, CHART, made.outputs)
    assert changed["made"] == made.outputs["made"]
    assert api.get(ROUTES)["metadata"]["labels"] == {"of": "others"}  # type: ignore[index]
    definitions.delete(made.id, changed)
    assert names(api) == {ROUTES["metadata"]["name"]}


def test_definitions_whose_creation_failed_are_removed_if_they_are_the_stack_s(api: Cluster) -> None:
    api.made_by("helm", ROUTES)
    api.apply(PROXIES)
    charts.Definitions(api).abandon("crds", CHART)
    assert names(api) == {ROUTES["metadata"]["name"]}


def test_definitions_stay_that_others_manage_too_or_have_objects_of(api: Cluster) -> None:
    definitions = charts.Definitions(api)
    made = definitions.create("crds", CHART)
    fields = api.objects["CustomResourceDefinition", "", PROXIES["metadata"]["name"]]["metadata"]["managedFields"]
    fields.append({"manager": "helm"})
    route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    api.made_by("kubectl", {**route, "metadata": {"name": "theirs", "namespace": "shop"}})
    definitions.delete(made.id, made.outputs)
    assert api.deleted == []


def test_a_cluster_with_envoy_gateway_keeps_it(api: Cluster) -> None:
    api.made_by("helm", PROXIES)
    definitions = charts.Definitions(api)
    made = definitions.create("crds", CHART)
    definitions.update(made.id, CHART, CHART, made.outputs)
    definitions.delete(made.id, made.outputs)
    assert api.deleted == []
    assert names(api) == {PROXIES["metadata"]["name"]}


@pytest.mark.parametrize("labelled", [True, False])
def test_a_release_whose_installation_was_cut_off_is_removed_if_it_is_the_stack_s(
    api: Cluster, monkeypatch: pytest.MonkeyPatch, *, labelled: bool
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(charts, "_helm", lambda _, *words, values: ran.append(words[0]) or "")
    if labelled:
        api.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sh.helm.release", "namespace": "system"}}
        )
    release = charts.Release(api)
    assert isinstance(release, Updatable)
    release.abandon("envoy", CHART)
    assert ran == (["uninstall"] if labelled else [])


def test_helm_is_looked_for_before_anything_is_made_where_it_is_needed(
    api: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts.shutil, "which", lambda _: None)
    with pytest.raises(ProviderError, match="needs `helm` on PATH"):
        charts.check(api)
    api.made_by("helm", PROXIES)
    with pytest.raises(ProviderError, match="needs `helm` on PATH"):
        charts.check(api)
    metadata = {"name": "envoy-gateway", "namespace": "envoy-gateway-system"}
    api.made_by("helm", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata})
    charts.check(api)


def test_a_helm_that_does_not_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("helm", 1)

    monkeypatch.setattr(charts.shutil, "which", lambda _: "helm")
    monkeypatch.setattr(charts.subprocess, "run", late)
    with pytest.raises(ProviderError, match="helm template crds oci://x v1 has not ended within 660 s"):
        charts._helm(FakeApi(), "template", "crds", "oci://x", "v1")
