"""The container that the engine's test runs is as strict as the pod that the program declares."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.images.confinement import arguments
from tests.support.program import deployed

ENVIRONMENT = {
    "HOST": "127.0.0.1",
    "POD_NAME": "users-1",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/u?sslmode=disable",
    "SERVICE_DATABASE_URL": "postgresql://s:p@127.0.0.1/u?sslmode=disable",
}


@pytest.fixture
def pod() -> dict[str, Any]:
    return dict(deployed("prod", False).one("Deployment", "users")["spec.template.spec"])


def run(pod: dict[str, Any], container: dict[str, Any]) -> list[str]:
    return arguments(pod, container, environment=ENVIRONMENT, mounts={"tls": Path("/here/tls")})


def test_service_is_as_confined_as_its_pod(pod: dict[str, Any]) -> None:
    options = " ".join(run(pod, pod["containers"][0]))
    assert options.startswith("--user 10001:10001 --group-add 10001 --read-only --security-opt no-new-privileges")
    assert "--cap-drop ALL" in options
    assert "--tmpfs /tmp:mode=1777" in options
    assert "--volume /here/tls:/tls:ro" in options
    assert f"--memory {pod['containers'][0]['resources']['limits']['memory'].removesuffix('Mi')}m" in options


def test_migration_is_as_confined_and_has_no_key() -> None:
    job = dict(deployed("prod", False).one("batch/v1:Job", "users-migrations")["spec.template.spec"])
    options = " ".join(run(job, job["containers"][0]))
    for option in ("--user 10001:10001", "--read-only", "no-new-privileges", "--cap-drop ALL", "--memory 256m"):
        assert option in options
    assert "/tls" not in options


def test_environment_is_the_pod_s_with_what_only_a_cluster_knows(pod: dict[str, Any]) -> None:
    options = run(pod, pod["containers"][0])
    environment = dict(text.split("=", 1) for option, text in pairwise(options) if option == "--env")
    assert environment.keys() == {variable["name"] for variable in pod["containers"][0]["env"]}
    assert environment["PORT"] == "8443"
    known = {name: value for name, value in ENVIRONMENT.items() if name in environment}
    assert environment | known == environment


def test_missing_value_is_an_error(pod: dict[str, Any]) -> None:
    with pytest.raises(KeyError, match="POD_NAME"):
        arguments(pod, pod["containers"][0], environment={"HOST": "127.0.0.1"}, mounts={"tls": Path("/x")})


@pytest.mark.parametrize(
    ("where", "change", "reason"),
    [
        ("pod", {"runAsUser": 0}, "runs as root"),
        ("pod", {"runAsNonRoot": False}, "runs as root"),
        ("pod", {"sysctls": []}, "no counterpart here for sysctls"),
        ("pod", {"seccompProfile": {"type": "Unconfined"}}, "no such seccomp profile"),
        ("container", {"privileged": True}, "no counterpart here for privileged"),
        ("container", {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}, "no counterpart here for add"),
    ],
)
def test_what_can_t_be_the_same_is_refused(pod: dict[str, Any], where: str, change: Any, reason: str) -> None:
    container = pod["containers"][0]
    if where == "pod":
        pod = {**pod, "securityContext": {**pod["securityContext"], **change}}
    else:
        container = {**container, "securityContext": {**container["securityContext"], **change}}
    with pytest.raises(ValueError, match=reason):
        run(pod, container)


@pytest.mark.parametrize(
    ("member", "lost"),
    [("readOnlyRootFilesystem", "--read-only"), ("allowPrivilegeEscalation", "no-new-privileges")],
)
def test_weaker_pod_would_be_tested_as_it_is(pod: dict[str, Any], member: str, lost: str) -> None:
    container = pod["containers"][0]
    weaker = {**container["securityContext"], member: not container["securityContext"][member]}
    assert lost not in run(pod, {**container, "securityContext": weaker})
