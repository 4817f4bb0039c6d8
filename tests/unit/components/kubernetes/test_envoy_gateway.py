from __future__ import annotations

import json

import pytest

from components.kubernetes.envoy_gateway import CONTROLLER_PODS, IMAGES, listening_port, proxy_labels
from tests.support.program import STACKS, containers, deployed, run
from tests.unit.components.kubernetes.test_namespace import policies

SYSTEM = "envoy-gateway-system"


@pytest.mark.parametrize("stack", STACKS)
def test_definitions_come_before_the_controller_and_from_the_standard_channel(stack: str) -> None:
    program = deployed(stack, False)
    chart, release = program.one("helm.sh/v4:Chart"), program.one("helm.sh/v3:Release")
    assert chart.urn in program.after(release)
    assert chart["values.crds.gatewayAPI"] == {"enabled": True, "channel": "standard"}
    assert release["values.crds.enabled"] is False
    assert release["skipCrds"] is True
    assert chart["version"] == release["version"] == "v1.9.1"


@pytest.mark.parametrize("stack", STACKS)
def test_flows_are_open_before_the_release_needs_them(stack: str) -> None:
    program = deployed(stack, False)
    waits = program.after(program.one("helm.sh/v3:Release"))
    assert {p.urn for p in policies(stack, SYSTEM).values()} - {
        policies(stack, SYSTEM)[name].urn for name in ("default-deny", "dns")
    } <= waits


def test_envoys_are_reached_at_one_port_and_reach_controller_and_services_only() -> None:
    proxy = policies("prod", SYSTEM)["proxy"]["spec"]
    assert proxy["ingress"] == [{"ports": [{"protocol": "TCP", "port": 10443}]}]
    controller, services = proxy["egress"]
    assert controller["to"] == [{"podSelector": {"matchLabels": {"control-plane": "envoy-gateway"}}}]
    assert services["to"] == [{"namespaceSelector": {"matchLabels": {"edge": "true"}}}]
    assert [rule["ports"][0]["port"] for rule in proxy["egress"]] == [18000, 8443]


def test_controller_is_reached_by_envoys_only() -> None:
    spec = policies("prod", SYSTEM)["controller"]["spec"]
    (rule,) = spec["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/component": "proxy"}}}]


@pytest.mark.parametrize("stack", STACKS)
def test_envoys_and_their_controllers_are_spread_over_zones_and_nodes(stack: str) -> None:
    program = deployed(stack, False)
    controllers = program.one("helm.sh/v3:Release")["values.deployment.pod.topologySpreadConstraints"]
    envoys = program.one("EnvoyProxy")["spec.provider.kubernetes.envoyDeployment.pod.topologySpreadConstraints"]
    for constraints, labels in ((controllers, CONTROLLER_PODS), (envoys, proxy_labels("edge", "edge"))):
        assert [each["topologyKey"] for each in constraints] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        assert {each["maxSkew"] for each in constraints} == {1}
        assert all(each["labelSelector"] == {"matchLabels": labels} for each in constraints)


def test_without_a_mirror_the_chart_s_own_images_are_pulled() -> None:
    program = deployed("prod", False)
    assert "global" not in program.one("helm.sh/v3:Release")["values"]
    assert "container" not in program.one("EnvoyProxy")["spec.provider.kubernetes.envoyDeployment"]


def test_with_a_mirror_no_image_and_no_chart_comes_from_elsewhere() -> None:
    """Each value that names a registry is looked at, wherever it stands."""
    mirror = "mirror.example:5000/copies"
    ingress = {"dnsLabel": "crosscloud-dev", "sourceRanges": ["0.0.0.0/0"]}
    own_sources = {"imageRegistry": mirror, "charts": f"oci://{mirror}/envoyproxy"}
    program = run(config={"crosscloud:ingress": {**ingress, **own_sources}})
    release, own = program.one("helm.sh/v3:Release"), program.one("containerregistry:Registry")["registryName"]
    assert release["values.global"] == {"imageRegistry": mirror}
    envoy = program.one("EnvoyProxy")["spec.provider.kubernetes.envoyDeployment.container.image"]
    assert envoy == f"{mirror}/{IMAGES[1]}"
    charts = {r["chart"] for r in (release, program.one("helm.sh/v4:Chart"))}
    assert charts == {f"oci://{mirror}/envoyproxy/{name}" for name in ("gateway-helm", "gateway-crds-helm")}
    pulled = {c["image"] for d in program.all("apps/v1:Deployment") for c in containers(d)}
    assert pulled
    assert all(image.startswith(f"{own}.azurecr.io/") for image in pulled)
    assert "docker.io" not in json.dumps([r.inputs for r in program.resources])


def test_certificate_job_is_reached_by_nobody() -> None:
    spec = policies("prod", SYSTEM)["certgen"]["spec"]
    assert spec["ingress"] == []
    assert spec["podSelector"]["matchLabels"] == {"app": "certgen"}


@pytest.mark.parametrize(("port", "listening"), [(443, 10443), (1023, 11023), (1024, 1024), (8443, 8443)])
def test_envoy_needs_no_privilege_to_listen(port: int, listening: int) -> None:
    assert listening_port(port) == listening
