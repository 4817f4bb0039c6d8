from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from planning.costs.prices import FRESH_DAYS, PLACE, Prices, read
from planning.errors import CostError

PRICES = read()
DAY = date(2025, 1, 1)


def made(folder: Path, row: str) -> Prices:
    file = folder / "prices.yaml"
    file.write_text(f"AWS:\n  api/requests: {{{row}}}\n")
    return read(file)


@pytest.mark.parametrize("id_", PRICES.rows)
def test_every_price_has_a_unit_and_a_source_with_a_day_or_is_not_verified(id_: str) -> None:
    row = PRICES.rows[id_]
    assert row.usd >= 0
    assert row.per
    assert not row.verified or (row.source and row.day)
    assert row.source is None or row.source.startswith("https://")


def test_every_price_has_a_name_of_its_own() -> None:
    names = [row.what for row in PRICES.rows.values()]
    assert [name for name in names if names.count(name) > 1] == []


def test_a_price_that_names_a_test_of_infracost_leads_to_its_file() -> None:
    source = PRICES.rows["queues/requests"].source or ""
    assert source.endswith("/internal/providers/terraform/aws/testdata/sqs_queue_test/sqs_queue_test.golden")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("what: API, usd: 1.0, per: call", "say `source` and `day`"),
        ("what: API, usd: 1.0, per: call, source: 'https://a'", "say `source` and `day`"),
        ("what: API, usd: 1.0, per: call, source: 'https://a', day: May", "say `source` and `day`"),
        ("usd: 1.0, verified: false", "say what, per"),
        ("what: API, usd: 1.0, per: call, verified: false, date: 2025-01-01", "unknown are date"),
    ],
)
def test_a_row_that_lacks_something_is_refused(row: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CostError, match=rf"{PLACE}, api/requests: {sentence}"):
        made(tmp_path, row)


def test_a_price_that_could_not_be_verified_needs_no_source(tmp_path: Path) -> None:
    row = made(tmp_path, "what: API, usd: 1, per: call, verified: false").rows["api/requests"]
    assert (row.usd, row.source, row.day, row.verified) == (1.0, None, None, False)


def test_a_price_is_old_after_365_days_and_then_told_of(tmp_path: Path) -> None:
    prices = made(tmp_path, f"what: API, usd: 1.0, per: call, source: 'https://a', day: {DAY}")
    last = DAY + timedelta(days=FRESH_DAYS)
    assert prices.warning(last) is None
    warning = prices.warning(last + timedelta(days=1)) or ""
    assert warning.startswith(f"1 of 1 prices in {PLACE} are older than 365 days, the oldest of 2025-01-01: look")


def test_what_was_never_verified_grows_no_older(tmp_path: Path) -> None:
    prices = made(tmp_path, "what: API, usd: 1.0, per: call, verified: false")
    assert prices.warning(date(2099, 1, 1)) is None


@pytest.mark.parametrize(
    ("usd", "rate"),
    [("1", "1.00 per call"), ("0.022", "0.022 per call"), ("0.0000133334", "0.0000133334 per call")],
)
def test_a_rate_has_all_of_its_digits(usd: str, rate: str, tmp_path: Path) -> None:
    row = made(tmp_path, f"what: API, usd: {usd}, per: call, verified: false").rows["api/requests"]
    assert row.rate == rate


def test_a_variant_without_a_price_names_those_that_have_one() -> None:
    assert PRICES.variant("registry", "Basic", whose="x").usd == 5.0
    with pytest.raises(CostError) as refused:
        PRICES.variant("registry", "Standard", whose="Registry one: sku.name")
    assert str(refused.value) == (
        "Registry one: sku.name is Standard, which has no price. There are prices for Basic, Premium. Choose one of "
        f"them, or add `registry/Standard` with its unit, source and day to {PLACE}."
    )
