"""A canary: who gets which calls, and what holds for its pods as for the others."""

from __future__ import annotations

import functools
import json

import pytest
import yaml

from tests.support.program import ROOT, Declared, Program, containers, deployed, run

PREVIOUS = f"crosscloudprod0000.azurecr.io/users@sha256:{'a' * 64}"
SERVICES = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]["crosscloud:services"]
OF_A_TRACK = {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service", "BackendTLSPolicy"}


@functools.cache
def at(weight: float, *, preview: bool = False) -> Program:
    """prod with a canary of users. In a preview nothing is made, so that two of them can be compared."""
    canary = {"previousImage": PREVIOUS, "weight": weight}
    users = {**SERVICES["users"], "canary": canary}
    return run(stack="prod", preview=preview, config={"crosscloud:services": {**SERVICES, "users": users}})


def backends(program: Program, rule: int) -> dict[str, int]:
    return {
        each["name"]: each["weight"] for each in program.one("HTTPRoute", "users")[f"spec.rules.{rule}.backendRefs"]
    }


def selected(program: Program, selector: dict[str, str]) -> set[str]:
    """Deployments of whose pods a selector of labels selects."""
    return {
        deployment.name
        for deployment in program.all("Deployment")
        if selector.items() <= deployment["spec.template.metadata.labels"].items()
    }


def images(deployment: Declared) -> set[str]:
    return {container["image"] for container in containers(deployment)}


@pytest.mark.parametrize("rule", [0, 1], ids=["reads", "writes"])
@pytest.mark.parametrize(
    ("weight", "sent"),
    [(0.9, {"users": 900, "users-canary": 100}), (0.5, {"users": 500, "users-canary": 500}), (1, {"users": 1000})],
)
def test_the_previous_image_keeps_its_share_of_reads_and_writes(weight: float, sent: dict[str, int], rule: int) -> None:
    assert backends(at(weight), rule) == sent


def test_the_stable_pods_run_the_previous_image_and_the_canary_s_the_newest() -> None:
    program = at(0.9)
    assert images(program.one("Deployment", "users")) == {PREVIOUS}
    (newest,) = images(program.one("Deployment", "users-canary"))
    assert {newest} == images(deployed("prod", False).one("Deployment", "users"))
    assert newest != PREVIOUS


def test_a_service_s_calls_reach_pods_of_its_own_track_only() -> None:
    program = at(0.9)
    for name in ("users", "users-canary"):
        assert selected(program, program.one("core/v1:Service", name)["spec.selector"]) == {name}
        assert selected(program, program.one("PodDisruptionBudget", name)["spec.selector.matchLabels"]) == {name}
        assert selected(program, program.one("Deployment", name)["spec.selector.matchLabels"]) == {name}
        assert program.one("HorizontalPodAutoscaler", name)["spec.scaleTargetRef.name"] == name


def test_both_tracks_may_speak_to_the_same_and_with_the_same_secrets() -> None:
    program = at(0.9)
    policy = program.one("NetworkPolicy", "users")
    assert selected(program, policy["spec.podSelector.matchLabels"]) == {"users", "users-canary"}
    assert policy.urn in program.after(program.one("Deployment", "users-canary"))


def test_the_pods_of_both_tracks_differ_in_image_and_track_alone() -> None:
    def comparable(name: str) -> str:
        deployment = at(0.9).one("Deployment", name)
        (image,) = images(deployment)
        track = deployment["spec.template.metadata.labels.track"]
        return str(deployment["spec"]).replace(image, "IMAGE").replace(f"'track': '{track}'", "TRACK")

    assert comparable("users") == comparable("users-canary")


def test_a_canary_has_as_many_pods_as_the_service_so_that_any_of_them_may_be_missing() -> None:
    program = at(0.9)
    bounds = [
        {key: program.one("HorizontalPodAutoscaler", name)["spec"][key] for key in ("minReplicas", "maxReplicas")}
        for name in ("users", "users-canary")
    ]
    assert bounds[0] == bounds[1]


def test_errors_of_a_canary_are_counted_apart_from_those_of_the_others() -> None:
    program = at(0.9)
    (users, *_) = json.loads(program.one("ConfigMap", "ama-metrics-prometheus-config")["data.prometheus-config"])[
        "scrape_configs"
    ]
    kept = next(each["regex"] for each in users["relabel_configs"] if each.get("action") == "keep")
    for name in ("users", "users-canary"):
        assert kept == f"{program.one('Deployment', name)['spec.template.metadata.labels.app']};https"
    assert {"source_labels": ["__meta_kubernetes_pod_label_track"], "target_label": "track"} in users["relabel_configs"]
    (rule,) = [rule for rule in program.one("PrometheusRuleGroup")["rules"] if rule["alert"] == "ServerErrors"]
    assert rule["expression"].count("sum by (job, track)") == 2


def test_the_ingress_checks_the_certificate_of_both_tracks() -> None:
    stable, canary = (at(0.9).one("BackendTLSPolicy", name)["spec"] for name in ("users", "users-canary"))
    assert [target["name"] for target in canary["targetRefs"]] == ["users-canary"]
    assert canary["validation"] == stable["validation"]


@pytest.mark.parametrize("needed", ["Deployment", "core/v1:Service", "BackendTLSPolicy"])
@pytest.mark.parametrize("name", ["users", "users-canary"])
def test_pods_are_ready_and_reached_by_tls_before_the_route_sends_them_calls(name: str, needed: str) -> None:
    program = at(0.9)
    assert program.one(needed, name).urn in program.after(program.one("HTTPRoute", "users"))


@pytest.mark.parametrize("last", ["core/v1:Service", "BackendTLSPolicy"])
def test_the_canary_s_pods_end_before_that_by_which_the_ingress_reaches_them(last: str) -> None:
    """The objects that depend on something are deleted before it."""
    program = at(0.9)
    assert program.one(last, "users-canary").urn in program.after(program.one("Deployment", "users-canary"))


def test_calls_can_return_also_when_the_canary_never_came_up() -> None:
    program = at(1)
    assert program.one("Deployment", "users-canary").urn not in program.after(program.one("HTTPRoute", "users"))


def test_another_share_changes_the_route_alone() -> None:
    before = {each.urn: each.inputs for each in at(0.9, preview=True).resources}
    changed = [each for each in at(0.5, preview=True).resources if each.inputs != before[each.urn]]
    assert [(each.type.rpartition(":")[2], each.name) for each in changed] == [("HTTPRoute", "users")]


def test_a_canary_adds_its_own_objects_and_changes_the_image_and_the_route() -> None:
    before = {each.urn: each.inputs for each in deployed("prod", True).resources}
    after = {each.urn: each.inputs for each in at(0.9, preview=True).resources}
    assert before.keys() <= after.keys()
    added = [each for each in at(0.9, preview=True).resources if each.urn not in before]
    assert {each.name for each in added} == {"users-canary"}
    assert {each.type.rpartition(":")[2] for each in added} == OF_A_TRACK
    changed = [urn.rpartition("$")[2] for urn in before if before[urn] != after[urn]]
    assert changed == [
        "kubernetes:apps/v1:Deployment::users",
        "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::users",
    ]


def test_operators_learn_which_image_serves() -> None:
    (newest,) = images(deployed("prod", False).one("Deployment", "users"))
    assert deployed("prod", False).outputs["images"]["users"] == newest
    assert at(0.9).outputs["images"]["users"] == PREVIOUS
