from __future__ import annotations

import pytest

from components.kubernetes.envoy_gateway import listening_port
from tests.support.program import STACKS, deployed
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


def test_certificate_job_is_reached_by_nobody() -> None:
    spec = policies("prod", SYSTEM)["certgen"]["spec"]
    assert spec["ingress"] == []
    assert spec["podSelector"]["matchLabels"] == {"app": "certgen"}


@pytest.mark.parametrize(("port", "listening"), [(443, 10443), (1023, 11023), (1024, 1024), (8443, 8443)])
def test_envoy_needs_no_privilege_to_listen(port: int, listening: int) -> None:
    assert listening_port(port) == listening
