"""A model is built beside the living one: compared, switched to, given up or killed at any point."""

import asyncio
import random

import pytest

from app.services.analytics import rebuilding
from tests.support import roll_ups
from tests.unit.app.services.analytics.conftest import event
from tests.unit.app.services.analytics.test_counts import MINE, some

MODELS = "/analytics/models"
SUMMARY = "/analytics/summary?from=2030-05-01&to=2030-05-04"


@pytest.fixture
def step(post):
    """Takes a step of the rebuild and returns its answer's JSON. Keywords are the body."""

    def take(path: str = "", status: int = 200, **body: object) -> object:
        reply = post(f"{MODELS}{path}", body, x_principal=MINE)
        assert reply.status == status, reply
        return reply.json

    return take


@pytest.fixture
def count(step):
    """Counts all stored events in the model."""

    def all_of(name: str) -> None:
        while step(f"/{name}/stored")["more"]:
            pass

    return all_of


@pytest.fixture
def damaged(post, rows):
    """Events of an order's system, of which the living model has one total and one user wrong."""
    events = some(60, random.Random(3))
    post("/events", {"events": events}, x_principal=MINE)
    (day, kind, currency) = rows(
        """update daily_totals set events = events + 5 where (day, type, currency) in (
            select day, type, currency from daily_totals where day >= '2030-05-01' limit 1
        ) returning day, type, currency"""
    )[0]
    rows("update daily_users set users = 0::bit(8192) where day = '2030-05-02'")
    return events, (day.isoformat(), kind, currency or None)


def test_a_wrong_model_is_found_and_replaced_and_no_answer_in_between_is_another(
    call, step, count, rows, damaged, post
):
    _, place = damaged
    wrong = call("GET", SUMMARY).json
    step(name="r1")
    assert call("GET", SUMMARY).json == wrong
    count("r1")
    assert call("GET", SUMMARY).json == wrong

    compared = step("/r1/switch", compare_only=True)
    assert call("GET", SUMMARY).json == wrong
    done = step("/r1/switch")

    assert compared == done | {"switched": False}
    first, *_, last = sorted(done["differences"], key=lambda each: each["type"] is None)
    assert (first["day"], first["type"], first["currency"]) == place
    assert first["living"]["events"] - first["rebuilt"]["events"] in (5, 10, 15)
    assert (last["day"], last["type"], last["living"]["events"]) == ("2030-05-02", None, 0)
    assert (done["switched"], done["different"], done["events"]) == (True, 2, 65)
    roll_ups.check(rows)
    assert step("/r1/switch") == done, "a repetition gets the same answer"
    assert call("GET", SUMMARY).json != wrong
    post("/events", {"events": some(5, random.Random(5))})
    roll_ups.check(rows)


def test_archived_events_that_the_table_lacks_are_stored_and_count_once(call, step, count, rows, post):
    known, lost, late = (
        event(type="order.placed", occurred_at="2030-05-01T10:00:00Z", user_id=f"u{n}") for n in range(3)
    )
    post("/events", {"events": [known]}, x_principal=MINE)
    step(name="r1")
    taken = [step("/r1/archived", events=[known, lost, lost, late]) for _ in range(2)]
    count("r1")
    arrived = post("/events", {"events": [late]}, x_principal=MINE)
    done = step("/r1/switch")

    assert taken == [{"counted": 3, "restored": 2}, {"counted": 0, "restored": 0}]
    assert arrived.json == {"accepted": 0, "duplicates": 1}
    assert (done["archived"], done["restored"], done["different"]) == (3, 2, 0)
    assert call("GET", SUMMARY).json["events"] == call("GET", SUMMARY).json["users"] == 3
    roll_ups.check(rows)


def test_an_event_that_the_table_has_otherwise_stops_the_switch(step, count, post, rows):
    one = event(type="order.placed", amount="1.00", currency="EUR", occurred_at="2030-05-01T10:00:00Z")
    post("/events", {"events": [one]}, x_principal=MINE)
    step(name="r1")
    for _ in range(2):
        step("/r1/archived", events=[one | {"amount": "9.00"}])
    count("r1")
    done = step("/r1/switch")

    assert (done["contradicting"], done["examples"], done["switched"]) == (1, [one["id"]], False)
    assert [(each["living"]["amount"], each["rebuilt"]["amount"]) for each in done["differences"]] == [("1.00", "9.00")]
    assert rows("select name from models where state = 'living'")[0][0] == "first"


