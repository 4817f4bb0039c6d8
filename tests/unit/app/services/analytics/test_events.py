import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.services.kit.pagination import encode
from tests.support.asgi import Reply
from tests.support.waiting import PATIENCE
from tests.unit.app.services.analytics.conftest import event

SALE = {"type": "order.placed", "amount": "10.20", "currency": "EUR", "attributes": {"channel": "web", "x.y-z_1": "é"}}


def wrong(reply: Reply) -> set[str]:
    assert reply.status == 422, reply
    assert reply.json["type"] == "tag:crosscloud,2026:invalid-request"
    return {error.get("pointer", error.get("parameter")) for error in reply.json["errors"]}


def stored(rows) -> int:
    return rows("select count(*) from events where user_id !~ '^12'")[0][0]


def test_events_are_stored_and_read(call, post):
    plain, sale = event(), event(occurred_at="2026-11-02T11:30:00.25+01:00", **SALE)
    reply = post("/events", {"events": [plain, sale]})

    assert (reply.status, reply.json) == (200, {"accepted": 2, "duplicates": 0})
    assert reply.headers["content-type"] == "application/json"
    assert call("GET", "/events?user_id=ada").json == {
        "items": [
            sale | {"occurred_at": "2026-11-02T10:30:00.250000Z"},
            plain | {"attributes": {}},
        ],
        "next_cursor": None,
    }


def test_the_seeds_are_events(call):
    page = call("GET", "/events?user_id=123").json
    assert [item.get("amount") for item in page["items"]] == ["59.97", None, "249.00", "10.20"]


def test_an_event_is_stored_once(post, rows):
    one, two, three = event(), event(), event()
    first = post("/events", {"events": [one, two, two]})
    again = post("/events", {"events": [three, one | {"type": "other"}, two | {"id": two["id"].upper()}]})

    assert first.json == {"accepted": 2, "duplicates": 1}
    assert again.json == {"accepted": 1, "duplicates": 2}
    assert stored(rows) == 3
    assert rows("select count(*) from events where type = 'other'")[0][0] == 0


def test_batches_of_the_same_events_do_not_wait_for_each_other(call, begin, rows, url):
    """Both wait for one that is being stored elsewhere, and have stored what is before it in their batch by then."""
    first, middle, last = (event(id=str(UUID(int=number))) for number in range(3))

    async def together() -> list[Reply]:
        other, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        try:
            transaction = other.transaction()
            await transaction.start()
            await other.execute("insert into events values ($1, 'a', 'b', now())", middle["id"])
            batches = [
                asyncio.ensure_future(begin("/events", {"events": batch}, x_principal="system/fulfilment"))
                for batch in ([first, middle, last], [last, middle, first])
            ]
            async with asyncio.timeout(PATIENCE):
                while await watcher.fetchval(waiting) < 2:  # noqa: ASYNC110 - of the server
                    await asyncio.sleep(0.01)
            await transaction.rollback()
            return await asyncio.gather(*batches)
        finally:
            await other.close()
            await watcher.close()

    replies = call.loop.run_until_complete(together())
    assert sorted((reply.status, reply.json.get("accepted")) for reply in replies) == [(200, 0), (200, 3)]
    assert stored(rows) == 3


def test_batches_at_once_count_each_event_once(call, begin, rows):
    events = [event() for _ in range(100)]

    async def together() -> list[Reply]:
        batches = [events, events[::-1], events[50:] + events[:50]] * 3
        return await asyncio.gather(*(begin("/events", {"events": batch}) for batch in batches))

    replies = call.loop.run_until_complete(together())
    assert {reply.status for reply in replies} == {200}
    assert sum(reply.json["accepted"] for reply in replies) == 100
    assert sum(reply.json["duplicates"] for reply in replies) == 800
    assert stored(rows) == 100


def test_eight_calls_with_one_key_get_one_answer(call, begin, rows):
    batch = {"events": [event(), event()]}

    async def together() -> list[Reply]:
        return await asyncio.gather(
            *(begin("/events", batch, idempotency_key="k", x_principal="token/a") for _ in range(8))
        )

    replies = call.loop.run_until_complete(together())
    assert {(reply.status, reply.body) for reply in replies} == {(200, b'{"accepted":2,"duplicates":0}')}
    assert stored(rows) == 2


