"""The scraping of the metrics of the services' pods."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from components.kubernetes.pod import PORT_NAME
from tests.support.program import STACKS, Program, deployed
from tests.support.services import SERVICES


@pytest.fixture(params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def jobs(program: Program) -> dict[str, dict[str, Any]]:
    configuration = program.one("ConfigMap", "ama-metrics-prometheus-config")
    assert configuration["metadata.namespace"] == "kube-system"
    found = yaml.safe_load(configuration["data"]["prometheus-config"])["scrape_configs"]
    return {job["job_name"]: job for job in found}


def test_every_pod_of_every_service_is_scraped_and_no_other(program: Program) -> None:
    assert set(jobs(program)) == set(SERVICES)
    for service, job in jobs(program).items():
        (where,) = job["kubernetes_sd_configs"]
        assert (where["role"], where["namespaces"]) == ("pod", {"names": ["apps"]})
        (kept,) = [rule for rule in job["relabel_configs"] if rule.get("action") == "keep"]
        assert kept["regex"] == f"{service};{PORT_NAME}"
        labels = program.one("Deployment", service)["spec.template.metadata.labels"]
        assert labels["app"] == service


def test_pods_prove_who_they_are_before_they_are_scraped(program: Program) -> None:
    authorities = program.one("core/v1:Secret", "ama-metrics-mtls-secret")
    assert authorities["metadata.namespace"] == "kube-system"
    assert authorities["stringData"]["ca.crt"] == program.one("ConfigMap", "users-authorities")["data"]["ca.crt"]
    for service, job in jobs(program).items():
        assert job["scheme"] == "https"
        assert job["tls_config"]["ca_file"] == "/etc/prometheus/certs/ca.crt"
        assert job["tls_config"]["server_name"] == f"{service}.apps.svc"
        assert "insecure_skip_verify" not in job["tls_config"]


def test_agent_gets_the_authorities_and_no_key(program: Program) -> None:
    assert set(program.one("core/v1:Secret", "ama-metrics-mtls-secret")["stringData"]) == {"ca.crt"}


def test_authorities_are_there_before_the_jobs_that_name_them(program: Program) -> None:
    configuration = program.one("ConfigMap", "ama-metrics-prometheus-config")
    assert program.one("core/v1:Secret", "ama-metrics-mtls-secret").urn in program.after(configuration)