def test_writers_go_on_while_models_are_built_switched_and_given_up(call, begin, rows):
    """Nothing is lost or doubled, and no writer is refused or the victim of a deadlock."""
    chance = random.Random(11)
    batches = [some(20, chance) for _ in range(40)]
    batches += batches[::3]

    async def write() -> list[int]:
        statuses = []
        for start in range(0, len(batches), 3):
            replies = (begin("/events", {"events": each}, x_principal=MINE) for each in batches[start : start + 3])
            statuses += [reply.status for reply in await asyncio.gather(*replies)]
        return statuses

    async def rebuild(writing: "asyncio.Task[list[int]]") -> int:
        switched = 0

        async def step(path: str, **body: object) -> dict[str, object]:
            reply = await begin(f"{MODELS}{path}", body, x_principal=MINE)
            assert reply.status == 200, reply
            return reply.json

        while not writing.done() or switched < 2:
            name = f"r{switched}"
            await step("", name=f"{name}-left")
            await step("", name=name)
            await asyncio.gather(*(step(f"/{name}/archived", events=each) for each in batches[:4]))
            while (await step(f"/{name}/stored"))["more"]:
                pass
            done = await step(f"/{name}/switch")
            assert (done["different"], done["switched"]) == (0, True)
            while (await step("/clear"))["more"]:
                pass
            switched += 1
        return switched

    async def both() -> tuple[list[int], int]:
        writing = asyncio.ensure_future(write())
        return await asyncio.gather(writing, rebuild(writing))

    statuses, switched = call.loop.run_until_complete(both())
    assert set(statuses) == {200}
    assert switched >= 2
    roll_ups.check(rows)
    assert rows("select deadlocks from pg_stat_database where datname = current_database()")[0][0] == 0
    assert rows("select count(*) from counted_events")[0][0] == 0
    assert rows("select count(distinct model) from daily_totals")[0][0] == 1


@pytest.mark.parametrize("killed_after", range(4))
def test_a_rebuild_that_was_killed_is_followed_by_another(step, count, rows, damaged, monkeypatch, killed_after):
    monkeypatch.setattr(rebuilding, "BATCH", 10)
    events, _ = damaged
    steps = [
        lambda: step(name="killed"),
        lambda: step("/killed/archived", events=events[:50]),
        lambda: step("/killed/stored"),
        lambda: count("killed"),
    ]
    for each in steps[: killed_after + 1]:
        each()

    step(name="next")
    assert "is not being built" in step("/killed/archived", 409, events=events[:1])["detail"]
    assert "is not being built" in step("/killed/switch", 409)["detail"]
    step("/next/archived", events=events)
    count("next")
    step("/next/switch")
    while step("/clear")["more"]:
        pass

    roll_ups.check(rows)
    assert rows("select count(*) from models where state <> 'living' and name <> 'killed'")[0][0] == 1
    assert rows("select count(distinct model) from daily_totals")[0][0] == 1


def test_what_is_not_complete_is_not_switched_to_and_a_name_is_used_once(step, count):
    step(name="r1")
    step(name="r1")
    assert step("/r1/switch", 409)["detail"] == "Not all stored events are counted yet."
    count("r1")
    step("/r1/leave")
    step("/r1/leave")
    assert "each rebuild takes a new name" in step("", 409, name="r1")["detail"]


@pytest.mark.parametrize("path", ["", "/clear", "/r1/archived", "/r1/stored", "/r1/switch", "/r1/leave"])
def test_nobody_but_a_function_of_the_system_takes_a_step(post, path):
    body = {"": {"name": "r1"}, "/r1/archived": {"events": [event()]}}.get(path, {})
    assert post(f"{MODELS}{path}", body, x_principal="token/tests").status == 403
