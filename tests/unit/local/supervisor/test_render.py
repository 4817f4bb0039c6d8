"""The files that the objects become, as Envoy itself validates them, and the refusals; nothing is started."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from local.desired import Object
from local.envoy.binary import find_envoy
from local.kubernetes.manifests import MissingError, RefusedError
from local.kubernetes.routes import Endpoint
from local.machine import Machine
from local.supervisor.configuration import Rendered, owners, render
from tests.unit.local.kubernetes.cluster import Cluster, clone

POD = Endpoint(namespace="shop", labels={"app": "web", "pod-template-hash": "1"}, ports={"https": 4001, 8443: 4001})
STAGE: Object = {
    "kind": "Stage",
    "api_id": "a1b2c3d4",
    "name": "$default",
    "emulator": "127.0.0.1:4566",
    "default": {"rate": 50.0, "burst": 100},
    "routes": [
        {"route_key": "POST /users", "rate": 0.5, "burst": 10},
        {"route_key": "GET /a/{b}/c/{d}/e/{f}/g/{h}/i/{proxy+}", "rate": 5000, "burst": 5000},
    ],
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Returns one machine for all tests here, which start nothing on it."""
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    return Cluster(machine)


def rendered(cluster: Cluster, *endpoints: Endpoint) -> Rendered:
    return render(cluster.machine, cluster.objects, endpoints)


def static(value: Any, files: dict[str, Any]) -> Any:
    """The same configuration without files that Envoy would have to be started for."""
    if isinstance(value, list):
        return [static(item, files) for item in value]
    if not isinstance(value, dict):
        return value
    if "rds" in value:
        route_config = files[f"rds-{value['rds']['route_config_name']}"][0]
        value = {**{k: v for k, v in value.items() if k != "rds"}, "route_config": plain(route_config)}
    return {key: static(item, files) for key, item in value.items()}


def plain(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "@type"}


