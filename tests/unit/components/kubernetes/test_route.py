from __future__ import annotations

import pytest

from tests.support.program import STACKS, Declared, Program, deployed

SAFE = {"connect-failure", "refused-stream", "reset-before-request"}


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def policies(program: Program) -> tuple[Declared, Declared]:
    """(read, write)"""
    return program.one("BackendTrafficPolicy", "users-read"), program.one("BackendTrafficPolicy", "users")


def test_reads_and_writes_have_rules_of_their_own(program: Program) -> None:
    read, write = program.one("HTTPRoute", "users")["spec.rules"]
    assert (read["name"], write["name"]) == ("read", "write")
    paths = [{"type": "PathPrefix", "value": prefix} for prefix in ("/health/users", "/users")]
    assert read["matches"] == [{"path": path, "method": "GET"} for path in paths]
    assert write["matches"] == [{"path": path} for path in paths]
    assert read["backendRefs"] == write["backendRefs"] == [{"name": "users", "port": 443, "weight": 100}]


def test_writes_are_never_sent_again_when_they_may_have_been_executed(program: Program) -> None:
    _, write = policies(program)
    assert set(write["spec.retry.retryOn.triggers"]) == SAFE
    assert write["spec.targetRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "users"}]


def test_reads_survive_a_killed_pod(program: Program) -> None:
    read, _ = policies(program)
    assert set(read["spec.retry.retryOn.triggers"]) == SAFE | {"reset"}
    assert read["spec.retry.numRetries"] == 4
    (target,) = read["spec.targetRefs"]
    assert target["sectionName"] == "read"


def test_reads_do_not_lose_all_pods_to_their_errors(program: Program) -> None:
    read, _ = policies(program)
    passive = read["spec.healthCheck.passive"]
    assert passive["consecutive5XxErrors"] == passive["consecutiveGatewayErrors"] == 0
    assert passive["splitExternalLocalOriginErrors"] is True
    assert passive["maxEjectionPercent"] == 50


def test_pods_that_are_not_ready_get_no_request_however_many_they_are(program: Program) -> None:
    for policy in policies(program):
        assert policy["spec.healthCheck.panicThreshold"] == 0


def test_a_service_that_hangs_does_not_hold_everything(program: Program) -> None:
    for policy in policies(program):
        assert policy["spec.timeout.http.requestTimeout"] == "20s"
        assert policy["spec.timeout.tcp.connectTimeout"] == "2s"
        assert set(policy["spec.circuitBreaker"]) == {"maxConnections", "maxPendingRequests", "maxParallelRequests"}


def test_route_belongs_to_the_ingress_s_listener_and_host(program: Program) -> None:
    gateway, route = program.one("Gateway"), program.one("HTTPRoute", "users")
    (listener,) = gateway["spec.listeners"]
    assert route["spec.hostnames"] == [listener["hostname"]]
    assert route["spec.parentRefs"] == [
        {
            "name": gateway["metadata.name"],
            "namespace": gateway["metadata.namespace"],
            "sectionName": listener["name"],
        }
    ]


def test_ingress_speaks_tls_to_pods_whose_certificate_it_checks(program: Program) -> None:
    policy = program.one("BackendTLSPolicy", "users")
    assert policy["spec.targetRefs"] == [{"group": "", "kind": "Service", "name": "users"}]
    certificate = next(r for r in program.all("CertRequest") if r.name.startswith("users-"))
    assert [policy["spec.validation.hostname"]] == certificate["dnsNames"] == ["users.apps.svc"]
    (reference,) = policy["spec.validation.caCertificateRefs"]
    trusted = program.one("ConfigMap", reference["name"])
    assert trusted["metadata.namespace"] == policy["metadata.namespace"]


def test_no_request_passes_before_tls_to_the_pods_is_demanded(program: Program) -> None:
    assert program.one("BackendTLSPolicy", "users").urn in program.after(program.one("HTTPRoute", "users"))


def test_route_goes_before_the_gateway(program: Program) -> None:
    assert program.one("Gateway").urn in program.after(program.one("HTTPRoute", "users"))
