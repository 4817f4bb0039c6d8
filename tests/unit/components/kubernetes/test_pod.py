"""The pods, against Kubernetes' Pod Security Standard `restricted` and against what a roll-out without loss needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.program import STACKS, Program, containers, deployed, run


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def spec(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = program.one("Deployment", "users")["spec.template.spec"]
    return found


def app(program: Program) -> dict[str, Any]:
    (found,) = spec(program)["containers"]
    return dict(found)


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]}


def test_every_container_is_restricted(program: Program) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, control by control."""
    pod = spec(program)
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for volume in pod["volumes"]:
        assert set(volume) - {"name"} <= {"secret", "emptyDir"}
    checked = list(containers(program.one("Deployment", "users")))
    assert {container["name"] for container in checked} == {"app"}
    for container in checked:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser", "seccompProfile", "procMount"} & set(context)
        assert not [port for port in container.get("ports", []) if "hostPort" in port]


def test_root_file_systems_are_read_only(program: Program) -> None:
    for container in containers(program.one("Deployment", "users")):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_key_is_readable_for_the_container_s_group_only_and_mounted_read_only(program: Program) -> None:
    (volume,) = [volume for volume in spec(program)["volumes"] if "secret" in volume]
    assert volume["secret"] == {"secretName": "users-tls", "defaultMode": 0o440}
    (mount,) = [mount for mount in app(program)["volumeMounts"] if mount["name"] == volume["name"]]
    assert mount["readOnly"] is True
    found = environment(app(program))
    assert found["TLS_CERT_FILE"] == f"{mount['mountPath']}/tls.crt"
    assert found["TLS_KEY_FILE"] == f"{mount['mountPath']}/tls.key"


def test_secrets_come_by_reference(program: Program) -> None:
    reference = {"secretKeyRef": {"name": "users-database", "key": "url"}}
    for container in containers(program.one("Deployment", "users")):
        assert environment(container)["DATABASE_URL"] == reference


def test_pods_serve_and_do_nothing_before(program: Program) -> None:
    assert "initContainers" not in spec(program)
    assert app(program)["command"] == ["python", "-m", "app.services.users"]


def test_pods_listen_on_their_own_address_with_tls(program: Program) -> None:
    container = app(program)
    found = environment(container)
    assert found["HOST"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    (port,) = container["ports"]
    assert found["PORT"] == str(port["containerPort"])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["scheme"] == "HTTPS"
        assert container[probe]["httpGet"]["port"] == port["name"]


def test_liveness_does_not_depend_on_the_database(program: Program) -> None:
    container = app(program)
    assert container["livenessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_pods_serve_while_endpoints_change_and_drain_before_they_are_killed(program: Program) -> None:
    container = app(program)
    lag = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = int(environment(container)["DRAIN_SECONDS"])
    assert lag >= 1
    assert spec(program)["terminationGracePeriodSeconds"] > lag + drain


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_clusters_get_time_to_hear_of_a_leaving_pod(stack: str) -> None:
    assert app(deployed(stack, False))["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_memory_is_bounded_and_cpu_is_not(program: Program) -> None:
    for container in containers(program.one("Deployment", "users")):
        assert set(container["resources"]["limits"]) == {"memory"}
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_reports_have_the_least_of_a_busy_node(stack: str) -> None:
    """Pods share processors in proportion to what they request. Reports compute for seconds; others are waited for."""
    requests = {
        deployment.name: int(container["resources"]["requests"]["cpu"].removesuffix("m"))
        for deployment in deployed(stack, False).all("Deployment")
        for container in containers(deployment)
    }
    reports = requests.pop("analytics")
    assert min(requests.values()) >= 2 * reports


def test_pods_spread_over_zones_and_nodes(program: Program) -> None:
    keys = {constraint["topologyKey"] for constraint in spec(program)["topologySpreadConstraints"]}
    assert keys == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def test_a_pod_gets_no_variables_about_other_services(program: Program) -> None:
    assert spec(program)["enableServiceLinks"] is False


@pytest.mark.parametrize(("stack", "authentication"), [("local", "password"), ("dev", "entra"), ("prod", "entra")])
def test_pods_know_how_to_authenticate(stack: str, authentication: str) -> None:
    for container in containers(deployed(stack, False).one("Deployment", "users")):
        assert environment(container)["DATABASE_AUTH"] == authentication


def test_spans_go_to_the_collector_that_is_set_and_to_none_otherwise() -> None:
    url = "https://otlp.example.com"
    program = run(config={"crosscloud:telemetry": {"endpoint": url}})
    assert environment(app(program))["OTEL_EXPORTER_OTLP_ENDPOINT"] == url
    for stack in STACKS:
        assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in environment(app(deployed(stack, False)))


def test_on_this_machine_the_collector_may_be_one_without_tls() -> None:
    program = run(stack="local", config={"crosscloud:telemetry": {"endpoint": "http://127.0.0.1:4318"}})
    assert environment(app(program))["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
