from __future__ import annotations

import pytest

from tests.support.program import STACKS, deployed


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_has_a_password_and_nobody_pulls_anonymously(stack: str) -> None:
    registry = deployed(stack, False).one("containerregistry:Registry")
    assert registry["adminUserEnabled"] is False
    assert registry["anonymousPullEnabled"] is False


@pytest.mark.parametrize("stack", STACKS)
def test_who_pushed_what_is_on_record(stack: str) -> None:
    setting = deployed(stack, False).one("DiagnosticSetting", "registry-logs")
    assert setting["resourceUri"].split("/")[-2] == "Registry"
    assert {log["category"] for log in setting["logs"] if log["enabled"]} == {
        "ContainerRegistryLoginEvents",
        "ContainerRegistryRepositoryEvents",
    }


def test_prod_survives_a_zone_and_removes_old_images() -> None:
    registry = deployed("prod", False).one("containerregistry:Registry")
    assert registry["zoneRedundancy"] == "Enabled"
    assert registry["policies.retentionPolicy"] == {"status": "enabled", "days": 30}


def test_basic_asks_for_nothing_that_it_does_not_have() -> None:
    registry = deployed("dev", False).one("containerregistry:Registry")
    assert registry["sku.name"] == "Basic"
    assert registry["zoneRedundancy"] != "Enabled"
    assert registry["policies"] is None
