from __future__ import annotations

from pathlib import Path

import pytest

from planning.costs.usage import PLACE, STACKS, read
from planning.errors import CostError


@pytest.mark.parametrize("stack", STACKS)
def test_every_assumption_has_a_unit_and_a_reason(stack: str) -> None:
    for assumption in read(stack).assumptions.values():
        assert assumption.unit
        assert assumption.because
        assert all(value >= 0 for value in assumption.values.values())


def test_of_another_stack_nothing_is_assumed() -> None:
    with pytest.raises(CostError, match=r"What local costs is not known: .* says how much dev and prod are used"):
        read("local")


def test_what_is_not_assumed_is_named_with_the_place_where_it_belongs() -> None:
    usage = read("prod")
    assert usage.known("nodes") is None
    with pytest.raises(CostError, match=f"Nothing is assumed of `nodes` in prod: add it with its reason to {PLACE}"):
        usage.of("nodes")


def test_another_value_leaves_the_others_and_the_file_alone() -> None:
    usage = read("dev")
    other = usage.other(cluster_hours=730)
    assert (other.of("cluster-hours"), other.of("nodes")) == (730, usage.of("nodes"))
    assert usage.of("cluster-hours") != 730


def test_variants_are_those_of_which_something_is_assumed() -> None:
    assert read("prod").variants("provisioned-nodes") == {"Standard_D2ds_v5": 3}
    assert read("dev").variants("provisioned-nodes") == {}


@pytest.mark.parametrize("row", ["{unit: GB, dev: 1}", "{because: x, dev: 1}", "{unit: GB, because: x, staging: 1}"])
def test_a_row_of_another_form_is_refused(row: str, tmp_path: Path) -> None:
    file = tmp_path / "usage.yaml"
    file.write_text(f"logs: {row}\n")
    with pytest.raises(CostError, match=f"{PLACE}, logs: say `unit` and `because`"):
        read("dev", file)
