import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest

from app.services.analytics import reports
from app.services.analytics.bootstrap import estimate
from tests.support.asgi import Reply
from tests.support.waiting import PATIENCE
from tests.unit.app.services.analytics.test_events import wrong

PATH = "/analytics/reports"
QUERY = {"currency": "CHF", "from": "2030-05-01", "to": "2030-05-31"}
LONG = QUERY | {"resamples": 10_000}
MANY = [number * 7919 % 100_000 for number in range(reports.most_amounts(10_000))]


def workers() -> list[psutil.Process]:
    """Returns the processes that compute a report. Other tests may have left a zombie, which has no command line."""
    children = psutil.Process().children()
    return [child for child in children if "bootstrap.py" in " ".join(child.as_dict(["cmdline"])["cmdline"] or ())]


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.01)


def test_a_report_is_computed(post, amounts):
    cents = [number * 37 % 5000 for number in range(300)]
    amounts(cents)
    expected = {name: f"{value // 100}.{value % 100:02}" for name, value in estimate(sorted(cents), 1000).items()}
    reply = post(PATH, QUERY)

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == QUERY | {
        "resamples": 1000,
        "count": 300,
        "mean": expected["mean"],
        "median": expected["median"],
        "p95": expected["p95"],
        "interval": {"low": expected["low"], "high": expected["high"]},
    }
    assert b"e+" not in reply.body.lower()


def test_equal_requests_get_equal_reports(post, amounts):
    amounts([5, 10, 9_999_999_999, 0])
    assert post(PATH, QUERY).body == post(PATH, QUERY).body


def test_a_report_counts_only_the_events_that_the_query_names(post, amounts):
    amounts([100, 300])
    amounts([1], currency="USD")
    amounts([500], type_="refund")
    for moment in ("2030-04-30T23:59:59.999999Z", "2030-06-01T00:00:00Z"):
        amounts([7], at=moment)
    amounts([900], at="2030-05-31T23:59:59.999999Z")

    assert (post(PATH, QUERY).json["count"], post(PATH, QUERY).json["mean"]) == (4, "4.50")
    typed = post(PATH, QUERY | {"type": "sale"}).json
    assert (typed["count"], typed["median"]) == (3, "3.00")


def test_without_amounts_there_is_their_count_alone(post):
    assert post(PATH, QUERY).json == QUERY | {"resamples": 1000, "count": 0}


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"from": "2030-06-01"}, {"/to"}),
        ({"from": "0001-01-01"}, {"/from"}),
        ({"to": "9999-12-31"}, {"/to"}),
        ({"to": "2030-02-30"}, {"/to"}),
        ({"from": 20300501}, {"/from"}),
        ({"currency": "chf"}, {"/currency"}),
        ({"type": "\0"}, {"/type"}),
        ({"resamples": 99}, {"/resamples"}),
        ({"resamples": 10_001}, {"/resamples"}),
        ({"resamples": "100"}, {"/resamples"}),
        ({"resamples": True}, {"/resamples"}),
        ({"more": 1}, {"/more"}),
        ({"first": "2030-05-01"}, {"/first"}),
    ],
)
def test_what_breaks_the_contract_is_named(post, change, places):
    assert wrong(post(PATH, QUERY | change)) == places


def test_the_amounts_are_bounded_by_the_resamples(post, amounts):
    amounts([*MANY, 1])
    reply = post(PATH, LONG)

    assert wrong(reply) == {"/from"}
    assert "more than 2000 amounts, the most for 10000 resamples" in reply.json["errors"][0]["detail"]
    assert post(PATH, QUERY | {"resamples": 100}).json["count"] == len(MANY) + 1
    assert reports.most_amounts(100) == reports.MAX_AMOUNTS


