"""The ingress on a real Envoy: who gets in, what happens between it and the pods, and what it refuses to be."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from local import desired
from local.free_ports import is_free
from local.machine import Machine
from local.supervisor import client
from tests.support.waiting import eventually
from tests.unit.local.kubernetes.cluster import (
    CALLER,
    POD,
    Authority,
    Cluster,
    clone,
    read,
    secret,
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = clone(tmp_path_factory.mktemp("clone"))
    yield machine
    client.stop(machine)


@pytest.fixture(scope="module")
def original(machine: Machine) -> Cluster:
    return Cluster(machine)


@pytest.fixture
def cluster(original: Cluster) -> Iterator[Cluster]:
    """Yields the running service of the module; what a test changes is taken back."""
    before = json.dumps(original.objects)
    original.up()
    yield original
    for key in original.objects.keys() - json.loads(before).keys():
        desired.remove(original.machine, key)
    original.objects = json.loads(before)
    original.up()


def lines(cluster: Cluster, file: str, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        rows = [json.loads(line) for line in (cluster.machine.logs / file).read_text().splitlines()]
        return next((line for line in reversed(rows) if check(line)), None)

    line: dict[str, Any] = eventually(look, what="the log line")
    return line


STRANGERS: dict[str, tuple[Callable[[Cluster], Any], str]] = {
    "no certificate": (lambda _: None, "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
    "another authority": (lambda _: Authority.new().leaf(uri=CALLER), "CERTIFICATE_VERIFY_FAILED"),
    "the servers' authority": (lambda c: c.servers.leaf(uri=CALLER), "CERTIFICATE_VERIFY_FAILED"),
    "one that has ended": (lambda c: c.clients.leaf(uri=CALLER, hours=-0.01), "CERTIFICATE_VERIFY_FAILED"),
    "another name": (lambda c: c.clients.leaf(uri="spiffe://test/other"), "SAN_matcher"),
    "a server's certificate": (lambda c: c.clients.leaf(dns="localhost"), "CERTIFICATE_VERIFY_FAILED"),
}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("case", STRANGERS)
def test_strangers_are_refused_in_the_handshake(cluster: Cluster, case: str, version: ssl.TLSVersion) -> None:
    make, reason = STRANGERS[case]
    context = cluster.context(make(cluster))
    context.minimum_version = context.maximum_version = version
    log = cluster.machine.logs / "connections.jsonl"
    before = log.read_text().count(reason) if log.exists() else 0
    with pytest.raises((OSError, http.client.HTTPException)):
        cluster.get("/", context=context)
    eventually(lambda: log.read_text().count(reason) > before, what="the reason in the log")


def test_plain_http_and_other_names_get_no_answer(cluster: Cluster) -> None:
    with socket.create_connection(("127.0.0.1", cluster.machine.ports.ingress), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with suppress(ConnectionResetError):
            assert not connection.recv(100)
    context = cluster.context(cluster.clients.leaf(uri=CALLER))
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", cluster.machine.ports.ingress), timeout=60) as connection,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(connection, server_hostname="other.test")


def test_the_pod_learns_who_calls(cluster: Cluster) -> None:
    with cluster.connection() as connection:
        headers = {"x-request-id": "caller-id-1", "x-forwarded-client-cert": "URI=spiffe://forged"}
        connection.request("GET", "/users/1", headers=headers)
        seen = json.loads(connection.getresponse().read())["headers"]
    assert f"URI={CALLER}" in seen["x-forwarded-client-cert"]
    assert "forged" not in seen["x-forwarded-client-cert"]
    assert seen["x-request-id"] == "caller-id-1"
    line = lines(cluster, "ingress.jsonl", lambda line: line.get("request_id") == "caller-id-1")
    values = {"service": "ingress", "method": "GET", "route": "shop/web/read", "path": "/users/1", "status": 200}
    assert values.items() <= line.items()
    assert isinstance(line["duration_ms"], int)


def test_callers_can_not_steer_envoy_by_headers(cluster: Cluster) -> None:
    with cluster.connection() as connection:
        connection.request("GET", "/slow", headers={"x-envoy-upstream-rq-timeout-ms": "1", "x-envoy-max-retries": "9"})
        response = connection.getresponse()
        seen = json.loads(response.read())["headers"]
    assert response.status == 200
    assert "x-envoy-max-retries" not in seen


WRONG: dict[str, dict[str, Any]] = {
    "of another name": {"dns": "other.shop.svc"},
    "that has ended": {"dns": POD, "hours": -0.01},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_pod_with_a_certificate_that_is_wrong_gets_no_request(cluster: Cluster, wrong: str) -> None:
    pair = cluster.servers.leaf(**WRONG[wrong])
    cluster.objects["Secret/shop/web-tls"] = secret(
        "shop", "web-tls", {"tls.crt": pair.certificate, "tls.key": pair.key}
    )
    cluster.set_env("VERSION", wrong)
    cluster.up()
    assert cluster.get("/")[0] == 503
    assert lines(cluster, "ingress.jsonl", lambda line: line["status"] == 503)["flags"] == "URX,UF"


def test_a_pod_of_another_authority_gets_no_request(cluster: Cluster) -> None:
    cluster.objects["ConfigMap/shop/server-ca"]["data"] = {"ca.crt": Authority.new().certificate}
    cluster.up()
    eventually(lambda: cluster.get("/")[0] == 503, what="the refusal")


def test_the_ingress_closes_without_the_callers_authorities(cluster: Cluster) -> None:
    del cluster.objects["ConfigMap/edge/clients"]
    desired.remove(cluster.machine, "ConfigMap/edge/clients")
    seen = eventually(
        lambda: (gateway := cluster.observed("Gateway/edge/edge"))["state"] == "failed" and gateway,
        what="the failure",
    )
    assert (
        seen["message"] == ("ClientTrafficPolicy 'edge': ConfigMap 'clients' does not exist in the namespace 'edge'.")
        or seen["message"] == "ConfigMap 'clients' does not exist in the namespace 'edge'."
    )
    assert is_free(cluster.machine.ports.ingress)


def test_addresses_that_the_security_policy_does_not_name_are_refused(cluster: Cluster) -> None:
    policy = read(
        """
        apiVersion: gateway.envoyproxy.io/v1alpha1
        kind: SecurityPolicy
        metadata: {name: edge, namespace: edge}
        spec:
          targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
          authorization:
            defaultAction: Deny
            rules: [{name: callers, action: Allow, principal: {clientCIDRs: [192.0.2.0/24]}}]
        """
    )
    cluster.objects["SecurityPolicy/edge/edge"] = policy
    cluster.up()
    eventually(lambda: cluster.get("/")[0] == 403, what="the refusal")
    policy["spec"]["authorization"]["rules"][0]["principal"]["clientCIDRs"] = ["127.0.0.0/8", "192.0.2.0/24"]
    cluster.up()
    eventually(lambda: cluster.get("/")[0] == 200, what="the answer")


def test_authorities_change_without_losing_a_request_when_they_overlap(cluster: Cluster) -> None:
    successor = Authority.new()
    with cluster.connection() as kept:

        def call() -> int:
            kept.request("GET", "/")
            response = kept.getresponse()
            response.read()
            return response.status

        assert call() == 200
        both = cluster.clients.certificate + successor.certificate
        cluster.objects["ConfigMap/edge/clients"]["data"] = {"ca.crt": both}
        cluster.up()
        new = cluster.context(successor.leaf(uri=CALLER))
        eventually(lambda: _status(cluster, new) == 200, what="trust in the new authority")
        assert (cluster.get("/")[0], call()) == (200, 200)
        cluster.objects["ConfigMap/edge/clients"]["data"] = {"ca.crt": successor.certificate}
        cluster.up()
        old = cluster.context(cluster.clients.leaf(uri=CALLER))
        eventually(lambda: _status(cluster, old) is None, what="distrust of the old authority")
        assert _status(cluster, new) == 200


def _status(cluster: Cluster, context: ssl.SSLContext) -> int | None:
    try:
        return cluster.get("/", context=context)[0]
    except (OSError, http.client.HTTPException):
        return None


def test_the_servers_certificate_changes_while_connections_stay(cluster: Cluster) -> None:
    with cluster.connection() as kept:
        kept.request("GET", "/")
        kept.getresponse().read()
        pair = cluster.servers.leaf(dns="localhost")
        cluster.objects["Secret/edge/server"]["stringData"] = {"tls.crt": pair.certificate, "tls.key": pair.key}
        cluster.up()
        expected = ssl.PEM_cert_to_DER_cert(pair.certificate)

        def served() -> bytes | None:
            context = cluster.context(cluster.clients.leaf(uri=CALLER))
            with (
                socket.create_connection(("127.0.0.1", cluster.machine.ports.ingress), timeout=60) as connection,
                context.wrap_socket(connection, server_hostname="localhost") as wrapped,
            ):
                return wrapped.getpeercert(binary_form=True)

        eventually(lambda: served() == expected, what="the new certificate")
        kept.request("GET", "/")
        assert kept.getresponse().status == 200


def test_the_most_specific_rule_wins_and_weights_divide(cluster: Cluster) -> None:
    route = cluster.objects["HTTPRoute/shop/web"]
    backends = [{"name": "web", "port": 443, "weight": 1}, {"name": "empty", "port": 443, "weight": 0}]
    route["spec"]["rules"] = [
        {"name": "rest", "matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": backends},
        {"name": "users", "matches": [{"path": {"type": "PathPrefix", "value": "/users"}}], "backendRefs": backends},
        {"name": "one", "matches": [{"path": {"type": "PathPrefix", "value": "/users/1"}}], "backendRefs": backends},
        {"name": "post", "matches": [{"path": {"value": "/users"}, "method": "POST"}], "backendRefs": backends},
    ]
    cluster.objects["BackendTrafficPolicy/shop/reads"]["spec"]["targetRefs"][0]["sectionName"] = "rest"
    empty = json.loads(json.dumps(cluster.objects["Service/shop/web"]).replace('"web"', '"empty"'))
    cluster.objects["Service/shop/empty"] = empty
    tls = json.loads(json.dumps(cluster.objects["BackendTLSPolicy/shop/web"]).replace('"web"', '"empty"'))
    cluster.objects["BackendTLSPolicy/shop/empty"] = tls
    cluster.up()
    expected = {"/users/1": "one", "/users/2": "users", "/users/12": "users", "/usersX": "rest", "/users": "users"}
    eventually(lambda: cluster.get("/users/1")[0] == 200, what="an answer")
    for path, rule in expected.items():
        assert cluster.get(f"{path}?rule={rule}")[0] == 200
    with cluster.connection() as connection:
        connection.request("POST", "/users", body=b"{}")
        connection.getresponse().read()
    line = lines(cluster, "ingress.jsonl", lambda line: line["method"] == "POST")
    assert line["route"] == "shop/web/post"
    for path, rule in expected.items():
        line = lines(cluster, "ingress.jsonl", lambda line, p=path: (line["method"], line["path"]) == ("GET", p))
        assert line["route"] == f"shop/web/{rule}"


def test_a_rule_without_a_back_end_answers_500_and_says_why(cluster: Cluster) -> None:
    cluster.objects["HTTPRoute/shop/web"]["spec"]["rules"][0]["backendRefs"][0]["name"] = "absent"
    desired.put(cluster.machine, "HTTPRoute/shop/web", cluster.objects["HTTPRoute/shop/web"])
    eventually(lambda: cluster.get("/")[0] == 500, what="the answer")
    seen = eventually(
        lambda: (route := cluster.observed("HTTPRoute/shop/web"))["state"] == "failed" and route,
        what="the failure",
    )
    assert seen["message"] == "Service 'absent' does not exist in the namespace 'shop'."


def test_what_envoy_rejects_is_the_objects_failure_and_the_old_stays(cluster: Cluster) -> None:
    cluster.objects["ConfigMap/shop/server-ca"]["data"] = {"ca.crt": "no certificate"}
    desired.put(cluster.machine, "ConfigMap/shop/server-ca", cluster.objects["ConfigMap/shop/server-ca"])
    seen = eventually(
        lambda: (policy := cluster.observed("BackendTLSPolicy/shop/web"))["state"] == "failed" and policy,
        what="the failure",
    )
    assert "Envoy rejected it" in seen["message"]
    assert cluster.get("/")[0] == 200


def test_a_pods_name_is_checked_against_the_policys_hostname(cluster: Cluster) -> None:
    policy = cluster.objects["BackendTLSPolicy/shop/web"]
    assert policy["spec"]["validation"]["hostname"] == POD
    policy["spec"]["validation"]["hostname"] = "billing.shop.svc"
    cluster.up()
    eventually(lambda: cluster.get("/")[0] == 503, what="the refusal")
