from __future__ import annotations

import pytest

from tests.support.clouds import client_of
from tests.support.program import STACKS, deployed


@pytest.mark.parametrize("stack", STACKS)
def test_only_the_service_s_own_account_gets_its_identity(stack: str) -> None:
    program = deployed(stack, False)
    credential, account = program.one("FederatedIdentityCredential", "users"), program.one("ServiceAccount", "users")
    where = account["metadata"]
    assert credential["subject"] == f"system:serviceaccount:{where['namespace']}:{where['name']}"
    assert credential["issuer"] == "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]


@pytest.mark.parametrize("stack", STACKS)
def test_pods_use_the_account_and_the_account_names_the_identity(stack: str) -> None:
    program = deployed(stack, False)
    account = program.one("ServiceAccount", "users")
    assert account["metadata"]["annotations"]["azure.workload.identity/client-id"] == client_of("users")
    template = program.one("Deployment", "users")["spec.template"]
    assert template["spec"]["serviceAccountName"] == account["metadata.name"]
    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"


@pytest.mark.parametrize("stack", STACKS)
def test_no_token_of_the_cluster_is_in_the_pods(stack: str) -> None:
    program = deployed(stack, False)
    assert program.one("ServiceAccount", "users")["automountServiceAccountToken"] is False
    assert program.one("Deployment", "users")["spec.template.spec.automountServiceAccountToken"] is False
