from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from tests.support.program import STACKS, Program, deployed, run

CLOUDS = ["dev", "prod"]


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def test_there_is_one_port_and_it_speaks_tls(program: Program) -> None:
    (listener,) = program.one("Gateway")["spec.listeners"]
    assert listener["protocol"] == "HTTPS"
    assert listener["tls"]["mode"] == "Terminate"


def test_gateway_itself_demands_a_client_certificate(program: Program) -> None:
    validation = program.one("Gateway")["spec.tls.frontend.default.validation"]
    assert validation["mode"] == "AllowValidOnly"
    (reference,) = validation["caCertificateRefs"]
    authorities = program.one("ConfigMap", reference["name"])
    assert authorities["metadata.namespace"] == program.one("Gateway")["metadata.namespace"]
    assert authorities["data"]["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


def test_callers_are_trusted_by_their_own_authority(program: Program) -> None:
    trusted = program.one("ConfigMap", "client-authorities")["data"]["ca.crt"]
    servers = program.one("ConfigMap", "users-authorities")["data"]["ca.crt"]
    assert trusted != servers


def test_exactly_the_callers_are_let_in(program: Program) -> None:
    policy = program.one("ClientTrafficPolicy")
    validation = policy["spec.tls.clientValidation"]
    assert validation["mode"] == "RequireAndVerify"
    uris = {
        name: uri
        for name in ("orchestrator", "fulfilment")
        for certificate in program.all("CertRequest")
        if certificate.name.startswith(f"{name}-")
        for uri in certificate["uris"]
    }
    assert len(set(uris.values())) == 2
    assert validation["subjectAltNames"] == {"uris": [{"type": "Exact", "value": uri} for uri in uris.values()]}
    assert policy["spec.tls.minVersion"] == "1.2"


def test_forged_client_certificate_headers_are_removed(program: Program) -> None:
    assert program.one("ClientTrafficPolicy")["spec.headers.xForwardedClientCert.mode"] == "SanitizeSet"


def test_request_ids_are_kept(program: Program) -> None:
    assert program.one("ClientTrafficPolicy")["spec.headers.requestID"] == "Preserve"


def test_other_sources_are_denied(program: Program) -> None:
    authorization = program.one("SecurityPolicy")["spec.authorization"]
    assert authorization["defaultAction"] == "Deny"
    (rule,) = authorization["rules"]
    assert rule["action"] == "Allow"
    assert [IPv4Network(cidr) for cidr in rule["principal"]["clientCIDRs"]]


def test_policies_are_for_the_gateway(program: Program) -> None:
    gateway = program.one("Gateway")
    for kind in ("ClientTrafficPolicy", "SecurityPolicy"):
        policy = program.one(kind)
        (target,) = policy["spec.targetRefs"]
        assert (target["kind"], target["name"]) == ("Gateway", gateway["metadata.name"])
        assert policy["metadata.namespace"] == gateway["metadata.namespace"]


def test_certificate_is_for_the_host_that_the_orchestrator_calls(program: Program) -> None:
    (listener,) = program.one("Gateway")["spec.listeners"]
    certificate = next(r for r in program.all("CertRequest") if r.name.startswith("ingress-"))
    assert certificate["dnsNames"] == [listener["hostname"]]
    function = program.one("lambda/function:Function", "orchestrator")
    port = "" if listener["port"] == 443 else f":{listener['port']}"
    assert function["environment.variables"]["UPSTREAM_URL"] == f"https://{listener['hostname']}{port}"


def test_key_is_a_secret(program: Program) -> None:
    (listener,) = program.one("Gateway")["spec.listeners"]
    (reference,) = listener["tls"]["certificateRefs"]
    assert "stringData" in program.one("core/v1:Secret", reference["name"]).secrets


def test_only_labelled_namespaces_may_have_routes(program: Program) -> None:
    (listener,) = program.one("Gateway")["spec.listeners"]
    assert listener["allowedRoutes"]["namespaces"] == {
        "from": "Selector",
        "selector": {"matchLabels": {"edge": "true"}},
    }


def test_gateway_waits_for_certificate_authorities_and_controller(program: Program) -> None:
    waits = program.after(program.one("Gateway"))
    needed = [
        program.one("core/v1:Secret", "ingress-tls"),
        program.one("ConfigMap", "client-authorities"),
        program.one("GatewayClass"),
        program.one("EnvoyProxy"),
        program.one("helm.sh/v3:Release"),
    ]
    assert {resource.urn for resource in needed} <= waits


def test_gateway_that_does_not_work_fails_the_deployment(program: Program) -> None:
    annotations = program.one("Gateway")["metadata"]["annotations"]
    assert annotations == {"pulumi.com/waitFor": "condition=Programmed"}


@pytest.mark.parametrize("stack", CLOUDS)
def test_load_balancer_uses_the_static_address_and_keeps_the_caller_s(stack: str) -> None:
    program = deployed(stack, False)
    service = program.one("EnvoyProxy")["spec.provider.kubernetes.envoyService"]
    assert service["externalTrafficPolicy"] == "Local"
    annotations = service["annotations"]
    assert annotations["service.beta.kubernetes.io/azure-pip-name"] == "network-ingress1a2b3c4d"
    assert annotations["service.beta.kubernetes.io/azure-load-balancer-resource-group"] == f"crosscloud-{stack}"


def test_load_balancer_admits_the_same_networks() -> None:
    ingress = {"dnsLabel": "crosscloud-dev", "sourceRanges": ["198.51.100.7/32"]}
    program = run(config={"crosscloud:ingress": ingress})
    service = program.one("EnvoyProxy")["spec.provider.kubernetes.envoyService"]
    assert service["loadBalancerSourceRanges"] == ["198.51.100.7/32"]
    (rule,) = program.one("SecurityPolicy")["spec.authorization.rules"]
    assert rule["principal"]["clientCIDRs"] == ["198.51.100.7/32"]


@pytest.mark.parametrize("stack", CLOUDS)
def test_envoys_leave_without_a_lost_request(stack: str) -> None:
    spec = deployed(stack, False).one("EnvoyProxy")["spec"]
    assert spec["shutdown"] == {"drainTimeout": "60s", "minDrainDuration": "10s"}
    kubernetes = spec["provider"]["kubernetes"]
    assert kubernetes["envoyHpa"]["minReplicas"] > kubernetes["envoyPDB"]["minAvailable"]


def test_replacements_delete_first_because_names_are_fixed(program: Program) -> None:
    custom = [r for r in program.resources if ".networking.k8s.io/v1:" in r.type or "envoyproxy.io" in r.type]
    fixed = [r for r in custom if not r.type.startswith("kubernetes:networking.k8s.io")]
    assert len(fixed) >= 8
    assert all(r.delete_before_replace for r in fixed)