def test_a_key_with_another_body_is_refused(post, rows):
    post("/events", {"events": [event()]}, idempotency_key="k")
    reply = post("/events", {"events": [event()]}, idempotency_key="k")

    assert (reply.status, reply.json["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert stored(rows) == 1


def test_a_violation_is_described_in_words_for_people(post):
    errors = post("/events", {"events": [event(currency="EUR")]}).json["errors"]
    assert [error["pointer"] for error in errors] == ["/events/0"]
    assert not any("Value error" in error["detail"] for error in errors)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": "1"}, "/id"),
        ({"id": "{" + str(uuid4()) + "}"}, "/id"),
        ({"type": "Login"}, "/type"),
        ({"type": "a" * 65}, "/type"),
        ({"type": "a\n"}, "/type"),
        ({"user_id": ""}, "/user_id"),
        ({"user_id": "a" * 65}, "/user_id"),
        ({"surprise": 1}, "/surprise"),
        ({"amount": "1.00"}, ""),
        ({"currency": "EUR"}, ""),
        ({"amount": 1.0, "currency": "EUR"}, "/amount"),
        ({"amount": "-1.00", "currency": "EUR"}, "/amount"),
        ({"amount": "100000000.00", "currency": "EUR"}, "/amount"),
        ({"amount": "1.00", "currency": "euro"}, "/currency"),
        ({"attributes": {str(n): "" for n in range(21)}}, "/attributes"),
        ({"attributes": {"a": "x" * 257}}, "/attributes/a"),
        ({"attributes": {"a": "\0"}}, "/attributes/a"),
        ({"attributes": {"a": 1}}, "/attributes/a"),
        ({"attributes": {"\0": "a"}}, "/attributes/\0"),
        ({"attributes": {"": "a"}}, "/attributes/"),
        ({"attributes": {str(n): "\u4e2d" * 256 for n in range(20)}}, "/attributes"),
        ({"attributes": []}, "/attributes"),
        *(
            ({"occurred_at": moment}, "/occurred_at")
            for moment in (
                "0001-01-01T00:00:00+23:59",
                "9999-12-31T23:59:59-23:59",
                "1999-12-31T23:59:59Z",
                "2100-01-01T00:00:00Z",
                "2026-02-30T00:00:00Z",
                "2026-11-02T09:30:00",
                "2026-11-02T09:30:00+24:00",
                "2026-11-02T24:00:00Z",
                "2026-11-02T09:30:60Z",
                "2026-11-02 09:30:00Z",
                "2026-11-02T09:30:00Z\n",
                "20261102T093000Z",
                "2026-11-02",
                1793611800,
                "",
                None,
            )
        ),
    ],
)
def test_what_breaks_the_contract_is_named(post, rows, change, place):
    assert wrong(post("/events", {"events": [event(), event(**change)]})) == {f"/events/1{place}"}
    assert stored(rows) == 0


@pytest.mark.parametrize("batch", [{"events": []}, {"events": [event() for _ in range(101)]}, {}])
def test_a_batch_has_1_to_100_events(post, batch):
    assert wrong(post("/events", batch)) == {"/events"}


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00+23:59", "2099-12-31T23:59:59.999999-23:59"])
def test_the_ends_of_the_calendar_with_offsets(call, post, moment):
    assert post("/events", {"events": [event(occurred_at=moment)]}).status == 200
    (item,) = call("GET", "/events?user_id=ada").json["items"]
    assert item["occurred_at"] in ("1999-12-31T00:01:00Z", "2100-01-01T23:58:59.999999Z")


def test_the_largest_attributes_are_taken_and_a_page_of_them_stays_below_what_the_edge_takes(call, post):
    attributes = {f"{number:064}": "x" * 256 for number in range(20)}
    for _ in range(12):
        post("/events", {"events": [event(attributes=attributes) for _ in range(9)]})
    reply = call("GET", "/events?user_id=ada&limit=100")

    assert len(reply.json["items"]) == 100
    assert reply.json["items"][0]["attributes"] == attributes
    assert len(reply.body) < 1024 * 1024


def test_pages_hold_each_event_once_the_newest_first(call, post):
    moments = [f"2026-11-{day:02}T09:30:00Z" for day in (1, 2, 2, 2, 3, 4, 4)]
    sent = [event(occurred_at=moment) for moment in moments]
    post("/events", {"events": [*sent, event(user_id="bob")]})
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/events?user_id=ada&limit=3{cursor and '&cursor=' + cursor}").json
        assert len(page["items"]) in (3, 1)
        seen += page["items"]
        cursor = page["next_cursor"]

    assert [item["occurred_at"] for item in seen] == moments[::-1]
    assert {item["id"] for item in seen} == {item["id"] for item in sent}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"user_id"}),
        ("user_id=%00", {"user_id"}),
        ("user_id=a&limit=0", {"limit"}),
        ("user_id=a&limit=101", {"limit"}),
        ("user_id=a&cursor=AAAA", {"cursor"}),
        (f"user_id=a&cursor={encode('2026-11-02', str(UUID(int=1)))}", {"cursor"}),
        (f"user_id=a&cursor={encode('9999-12-31T23:59:59-23:59', str(UUID(int=1)))}", {"cursor"}),
        (f"user_id=a&cursor={encode('0001-01-01T00:00:00+23:59', str(UUID(int=1)))}", {"cursor"}),
    ],
)
def test_parameters_are_checked(call, query, names):
    assert wrong(call("GET", f"/events?{query}")) == names


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_a_cursor_at_the_ends_of_the_calendar_breaks_nothing(call, moment):
    assert call("GET", f"/events?user_id=123&cursor={encode(moment, str(uuid4()))}").status == 200