def test_while_a_report_runs_all_else_is_answered(call, begin, amounts):
    amounts(MANY)

    async def run() -> tuple[float, float, bool, Reply]:
        report, begun = asyncio.ensure_future(begin(PATH, LONG)), time.perf_counter()
        await until(workers)
        first = time.perf_counter()
        for path in ["/livez", "/events?user_id=123"] * 40:
            assert (await call.request("GET", path)).status == 200
        all_else, overtaken = time.perf_counter() - first, not report.done()
        reply = await report
        return all_else, time.perf_counter() - begun, overtaken, reply

    all_else, whole, overtaken, reply = call.loop.run_until_complete(run())
    assert overtaken  # 80 requests were answered before the one that came first
    assert all_else < whole / 2
    assert reply.status == 200


def test_the_event_loop_comes_first(call, begin, amounts):
    amounts(MANY)

    async def niceness() -> int:
        report = asyncio.ensure_future(begin(PATH, LONG))
        await until(lambda: [worker for worker in workers() if worker.nice() > os.nice(0)])
        (worker,) = workers()
        found: int = worker.nice()
        await report
        return found

    assert call.loop.run_until_complete(niceness()) == min(os.nice(0) + 10, 19)


def test_the_surplus_of_reports_gets_503(call, begin, amounts):
    amounts(MANY)

    async def run() -> tuple[list[Reply], Reply]:
        replies = await asyncio.gather(*(begin(PATH, LONG) for _ in range(reports.AT_ONCE + 3)))
        return replies, await begin(PATH, QUERY)

    replies, after = call.loop.run_until_complete(run())
    refused = [reply for reply in replies if reply.status == 503]
    assert [reply.status for reply in replies].count(200) == reports.AT_ONCE
    assert len(refused) == 3
    assert {reply.headers["retry-after"] for reply in refused} == {"2"}
    assert {reply.json["type"] for reply in refused} == {"tag:crosscloud,2026:unavailable"}
    assert after.status == 200


def test_a_report_ends_with_its_caller(call, begin, gone, amounts, lines):
    amounts(MANY)

    async def run() -> None:
        report = asyncio.ensure_future(begin(PATH, LONG))
        await until(workers)
        (worker,) = workers()
        gone.set()
        await report
        assert not worker.is_running()

    call.loop.run_until_complete(run())
    gone.clear()
    (line,) = [line for line in lines() if line["message"] == "request"]
    assert (line["status"], line["level"]) == (499, "INFO")
    assert call.app.state.reports.places.free == reports.AT_ONCE


def test_a_report_ends_when_the_server_cancels_it(call, begin, amounts):
    amounts(MANY)

    async def run() -> None:
        report = asyncio.ensure_future(begin(PATH, LONG))
        await until(workers)
        (worker,) = workers()
        report.cancel()
        with pytest.raises(asyncio.CancelledError):
            await report
        assert not worker.is_running()

    call.loop.run_until_complete(run())
    assert call.app.state.reports.places.free == reports.AT_ONCE


def test_a_report_that_takes_too_long_is_ended(call, post, amounts):
    amounts(MANY)
    call.app.state.reports = reports.Reports(at_once=1, time_limit=0.2)
    reply = post(PATH, LONG)

    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert "takes too long" in reply.json["detail"]
    assert workers() == []
    assert post(PATH, LONG).json["detail"] == reply.json["detail"]  # and its place is free


def test_a_broken_program_is_an_internal_error_that_tells_nothing(call, post, amounts, monkeypatch, tmp_path, lines):
    amounts([1])
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('SENSITIVE')")
    monkeypatch.setattr(reports, "_PROGRAM", broken)
    reply = post(PATH, QUERY)

    assert (reply.status, reply.json["type"]) == (500, "tag:crosscloud,2026:internal-error")
    assert b"SENSITIVE" not in reply.body
    assert call.app.state.reports.places.free == reports.AT_ONCE


def test_the_program_gets_nothing_of_the_environment(monkeypatch, tmp_path):
    spy = tmp_path / "spy.py"
    spy.write_text("import os, json; print(json.dumps({name: 1 for name in os.environ}))")
    monkeypatch.setattr(reports, "_PROGRAM", Path(spy))
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")

    assert "DATABASE_URL" not in asyncio.run(reports.Reports().estimate([1], 100))
