"""The rules that hold for all components for events."""

from __future__ import annotations

import pytest

from planning.wire import UNKNOWN
from tests.unit.components.events import program


def test_a_program_of_them_runs_without_a_warning_and_leaves_nothing_unknown() -> None:
    assert program().warnings == []
    assert [one.urn for one in program().resources if UNKNOWN in str(one.inputs)] == []


def test_preview_and_deployment_declare_the_same() -> None:
    assert {one.urn for one in program(preview=True).resources} == {one.urn for one in program().resources}


@pytest.mark.parametrize("preview", [True, False])
def test_no_component_tells_a_secret(preview: bool) -> None:
    assert not any(program(preview=preview).component_secrets.values())


def test_every_resource_has_a_component_as_its_parent() -> None:
    types = {one.urn: one.type for one in program().resources}
    for one in program().resources:
        if one.custom:
            assert types[one.parent].startswith("crosscloud:aws:"), one.urn


def test_physical_names_are_left_to_pulumi_so_that_a_replacement_has_room() -> None:
    for one in program().resources:
        if one.custom and one.type.split(":")[1].split("/")[0] in ("sqs", "sns", "dynamodb"):
            assert one["name"] is None, one.urn


def test_the_local_stack_has_a_provider_for_every_type() -> None:
    from local.providers.aws.resource import tables

    assert {one.type for one in program().resources if one.custom} <= tables().keys()
