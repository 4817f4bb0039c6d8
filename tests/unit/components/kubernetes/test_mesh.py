"""The service mesh as the program declares it: who joins, who may call whom, and that it is not there by itself."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema
import pytest

from components.kubernetes.envoy_gateway import VERSION
from components.settings import SettingsError
from tests.support.definitions import definitions
from tests.support.mesh import ISTIO, REVISION, with_mesh
from tests.support.program import MACHINE, STACKS, Declared, Program, deployed, run
from tests.support.services import SERVICES

LABEL = {"istio.io/rev": REVISION}
MEMBERS = {"crosscloud/mesh": "istio"}
ISTIOD = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "aks-istio-system"}},
            "podSelector": {"matchLabels": {"app": "istiod"}},
        }
    ],
    "ports": [{"protocol": "TCP", "port": 15012}],
}


@functools.cache
def meshed() -> Program:
    return run(stack="prod", config=with_mesh())


def of_istio() -> list[Declared]:
    return [each for each in meshed().resources if ".istio.io/" in each.type]


def one(kind: str, name: str) -> Any:
    (found,) = [each for each in of_istio() if (each.type.endswith(f":{kind}"), each["metadata.name"]) == (True, name)]
    assert found["metadata.namespace"] == "apps"
    return found["spec"]


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_of_a_mesh_is_there_by_itself(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("ManagedCluster")["serviceMeshProfile"] is None
    assert "istio" not in json.dumps([each.inputs for each in program.resources if each.custom], default=str)


def test_the_add_on_is_switched_on_without_a_gateway_of_its_own() -> None:
    profile = meshed().one("ManagedCluster")["serviceMeshProfile"]
    assert profile == {"mode": "Istio", "istio": {"revisions": [REVISION]}}


def test_during_an_upgrade_pods_join_the_newer_revision() -> None:
    program = run(stack="prod", config=with_mesh(revisions=(REVISION, "asm-1-32")))
    assert program.one("ManagedCluster")["serviceMeshProfile.istio.revisions"] == [REVISION, "asm-1-32"]
    deployment = program.one("Deployment", "users")
    assert deployment["spec.template.metadata.labels"]["istio.io/rev"] == "asm-1-32"


def test_the_services_namespace_joins_and_no_other() -> None:
    labels = {each["metadata.name"]: each["metadata.labels"] for each in meshed().all("core/v1:Namespace")}
    assert {name for name, of in labels.items() if "istio.io/rev" in of} == {"apps"}
    assert labels["apps"].items() >= {**LABEL, "pod-security.kubernetes.io/enforce": "restricted"}.items()


def test_pods_are_rolled_by_another_revision_and_their_side_cars_have_requests() -> None:
    for service in SERVICES:
        metadata = meshed().one("Deployment", service)["spec.template.metadata"]
        assert metadata["labels"].items() >= {**LABEL, **MEMBERS}.items()
        assert {
            "sidecar.istio.io/proxyCPU",
            "sidecar.istio.io/proxyMemory",
            "sidecar.istio.io/proxyMemoryLimit",
        } <= set(metadata["annotations"])
        assert LABEL.keys().isdisjoint(meshed().one("Deployment", service)["spec.selector.matchLabels"])


def test_migrations_get_no_side_car() -> None:
    for service in SERVICES:
        labels = meshed().one("batch/v1:Job", f"{service}-migrations")["spec.template.metadata.labels"]
        assert labels["sidecar.istio.io/inject"] == "false"


def test_every_pod_takes_mutual_tls_alone_but_for_the_port_of_the_metrics() -> None:
    assert one("PeerAuthentication", "strict") == {"mtls": {"mode": "STRICT"}}
    assert one("PeerAuthentication", "metrics") == {
        "selector": {"matchLabels": MEMBERS},
        "mtls": {"mode": "STRICT"},
        "portLevelMtls": {"8444": {"mode": "DISABLE"}},
    }


def test_the_envoys_may_call_and_nobody_else() -> None:
    callers = one("AuthorizationPolicy", "callers")
    assert callers == {
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"namespaces": ["envoy-gateway-system"]}}],
                "to": [{"operation": {"ports": ["8443"]}}],
            },
            {"to": [{"operation": {"ports": ["8444"]}}]},
        ],
    }


def test_side_cars_pass_the_pods_own_tls_on() -> None:
    listeners = one("Sidecar", "ports")["ingress"]
    assert [(each["port"]["number"], each["port"]["protocol"], each["defaultEndpoint"]) for each in listeners] == [
        (8443, "TLS", "0.0.0.0:8443"),
        (8444, "TLS", "0.0.0.0:8443"),
    ]
    assert len(meshed().all("BackendTLSPolicy")) == len(SERVICES)


def test_the_agent_reads_metrics_at_its_own_port_and_reaches_no_other() -> None:
    policy = next(each for each in meshed().all("NetworkPolicy") if each["metadata.name"] == "users")
    reached = {
        rule["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]: rule["ports"]
        for rule in policy["spec.ingress"]
        if len(rule["from"]) == 1
    }
    assert reached == {
        "envoy-gateway-system": [{"protocol": "TCP", "port": "https"}],
        "kube-system": [{"protocol": "TCP", "port": 8444}],
    }
    configuration = meshed().one("ConfigMap", "ama-metrics-prometheus-config")["data"]["prometheus-config"]
    for job in json.loads(configuration)["scrape_configs"]:
        assert {
            "source_labels": ["__meta_kubernetes_pod_ip"],
            "target_label": "__address__",
            "replacement": "$1:8444",
        } in job["relabel_configs"]


def test_side_cars_reach_their_control_plane() -> None:
    policies = {(p["metadata.namespace"], p["metadata.name"]): p["spec"] for p in meshed().all("NetworkPolicy")}
    of_pods = policies["apps", "mesh"]
    assert (of_pods["podSelector"], of_pods["egress"]) == ({"matchLabels": MEMBERS}, [ISTIOD])
    assert ISTIOD in policies["envoy-gateway-system", "proxy"]["egress"]


def test_envoys_join_for_what_they_send_and_for_nothing_that_they_take() -> None:
    spec = meshed().one("EnvoyProxy")["spec"]
    pod = spec["provider"]["kubernetes"]["envoyDeployment"]["pod"]
    assert spec["routingType"] == "Service"
    assert pod["labels"] == LABEL
    assert pod["annotations"]["traffic.sidecar.istio.io/includeInboundPorts"] == ""
    assert pod["annotations"]["traffic.sidecar.istio.io/excludeOutboundPorts"] == "18000"
    assert pod["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}


@pytest.mark.slow  # reads definitions of tens of thousands of lines
def test_istio_s_own_definitions_take_the_objects() -> None:
    for each in of_istio():
        jsonschema.validate(each["spec"], definitions(*ISTIO)[f"{each['apiVersion']} {each['kind']}"])
    assert len(of_istio()) == 4


def test_istio_s_own_definitions_refuse_a_misspelt_member() -> None:
    """Shows that the validation above is strict."""
    callers = one("AuthorizationPolicy", "callers")
    misspelt = {**callers, "rules": [{"from": [{"source": {"namespace": ["envoy-gateway-system"]}}]}]}
    with pytest.raises(jsonschema.ValidationError, match=r"namespace"):
        jsonschema.validate(misspelt, definitions(*ISTIO)["security.istio.io/v1 AuthorizationPolicy"])
    with pytest.raises(jsonschema.ValidationError, match=r"STRICTLY"):
        jsonschema.validate(
            {"mtls": {"mode": "STRICTLY"}}, definitions(*ISTIO)["security.istio.io/v1 PeerAuthentication"]
        )


@pytest.mark.slow  # reads definitions of tens of thousands of lines
def test_envoy_gateway_s_own_definition_takes_envoys_that_join() -> None:
    proxy = meshed().one("EnvoyProxy")
    files = "charts/gateway-crds-helm/templates/generated/*_envoyproxies.yaml"
    schema = definitions(f"github.com/envoyproxy/gateway@{VERSION}", files)[f"{proxy['apiVersion']} EnvoyProxy"]
    jsonschema.validate(proxy["spec"], schema)
    with pytest.raises(jsonschema.ValidationError, match=r"routing"):
        jsonschema.validate({**proxy["spec"], "routing": "Service"}, schema)


def test_this_machine_refuses_a_mesh_with_a_sentence() -> None:
    with pytest.raises(
        SettingsError, match=r"cluster\.serviceMesh must be none: Istio is an add-on of Azure's clusters"
    ):
        run(stack="local", config={"crosscloud:machine": MACHINE, **with_mesh("local")})