def test_envoy_takes_everything_that_is_rendered(cluster: Cluster) -> None:
    cluster.objects["Stage/-/a1b2c3d4"] = STAGE
    result = rendered(cluster, POD)
    assert result.problems == {}
    files = dict(result.files)
    resources = {
        "listeners": [plain(static(listener, files)) for listener in files["lds"]],
        "clusters": [plain(cluster_) for cluster_ in files["cds"]],
        "secrets": [plain(secret) for name in files if name.startswith("sds-") for secret in files[name]],
    }
    assert [listener["name"] for listener in resources["listeners"]] == ["ingress", "gateway"]
    bootstrap = {"static_resources": resources, "node": {"id": "test", "cluster": "test"}}
    for file in result.files:  # validation wants the files of secrets and endpoints to be there
        (cluster.machine.run / "xds").mkdir(exist_ok=True)
        (cluster.machine.run / "xds" / f"{file}.json").write_text("{}")
    command = [find_envoy(), "--mode", "validate", "--config-yaml", json.dumps(bootstrap)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_endpoints_are_the_ready_pods_that_the_service_selects(cluster: Cluster) -> None:
    others = [
        Endpoint(namespace="other", labels=POD.labels, ports=POD.ports),
        Endpoint(namespace="shop", labels={"app": "billing"}, ports=POD.ports),
        Endpoint(namespace="shop", labels=POD.labels, ports={"http": 4002}),
    ]
    (assignment,) = rendered(cluster, POD, *others).files["eds-shop.web.0.web.443"]
    (locality,) = assignment["endpoints"]
    ports = [host["endpoint"]["address"]["socket_address"]["port_value"] for host in locality["lb_endpoints"]]
    assert ports == [4001]


def test_reads_have_the_policy_of_their_rule_and_writes_that_of_the_route(cluster: Cluster) -> None:
    files = rendered(cluster).files
    read, write = files["cds"]
    assert read["outlier_detection"]["enforcing_consecutive_5xx"] == 0
    assert write["outlier_detection"]["enforcing_consecutive_5xx"] == 100
    assert (read["connect_timeout"], read["circuit_breakers"]["thresholds"][0]["max_requests"]) == ("2s", 256)
    routes = files["rds-ingress"][0]["virtual_hosts"][0]["routes"]
    actions = {route["name"]: route["route"] for route in routes}
    read, write = (actions[f"shop/web/{rule}"]["retry_policy"] for rule in ("read", "write"))
    assert read["retry_on"] == "connect-failure,refused-stream,reset-before-request,reset"
    assert read["num_retries"] == 4
    assert read["retry_back_off"] == {"base_interval": "0.05s", "max_interval": "0.5s"}
    assert write["retry_on"] == "connect-failure,refused-stream,reset-before-request"
    assert "retry_back_off" not in write
    assert actions["shop/web/read"]["timeout"] == "20s"


def test_without_stage_and_gateway_nothing_listens(cluster: Cluster) -> None:
    cluster.objects = {}
    assert rendered(cluster).files == {"lds": [], "cds": []}


Change = Callable[[Cluster], Any]


def spec(cluster: Cluster, key: str) -> Object:
    content: Object = cluster.objects[key]["spec"]
    return content


REFUSED: dict[str, tuple[str, Change, str]] = {
    "optional client certificate": (
        "Gateway/edge/edge",
        lambda c: spec(c, "ClientTrafficPolicy/edge/edge")["tls"]["clientValidation"].update(optional=True),
        "clientValidation.optional is not supported",
    ),
    "callers without a name": (
        "Gateway/edge/edge",
        lambda c: spec(c, "ClientTrafficPolicy/edge/edge")["tls"]["clientValidation"]["subjectAltNames"].update(
            uris=[]
        ),
        "subjectAltNames.uris must have a name",
    ),
    "insecure fallback": (
        "Gateway/edge/edge",
        lambda c: spec(c, "Gateway/edge/edge")["tls"]["frontend"]["default"]["validation"].update(
            mode="AllowInsecureFallback"
        ),
        "mode is 'AllowInsecureFallback', which the local stack does not support",
    ),
    "plain listener": (
        "Gateway/edge/edge",
        lambda c: spec(c, "Gateway/edge/edge")["listeners"][0].update(protocol="HTTP"),
        "protocol is 'HTTP', which the local stack does not support; it must be 'HTTPS'",
    ),
    "two listeners": (
        "Gateway/edge/edge",
        lambda c: spec(c, "Gateway/edge/edge")["listeners"].append({"name": "two", "protocol": "HTTPS", "port": 80}),
        "one Gateway with one listener",
    ),
    "another controller": (
        "Gateway/edge/edge",
        lambda c: spec(c, "GatewayClass/-/envoy").update(controllerName="example.org/other"),
        "GatewayClass 'envoy': GatewayClass.spec.controllerName is 'example.org/other'",
    ),
    "unknown field of the policy": (
        "ClientTrafficPolicy/edge/edge",
        lambda c: spec(c, "ClientTrafficPolicy/edge/edge").update(http3={}),
        "ClientTrafficPolicy.spec.http3 is not supported",
    ),
    "a broken client policy closes the gateway": (
        "Gateway/edge/edge",
        lambda c: spec(c, "ClientTrafficPolicy/edge/edge").update(http3={}),
        "ClientTrafficPolicy 'edge': ClientTrafficPolicy.spec.http3",
    ),
    "route of another namespace": (
        "HTTPRoute/shop/web",
        lambda c: c.objects["Namespace/-/shop"]["metadata"].update(labels={}),
        "does not take routes of the namespace 'shop'",
    ),
    "route for another host": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web").update(hostnames=["other.test"]),
        "None of its hostnames is the listener's",
    ),
    "regular expression": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web")["rules"][0].update(
            matches=[{"path": {"type": "RegularExpression", "value": "/.*"}}]
        ),
        "path.type is 'RegularExpression', which the local stack does not support; it must be 'PathPrefix'",
    ),
    "filter": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web")["rules"][0].update(filters=[{"type": "URLRewrite"}]),
        "HTTPRoute.spec.rules.filters is not supported",
    ),
    "active health check": (
        "BackendTrafficPolicy/shop/reads",
        lambda c: spec(c, "BackendTrafficPolicy/shop/reads")["healthCheck"].update(active={}),
        "healthCheck.active is not supported",
    ),
    "no duration": (
        "BackendTrafficPolicy/shop/reads",
        lambda c: spec(c, "BackendTrafficPolicy/shop/reads")["timeout"]["http"].update(requestTimeout="soon"),
        "requestTimeout is 'soon', which is no duration",
    ),
    "public service": (
        "Service/shop/web",
        lambda c: spec(c, "Service/shop/web").update(type="LoadBalancer"),
        "type is 'LoadBalancer', which the local stack does not support",
    ),
    "malformed": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web").pop("rules"),
        "The field 'rules' is missing; the local stack needs it.",
    ),
    "two policies of one kind": (
        "Gateway/edge/edge",
        lambda c: c.objects.update(
            {"ClientTrafficPolicy/edge/two": renamed(c.objects["ClientTrafficPolicy/edge/edge"], "two")}
        ),
        "Gateway 'edge' has more than one ClientTrafficPolicy",
    ),
    "two gateways": (
        "Gateway/edge/two",
        lambda c: c.objects.update({"Gateway/edge/two": renamed(c.objects["Gateway/edge/edge"], "two")}),
        "one Gateway with one listener",
    ),
}
MISSING: dict[str, tuple[str, Change, str]] = {
    "names of callers": (
        "HTTPRoute/shop/web",
        lambda c: c.objects.pop("ClientTrafficPolicy/edge/edge"),
        "The ingress is closed until a ClientTrafficPolicy and a SecurityPolicy target its Gateway",
    ),
    "addresses of callers": (
        "HTTPRoute/shop/web",
        lambda c: c.objects.pop("SecurityPolicy/edge/edge"),
        "The ingress is closed until a ClientTrafficPolicy and a SecurityPolicy target its Gateway",
    ),
    "class": ("Gateway/edge/edge", lambda c: c.objects.pop("GatewayClass/-/envoy"), "GatewayClass 'envoy'"),
    "certificate": ("Gateway/edge/edge", lambda c: c.objects.pop("Secret/edge/server"), "Secret 'server'"),
    "key of the certificate": (
        "Gateway/edge/edge",
        lambda c: c.objects["Secret/edge/server"]["stringData"].pop("tls.key"),
        "has no key 'tls.key'",
    ),
    "authorities": ("Gateway/edge/edge", lambda c: c.objects.pop("ConfigMap/edge/clients"), "ConfigMap 'clients'"),
    "service": ("HTTPRoute/shop/web", lambda c: c.objects.pop("Service/shop/web"), "Service 'web'"),
    "tls to the pods": (
        "HTTPRoute/shop/web",
        lambda c: c.objects.pop("BackendTLSPolicy/shop/web"),
        "has no BackendTLSPolicy",
    ),
    "port": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web")["rules"][0]["backendRefs"][0].update(port=80),
        "has no port 80",
    ),
    "route of a policy": (
        "BackendTrafficPolicy/shop/reads",
        lambda c: c.objects.pop("HTTPRoute/shop/web"),
        "HTTPRoute 'web'",
    ),
    "gateway of a route": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web")["parentRefs"][0].update(name="other"),
        "None of its parentRefs",
    ),
    "policy of a rule": (
        "HTTPRoute/shop/web",
        lambda c: c.objects.pop("BackendTrafficPolicy/shop/web"),
        "has no BackendTrafficPolicy for 'write'",
    ),
    "all weights 0": (
        "HTTPRoute/shop/web",
        lambda c: spec(c, "HTTPRoute/shop/web")["rules"][0]["backendRefs"][0].update(weight=0),
        "weight above 0",
    ),
}


