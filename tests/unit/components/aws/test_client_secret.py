from __future__ import annotations

import json

import pytest

from tests.support.program import STACKS, deployed


@pytest.mark.parametrize("stack", STACKS)
def test_value_is_the_client_certificate_with_the_servers_authority(stack: str) -> None:
    program = deployed(stack, False)
    version = program.one("SecretVersion", "orchestrator")
    value = json.loads(version["secretString"])
    assert set(value) == {"certificate", "private_key", "ca"}
    assert value["ca"] == program.one("ConfigMap", "users-authorities")["data"]["ca.crt"]
    assert "PRIVATE KEY" in value["private_key"]
    assert version.secrets == {"secretString"}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("preview", [True, False])
def test_value_is_secret_even_before_it_is_known(stack: str, preview: bool) -> None:
    assert "secretString" in deployed(stack, preview).one("SecretVersion", "orchestrator").secrets


def test_function_is_there_after_the_value() -> None:
    program = deployed("prod", False)
    assert program.one("SecretVersion", "orchestrator").urn in program.after(
        program.one("lambda/function:Function", "orchestrator")
    )
