from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date

import pytest

from planning.costs.cost import cost_of
from planning.costs.report import MOST_ROWS, Reported, as_json, as_text, of_change
from planning.plan import Planned
from tests.support.program import ROOT
from tests.unit.planning.costs.declared import CLUSTER, PRICES, QUEUE, SERVER, assume, declare

NEW = min(row.day for row in PRICES.rows.values() if row.day)
"""A day on which no price is old."""
OLD = date(2099, 1, 1)


def server(name: str, size: str = "Standard_B1ms") -> Planned:
    return declare(SERVER, name, sku={"name": size}, storage={"storageSizeGB": 32})


def reported(before: list[Planned], after: list[Planned], today: date = NEW) -> Reported:
    found = of_change("prod", before, after, today)
    assert found
    return found


def test_markdown_is_a_table_of_what_changes_with_its_reasons() -> None:
    change = reported([server("users")], [server("users", "Standard_D2ds_v5")])
    head, _, _, _, row, *_ = change.markdown.splitlines()
    assert head.startswith("**prod: +132.13 USD a month (~")
    assert head.endswith("whatever the use +132.13, by use +0.00)**")
    assert row == (
        "| users (Server) | 20.48 | 152.61 | Databases, Standard_B1ms: 730 at 0.022 per hour → "
        "Databases, Standard_D2ds_v5: 730 at 0.203 per hour |"
    )


def test_text_has_the_same() -> None:
    lines = reported([server("users")], []).text.splitlines()
    assert lines[0].startswith("prod: -20.48 USD a month")
    bill = "Databases, Standard_B1ms: 730 at 0.022 per hour; Databases, storage: 32 at 0.138 per GB"
    assert lines[1].strip() == f"-20.48  users (Server): {bill} → nothing"


def test_an_amount_of_a_price_that_was_not_verified_is_marked_and_its_assumptions_are_named() -> None:
    pool = {"vmSize": "Standard_D2ds_v5", "enableAutoScaling": True, "minCount": 1, "maxCount": 3}
    change = of_change("dev", [], [declare(CLUSTER, agentPoolProfiles=[{**pool, "osDiskType": "Ephemeral"}])], NEW)
    assert change
    assert "| one (ManagedCluster) | 0.00 | ~" in change.markdown
    assert "~ marks an amount that a price without a verified source is part of." in change.markdown
    assert "Assumed: cluster-hours 220 hours (" in change.markdown


def test_what_depends_on_use_is_named() -> None:
    assert "Depends on use, not counted: orders (Queue)." in reported([], [declare(QUEUE, "orders")]).text


def test_a_change_that_costs_nothing_is_one_line() -> None:
    change = reported([server("users")], [server("users")])
    assert change.text.startswith("prod: costs ~")
    assert change.text.endswith("USD a month, as before")


def test_old_prices_are_told_of() -> None:
    assert "Warning" not in reported([], [server("users")]).markdown
    warning = reported([], [server("users")], OLD).markdown.splitlines()[-1]
    assert warning.startswith("Warning: ")
    assert "are older than 365 days" in warning


def test_a_name_is_neither_markdown_nor_html() -> None:
    row = reported([], [server("<b>|`@all`*x*[a](b)")]).markdown.splitlines()[4]
    assert row.startswith("| -b---@all".replace("@", "-") + "--x--a-(b) (Server) |")


def test_a_long_table_ends_with_how_much_is_left_out() -> None:
    servers = [server(f"s{number}") for number in range(MOST_ROWS + 2)]
    rows = [line for line in reported([], servers).markdown.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + MOST_ROWS + 1
    assert rows[-1] == "| and 2 more | | | |"


def test_a_plan_is_shown_though_something_has_no_price() -> None:
    change = reported([], [server("users", "Standard_B2s")])
    assert change.text.startswith(
        "What prod costs can't be said: azure-native:dbforpostgresql:Server users: sku.name is"
    )
    assert change.markdown == f"**{change.text.replace('`', '-')}**"
    assert set(change.data) == {"error"}


def test_what_this_machine_runs_costs_nothing() -> None:
    assert of_change("local", [], [server("users")], NEW) is None


def test_programs_get_rows_and_assumptions() -> None:
    data = reported([server("users")], [server("users", "Standard_D2ds_v5")]).data
    assert (data["difference"], data["rows"][0]["before"], data["rows"][0]["after"]) == (132.13, 20.48, 152.61)
    assert json.dumps(data)


def test_a_cost_shows_each_price_once_and_adds_up() -> None:
    cost = cost_of([server("users"), server("billing")], assume(), PRICES)
    lines = as_text(cost, NEW).splitlines()
    (row,) = (line for line in lines if line.startswith("Databases, Standard_B1ms"))
    assert " ".join(row.split()) == "Databases, Standard_B1ms 32.12 1,460 0.022 per hour"
    (total,) = (line for line in lines if line.startswith("together"))
    assert total.split()[-1] == f"~{cost.usd:,.2f}"
    assert sum(line["usd"] for line in as_json(cost)["lines"]) == pytest.approx(cost.usd)


def test_the_amount_and_what_it_depends_on_come_before_a_table_with_headings() -> None:
    cost = cost_of([server("users")], assume(), PRICES)
    text = as_text(cost, OLD)
    assert text.startswith(
        f"dev costs about {cost.usd:,.2f} US dollars a month: {cost.fixed:,.2f} whatever the use, and "
        f"{cost.by_use:,.2f} by the use that is assumed below.\n"
    )
    before, _, table = text.partition("\nwhat is paid for ")
    assert table.splitlines()[0].split() == ["USD", "a", "month", "units", "USD", "for", "a", "unit"]
    for explained in ("~ marks an amount", "Warning: ", "Prices are those of other regions", "Assumed of the use"):
        assert explained in before


def test_amounts_stand_below_their_heading() -> None:
    cost = cost_of([server("users")], assume(), PRICES)
    heading, *rows = as_text(cost, NEW)[as_text(cost, NEW).index("what is paid for") :].splitlines()
    end = heading.index("USD a month") + len("USD a month")
    assert len(rows) > 2
    for row in rows:
        assert re.fullmatch(r".*\s~?[\d,]+\.\d\d", row[:end]), row


def command(*arguments: str) -> str:
    done = [sys.executable, "-m", "planning", *arguments]
    return subprocess.run(done, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_a_stack_s_cost_is_a_command() -> None:
    cost = json.loads(command("costs", "--stack", "prod", "--json"))
    assert cost["usd"] == pytest.approx(sum(line["usd"] for line in cost["lines"]))
    assert command("costs", "--stack", "prod").startswith(f"prod costs about {cost['usd']:,.2f} US dollars a month")


@pytest.mark.slow
def test_a_stack_without_costs_is_one_sentence() -> None:
    done = [sys.executable, "-m", "planning", "costs", "--stack", "local"]
    failed = subprocess.run(done, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("What local costs is not known")
