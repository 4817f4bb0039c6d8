"""The cost of a whole stack: nothing is forgotten, and sums are sums."""

from __future__ import annotations

import fnmatch

import pytest

from planning.costs import monthly, of_plan, usage
from planning.costs.cost import CHARGED, amount, cost_of, free
from planning.costs.prices import read
from planning.costs.usage import STACKS
from planning.errors import CostError
from tests.support.program import deployed
from tests.unit.planning.costs.declared import FUNCTION, PRICES, QUEUE, assume, declare

FREE = [pattern for each in free() for pattern in each.types]
BY_SETTING = {"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"}
"""Types that neither stack has, and that a setting brings."""


def declared() -> set[str]:
    """Returns the types of the resources of all stacks that are deployed to the clouds."""
    return {r.type for stack in STACKS for r in deployed(stack, False).resources if r.custom}


def test_every_type_has_a_charge_or_one_reason_why_it_has_none() -> None:
    found = {
        type_: [pattern for pattern in [*CHARGED, *FREE] if fnmatch.fnmatchcase(type_, pattern)] for type_ in declared()
    }
    assert {type_: patterns for type_, patterns in found.items() if len(patterns) != 1} == {}


def test_nothing_is_charged_that_no_stack_has() -> None:
    assert CHARGED - declared() == BY_SETTING


def test_a_type_that_nobody_has_priced_is_refused_with_the_places_to_touch() -> None:
    with pytest.raises(CostError) as refused:
        cost_of([declare("aws:ssm/parameter:Parameter", "endpoint")], assume(), PRICES)
    assert str(refused.value) == (
        "aws:ssm/parameter:Parameter endpoint: nobody has said what it costs. Add a charge to planning/costs/aws.py, "
        "its price to planning/costs/prices.yaml and the use that it depends on to planning/costs/usage.yaml; or, if "
        "it costs nothing by itself, the reason to planning/costs/free.yaml."
    )


def test_a_component_is_paid_by_its_resources() -> None:
    component = declare("crosscloud:aws:Queue")
    assert cost_of([component], assume(), PRICES).usd == cost_of([], assume(), PRICES).usd


def test_the_amount_is_that_of_the_lines_and_of_its_two_parts() -> None:
    cost = cost_of([declare(QUEUE), declare("aws:kms/key:Key")], assume({"queue-requests": 5}), PRICES)
    assert cost.usd == amount(cost.lines) == round(cost.fixed + cost.by_use, 2)
    # Two keys, of which one is the state's; the metrics of no route and no service; 5 million requests of 0.40.
    assert (cost.fixed, cost.by_use) == (pytest.approx(2 * 1.00 + 31 * 0.30), 5 * 0.40)
    assert not cost.exact


def test_what_depends_on_a_use_that_nobody_has_assumed_is_named_and_not_counted() -> None:
    cost = cost_of([declare(FUNCTION, "availability")], assume(), PRICES)
    assert "availability (Function): 0.20 per million calls" in cost.uncounted
    assert cost.usd == cost_of([], assume(), PRICES).usd


def test_who_has_the_plan_need_not_make_it_again() -> None:
    key = declare("aws:kms/key:Key")
    assert of_plan("prod", [key]).usd == cost_of([key], usage.read("prod"), PRICES).usd


@pytest.mark.parametrize("stack", STACKS)
def test_the_cost_of_a_stack_is_made_of_its_plan(stack: str) -> None:
    cost = monthly(stack)
    servers = [line for line in cost.lines if line.price.id == "database-storage"]
    assert len(servers) == len(deployed(stack, False).all("dbforpostgresql:Server"))
    assert cost.usd == round(cost.fixed + cost.by_use, 2)


def test_what_this_machine_runs_costs_nothing() -> None:
    with pytest.raises(CostError, match="The stack local costs nothing"):
        monthly("local")


def test_every_line_has_a_price_of_the_file() -> None:
    assert {line.price.id for stack in STACKS for line in monthly(stack).lines} <= read().rows.keys()