def renamed(manifest: Object, name: str) -> Object:
    return {**manifest, "metadata": {**manifest["metadata"], "name": name}}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_truthful_equivalent_is_refused(cluster: Cluster, case: str) -> None:
    key, change, sentence = REFUSED[case]
    assert key not in rendered(cluster).problems
    change(cluster)
    problem = rendered(cluster).problems[key]
    assert isinstance(problem, RefusedError)
    assert sentence in str(problem)


@pytest.mark.parametrize("case", MISSING)
def test_what_is_not_there_is_named(cluster: Cluster, case: str) -> None:
    key, change, sentence = MISSING[case]
    change(cluster)
    problem = rendered(cluster).problems[key]
    assert isinstance(problem, MissingError)
    assert sentence in str(problem)


@pytest.mark.parametrize("case", [*REFUSED, *MISSING])
def test_nothing_that_is_broken_opens_the_ingress(cluster: Cluster, case: str) -> None:
    """A Gateway with a problem has no listener; a rule with one forwards nowhere."""
    _, change, _ = (REFUSED | MISSING)[case]
    change(cluster)
    result = rendered(cluster)
    listeners = [listener["name"] for listener in result.files["lds"]]
    needed = {"Gateway/edge/edge", "ClientTrafficPolicy/edge/edge", "SecurityPolicy/edge/edge"}
    assert ("ingress" in listeners) == (needed <= cluster.objects.keys() - result.problems.keys())
    for (listener,) in [listener for listener in result.files["lds"] if listener["name"] == "ingress"] and [
        [one for one in result.files["lds"] if one["name"] == "ingress"]
    ]:
        context = listener["filter_chains"][0]["transport_socket"]["typed_config"]
        assert context["require_client_certificate"] is True
        assert context["common_tls_context"]["combined_validation_context"]["validation_context_sds_secret_config"]


def test_the_objects_of_a_rejected_file_fail(cluster: Cluster) -> None:
    cluster.objects["Stage/-/a1b2c3d4"] = STAGE
    assert owners("lds", "listener gateway: port in use", cluster.objects) == ["Stage/-/a1b2c3d4"]
    assert owners("rds-gateway", "", cluster.objects) == ["Stage/-/a1b2c3d4"]
    for file, reason in (("lds", "listener ingress: bad key"), ("cds", ""), ("eds-shop.web.0.web.443", "")):
        assert set(owners(file, reason, cluster.objects)) == {
            "BackendTLSPolicy/shop/web",
            "BackendTrafficPolicy/shop/reads",
            "BackendTrafficPolicy/shop/web",
            "Gateway/edge/edge",
            "HTTPRoute/shop/web",
        }
