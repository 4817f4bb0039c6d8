from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tests.support.program import STACKS, Program, deployed, run


def spec(program: Program) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = program.one("NetworkPolicy", "users")["spec"]
    return found


def reaches(program: Program, address: str, port: int) -> bool:
    """Returns whether a pod of the service may open a connection."""
    for rule in program.one("NetworkPolicy", "users")["spec.egress"]:
        if port not in [p["port"] for p in rule["ports"]]:
            continue
        for peer in rule["to"]:
            block = peer["ipBlock"]
            outside = any(ip_address(address) in ip_network(cidr) for cidr in block.get("except", []))
            if ip_address(address) in ip_network(block["cidr"]) and not outside:
                return True
    return False


@pytest.mark.parametrize("stack", STACKS)
def test_only_the_ingress_s_envoys_and_the_metrics_agent_reach_the_pods(stack: str) -> None:
    program = deployed(stack, False)
    gateway = program.one("Gateway")
    (rule,) = program.one("NetworkPolicy", "users")["spec.ingress"]
    envoys, agent = rule["from"]
    assert envoys["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "envoy-gateway-system"}
    labels = envoys["podSelector"]["matchLabels"]
    assert labels["gateway.envoyproxy.io/owning-gateway-name"] == gateway["metadata.name"]
    assert labels["gateway.envoyproxy.io/owning-gateway-namespace"] == gateway["metadata.namespace"]
    assert agent["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
    assert agent["podSelector"]["matchLabels"] == {"rsName": "ama-metrics"}
    assert rule["ports"] == [{"protocol": "TCP", "port": "https"}]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_pods_reach_their_database_and_entra_and_nothing_else(stack: str) -> None:
    program = deployed(stack, False)
    assert reaches(program, "10.10.16.4", 5432)
    assert reaches(program, "20.190.128.1", 443)
    assert not reaches(program, "10.10.16.4", 443)
    assert not reaches(program, "10.10.0.5", 5432)
    assert not reaches(program, "169.254.169.254", 443)
    assert not reaches(program, "20.190.128.1", 80)


def test_without_entra_pods_do_not_reach_the_internet() -> None:
    assert not reaches(deployed("local", False), "20.190.128.1", 443)


@pytest.mark.parametrize("stack", STACKS)
def test_flows_are_there_before_the_pods(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("NetworkPolicy", "users").urn in program.after(program.one("Deployment", "users"))


def with_collector(url: str) -> Program:
    return run(config={"crosscloud:telemetry": {"endpoint": url}})


def test_pods_reach_no_collector_that_is_not_set() -> None:
    for address in ("20.1.2.3", "10.10.0.5"):
        assert not reaches(deployed("dev", False), address, 4318)


@pytest.mark.parametrize(
    ("url", "port"), [("https://otlp.example.com", 443), ("https://otlp.example.com:4318", 4318)], ids=["443", "4318"]
)
def test_a_collector_on_the_internet_is_reached_at_its_port(url: str, port: int) -> None:
    program = with_collector(url)
    assert reaches(program, "20.1.2.3", port)
    assert not reaches(program, "20.1.2.3", 80)
    assert not reaches(program, "10.10.0.5", 4318)
    assert not reaches(program, "169.254.169.254", port)


def test_a_collector_at_an_address_is_reached_there_only() -> None:
    program = with_collector("https://10.10.0.9:4318")
    assert reaches(program, "10.10.0.9", 4318)
    assert not reaches(program, "10.10.0.10", 4318)
    assert not reaches(program, "20.1.2.3", 4318)
