import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.services.analytics import store
from app.services.analytics.api import SUMMARIES
from app.services.kit.database import POOL_SIZE
from tests.unit.app.services.analytics.conftest import event
from tests.unit.app.services.analytics.test_events import wrong


def day(back: int) -> str:
    return (datetime.now(UTC).date() - timedelta(days=back)).isoformat()


def test_a_period_is_counted_and_added_up_exactly(call, post):
    def sale(at: str, user: str, amount: str, currency: str) -> dict:
        return event(type="sale", occurred_at=at, user_id=user, amount=amount, currency=currency)

    post(
        "/events",
        {
            "events": [
                sale("2030-05-01T00:00:00Z", "a", "0.10", "EUR"),
                sale("2030-05-02T12:00:00Z", "b", "0.20", "EUR"),
                sale("2030-05-02T23:59:59.999999Z", "a", "99999999.99", "EUR"),
                sale("2030-05-03T01:59:59+02:00", "c", "5.00", "USD"),
                event(occurred_at="2030-05-02T00:00:00Z", user_id="a"),
                sale("2030-04-30T23:59:59.999999Z", "x", "1.00", "EUR"),
                sale("2030-05-03T00:00:00Z", "y", "1.00", "EUR"),
            ]
        },
    )
    reply = call("GET", "/analytics/summary?from=2030-05-01&to=2030-05-02")

    assert reply.json == {
        "from": "2030-05-01",
        "to": "2030-05-02",
        "events": 5,
        "users": 3,
        "by_type": [{"type": "sale", "count": 4}, {"type": "login", "count": 1}],
        "amounts": [
            {"currency": "EUR", "count": 3, "total": "100000000.29"},
            {"currency": "USD", "count": 1, "total": "5.00"},
        ],
    }


def test_a_period_without_events_is_empty(call):
    reply = call("GET", "/analytics/summary?from=2099-12-31&to=2099-12-31")
    assert reply.json == {
        "from": "2099-12-31",
        "to": "2099-12-31",
        "events": 0,
        "users": 0,
        "by_type": [],
        "amounts": [],
    }


def test_the_default_is_the_last_30_days(call):
    before = day(29), day(0)
    reply = call("GET", "/analytics/summary").json
    assert (reply["from"], reply["to"]) in {before, (day(29), day(0))}


def test_one_end_gives_the_other(call):
    assert call("GET", "/analytics/summary?to=2026-11-30").json["from"] == "2026-11-01"
    assert call("GET", "/analytics/summary?to=2000-01-05").json["from"] == "2000-01-01"
    before = day(0)
    assert call("GET", "/analytics/summary?from=2026-11-01").json["to"] in {before, day(0)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("from=2026-11-02&to=2026-11-01", {"from"}),
        ("from=2099-01-01", {"from"}),
        ("from=2026-02-30", {"from"}),
        ("from=1999-12-31&to=2100-01-01", {"from", "to"}),
        ("from=0001-01-01", {"from"}),
        ("to=9999-12-31", {"to"}),
        ("to=2026-11-01T00:00:00Z", {"to"}),
        ("to=2026-11-01%0A", {"to"}),
        ("to=1793611800", {"to"}),
        ("from=", {"from"}),
        ("from=%00", {"from"}),
    ],
)
def test_a_period_of_another_form_is_named(call, query, names):
    assert wrong(call("GET", f"/analytics/summary?{query}")) == names


def test_the_most_frequent_types_are_shown_and_the_number_is_bounded(call, rows):
    rows(
        """insert into events (id, type, user_id, occurred_at, amount, currency)
        select gen_random_uuid(), 't' || n % 1100, 'u' || n % 7, '2031-01-01', 0.01,
            chr(65 + n % 13) || chr(65 + n % 11) || chr(65 + n % 10)
        from generate_series(0, 1149) n"""
    )
    reply = call("GET", "/analytics/summary?from=2031-01-01&to=2031-01-01").json

    assert (reply["events"], reply["users"]) == (1150, 7)
    assert len(reply["by_type"]) == len(reply["amounts"]) == store.MOST
    assert [each["count"] for each in reply["by_type"][:51]] == [2] * 50 + [1]


# ---- when summaries take long

SLOW = "select null as type, null as currency, 0::bigint as count, null as total, 0::bigint as users from pg_sleep({})"
SUMMARY = "/analytics/summary?from=2030-05-01&to=2030-05-02"


def slow(monkeypatch, seconds: float) -> None:
    statement = SLOW.format(seconds) + " where $1::date <= $2::date and $3::int > 0"
    monkeypatch.setattr(store, "SUMMARY", statement)


def test_summaries_that_take_long_never_keep_events_from_being_recorded(call, begin, monkeypatch):
    """More callers than a pod has connections ask for summaries while events come in."""
    slow(monkeypatch, 1.0)

    async def run():
        summaries = [asyncio.ensure_future(call.request("GET", SUMMARY)) for _ in range(3 * POOL_SIZE)]
        await asyncio.sleep(0.1)
        recorded = await asyncio.gather(*(begin("/events", {"events": [event()]}) for _ in range(3 * POOL_SIZE)))
        return await asyncio.gather(*summaries), recorded

    summaries, recorded = call.loop.run_until_complete(run())
    assert {reply.status for reply in recorded} == {200}
    assert Counter(reply.status for reply in summaries) == {200: SUMMARIES, 503: 3 * POOL_SIZE - SUMMARIES}
    refused = next(reply for reply in summaries if reply.status == 503)
    assert refused.headers["retry-after"] == "2"
    assert refused.json["detail"] == "As many summaries as may run at once are running; try again."


def test_a_summary_that_takes_too_long_ends_with_503_and_says_what_to_do(call, monkeypatch):
    slow(monkeypatch, 30)
    reply = call("GET", SUMMARY)

    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert reply.json["detail"] == "The period has too many events to be counted in time: take fewer days."
    monkeypatch.undo()
    assert call("GET", SUMMARY).status == 200, "its place is free again"
