"""Envoy Gateway's charts: what somebody else has installed is left alone, what this stack has begun is gone on with."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from cluster import charts, helm, names
from local.errors import ProviderError
from tests.unit.cluster.fakes import FakeApi
from tests.unit.cluster.played_helm import CONTROLLER, NAMESPACE, PlayedHelm

CHART = {"name": "crds", "chart": "oci://charts.example/crds", "version": "v1", "values": {}, "namespace": NAMESPACE}
RELEASE = {**CHART, "name": "envoy", "timeout": 600}
OURS = {helm.LABEL: helm.VALUE}


def definition(group: str, kind: str, plural: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": {"kind": kind}, "versions": [{"name": "v1", "served": True}]},
    }


ROUTES, PROXIES = (
    definition("gateway.networking.k8s.io", "HTTPRoute", "httproutes"),
    definition("gateway.envoyproxy.io", "EnvoyProxy", "envoyproxies"),
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


@pytest.fixture
def played(api: Cluster, monkeypatch: pytest.MonkeyPatch) -> PlayedHelm:
    played = PlayedHelm(api)
    monkeypatch.setattr(helm, "run", played)
    return played


def gateway_class(name: str, controller: str = names.CONTROLLER) -> dict[str, Any]:
    metadata, spec = {"name": name}, {"controllerName": controller}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": metadata, "spec": spec}


def there(api: Cluster) -> set[str]:
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
    assert there(api) == {ROUTES["metadata"]["name"]}


def test_definitions_whose_creation_failed_are_removed_if_they_are_the_stack_s(api: Cluster) -> None:
    api.made_by("helm", ROUTES)
    api.apply(PROXIES)
    charts.Definitions(api).abandon("crds", CHART)
    assert there(api) == {ROUTES["metadata"]["name"]}


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
    assert there(api) == {PROXIES["metadata"]["name"]}


def test_definitions_whose_making_was_ended_half_way_are_completed_and_go_again(api: Cluster) -> None:
    api.apply(PROXIES)
    definitions = charts.Definitions(api)
    made = definitions.create("crds", CHART)
    assert there(api) == {ROUTES["metadata"]["name"], PROXIES["metadata"]["name"]}
    definitions.delete(made.id, made.outputs)
    assert there(api) == set()


def test_a_release_is_installed_brought_up_to_date_and_removed(api: Cluster, played: PlayedHelm) -> None:
    release = charts.Release(api)
    made = release.create("envoy", RELEASE)
    assert release.exists(made.id, made.outputs)
    release.update(made.id, RELEASE, RELEASE, made.outputs)
    release.delete(made.id, made.outputs)
    release.delete(made.id, made.outputs)
    assert played.ran == ["upgrade", "upgrade", "uninstall"]
    assert there(api) == set()


@pytest.mark.parametrize("status", ["pending-install", "failed", "uninstalling"])
def test_a_release_whose_installation_was_cut_off_is_gone_on_with(
    api: Cluster, played: PlayedHelm, status: str
) -> None:
    played.has("envoy", status, **OURS)
    api.made_by("helm", CONTROLLER)
    release = charts.Release(api)
    made = release.create("envoy", RELEASE)
    assert played.ran == ["uninstall", "upgrade"]
    release.delete(made.id, made.outputs)
    assert there(api) == set()


@pytest.mark.parametrize(("status", "ran"), [("failed", ["upgrade"]), ("pending-upgrade", ["uninstall", "upgrade"])])
def test_an_upgrade_that_was_cut_off_is_gone_on_with(
    api: Cluster, played: PlayedHelm, status: str, ran: list[str]
) -> None:
    release = charts.Release(api)
    made = release.create("envoy", RELEASE)
    played.has("envoy", status, revision=2, **OURS)
    played.ran.clear()
    release.update(made.id, RELEASE, RELEASE, made.outputs)
    assert played.ran == ran
    assert helm.release(api, NAMESPACE, "envoy") == helm.Release(name="envoy", ours=True, cut_off=False)


@pytest.mark.parametrize("labels", [OURS, {}])
def test_a_release_whose_installation_was_cut_off_is_removed_if_it_is_the_stack_s(
    api: Cluster, played: PlayedHelm, labels: dict[str, str]
) -> None:
    played.has("envoy", "pending-install", **labels)
    played.has("other", "deployed", **OURS)
    charts.Release(api).abandon("envoy", RELEASE)
    assert played.ran == (["uninstall"] if labels else [])


def test_a_controller_that_others_have_installed_stays_as_it_is(api: Cluster, played: PlayedHelm) -> None:
    played.has("envoy", "deployed")
    api.made_by("helm", CONTROLLER)
    release = charts.Release(api)
    made = release.create("envoy", RELEASE)
    release.update(made.id, RELEASE, RELEASE, made.outputs)
    release.delete(made.id, made.outputs)
    assert played.ran == []


def test_a_release_of_others_without_a_controller_is_not_taken_over(api: Cluster, played: PlayedHelm) -> None:
    played.has("envoy", "failed")
    with pytest.raises(ProviderError, match=r"release envoy in the namespace .* this stack did not make it"):
        charts.Release(api).create("envoy", RELEASE)
    assert played.ran == []


@pytest.mark.parametrize("served", [True, False])
def test_controller_and_definitions_stay_while_they_serve_gateway_classes_of_others(
    api: Cluster, played: PlayedHelm, *, served: bool
) -> None:
    definitions, release = charts.Definitions(api), charts.Release(api)
    kinds, made = definitions.create("crds", CHART), release.create("envoy", RELEASE)
    api.apply(gateway_class("ours"))
    api.made_by("kubectl", gateway_class("theirs", names.CONTROLLER if served else "example.com/another"))
    release.delete(made.id, made.outputs)
    definitions.delete(kinds.id, kinds.outputs)
    assert (played.ran[-1], PROXIES["metadata"]["name"] in there(api)) == (
        ("upgrade", True) if served else ("uninstall", False)
    )
    assert charts.kept_for_others(api) == (
        "What this stack has installed of Envoy Gateway stays, because it serves GatewayClasses of others: theirs."
        if served
        else ""
    )


def test_nothing_is_said_of_a_controller_that_others_have_installed(api: Cluster, played: PlayedHelm) -> None:
    played.has("envoy", "deployed")
    api.made_by("helm", PROXIES)
    api.made_by("kubectl", gateway_class("theirs"))
    assert charts.kept_for_others(api) == ""


def test_helm_is_looked_for_before_anything_is_made_where_it_is_needed(
    api: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm.shutil, "which", lambda _: None)
    with pytest.raises(ProviderError, match="needs `helm` on PATH"):
        charts.check(api)
    api.made_by("helm", PROXIES)
    with pytest.raises(ProviderError, match="needs `helm` on PATH"):
        charts.check(api)
    api.made_by("helm", CONTROLLER)
    charts.check(api)
    PlayedHelm(api).has("envoy", "pending-install", **OURS)
    with pytest.raises(ProviderError, match="needs `helm` on PATH"):
        charts.check(api)


def test_a_helm_that_does_not_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("helm", 1)

    monkeypatch.setattr(helm.shutil, "which", lambda _: "helm")
    monkeypatch.setattr(helm.subprocess, "run", late)
    with pytest.raises(ProviderError, match="helm template crds oci://x v1 has not ended within 660 s"):
        helm.run(FakeApi(), "template", "crds", "oci://x", "v1")


def test_helm_keeps_releases_where_they_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        asked.append(env)
        return subprocess.CompletedProcess([], 0, stdout="", stderr="")

    monkeypatch.setenv("HELM_DRIVER", "configmap")
    monkeypatch.setattr(helm.shutil, "which", lambda _: "helm")
    monkeypatch.setattr(helm.subprocess, "run", run)
    helm.run(FakeApi(), "version")
    assert asked[0]["HELM_DRIVER"] == "secret"
