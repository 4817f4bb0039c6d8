import asyncio
from uuid import uuid4

import pytest

from app.services.kit.pagination import encode
from tests.support.asgi import Reply

ORDER = "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b99"
PEN = {"product_id": "pen", "quantity": 3, "unit_price": "1.20"}
DRAFT = {
    "user_id": "ada",
    "currency": "EUR",
    "items": [{"product_id": "notebook", "quantity": 2, "unit_price": "4.50"}, PEN],
}


def counts(rows) -> tuple[int, ...]:
    """Orders, items, invoices of users who are not in the seeds."""
    (row,) = rows(
        """select (select count(*) from orders where user_id !~ '^12'),
            (select count(*) from order_items join orders o on o.id = order_id where user_id !~ '^12'),
            (select count(*) from invoices where user_id !~ '^12')"""
    )
    return tuple(row)


def wrong(reply: Reply) -> set[str]:
    assert reply.status == 422, reply
    assert reply.json["type"] == "tag:crosscloud,2026:invalid-request"
    return {error.get("pointer", error.get("parameter")) for error in reply.json["errors"]}


def test_an_order_is_invoiced(call, create):
    reply = create(DRAFT)
    invoice = reply.json

    assert reply.status == 201
    assert reply.headers["location"] == f"/invoices/{invoice['id']}"
    assert reply.headers["content-type"] == "application/json"
    assert {key: invoice[key] for key in ("user_id", "status", "currency", "total")} == {
        "user_id": "ada",
        "status": "open",
        "currency": "EUR",
        "total": "12.60",
    }
    assert invoice["items"] == [
        {"product_id": "notebook", "quantity": 2, "unit_price": "4.50", "total": "9.00"},
        PEN | {"total": "3.60"},
    ]
    assert invoice["created_at"].endswith("Z")
    found = call("GET", reply.headers["location"])
    assert (found.status, found.json, found.headers["etag"]) == (200, invoice, reply.headers["etag"])


def test_the_seeds_are_invoices(call):
    page = call("GET", "/invoices?user_id=123").json

    assert [invoice["total"] for invoice in page["items"]] == ["59.97", "249.00", "10.20"]
    assert page["next_cursor"] is None


def test_an_unknown_invoice_is_not_found(call):
    reply = call("GET", f"/invoices/{uuid4()}")
    assert (reply.status, reply.json["type"]) == (404, "tag:crosscloud,2026:not-found")


@pytest.mark.parametrize("invoice_id", ["1", "%00", "{0}x", "urn:uuid:{0}", "%7B{0}%7D", "{0}%0A", "..", "%ff"])
def test_an_id_of_another_form_is_named(call, invoice_id):
    assert wrong(call("GET", "/invoices/" + invoice_id.format(uuid4()))) == {"invoice_id"}


def test_an_id_in_capitals_is_the_same(call, create):
    location = create(DRAFT).headers["location"]
    assert call("GET", "/invoices/" + location.rpartition("/")[2].upper()).status == 200


def test_without_an_order_id_each_call_is_a_new_order(create, rows):
    assert create(DRAFT).json["order_id"] != create(DRAFT).json["order_id"]
    assert counts(rows) == (2, 4, 2)


def test_an_order_is_invoiced_once(create, rows):
    draft = DRAFT | {"order_id": ORDER}
    first, second = create(draft, idempotency_key="one"), create(draft, idempotency_key="two")

    assert (first.status, second.status) == (201, 200)
    assert second.json == first.json
    assert "location" not in second.headers
    assert second.headers["etag"] == first.headers["etag"]
    assert counts(rows) == (1, 2, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"user_id": "eve"},
        {"currency": "USD"},
        {"items": [PEN]},
        {"items": [*DRAFT["items"], PEN]},
        {"items": [DRAFT["items"][0], PEN | {"quantity": 4}]},
        {"items": [DRAFT["items"][0], PEN | {"unit_price": "1.21"}]},
        {"items": [DRAFT["items"][0], PEN | {"product_id": "pencil"}]},
    ],
)
def test_other_content_of_an_invoiced_order_is_a_conflict(create, rows, other):
    first = create(DRAFT | {"order_id": ORDER})
    reply = create(DRAFT | {"order_id": ORDER} | other, idempotency_key="two")

    assert (first.status, reply.status, reply.json["type"]) == (201, 409, "tag:crosscloud,2026:conflict")
    assert counts(rows) == (1, 2, 1)


def test_one_order_with_two_keys_at_once_gets_one_invoice(call, post, rows):
    draft = DRAFT | {"order_id": ORDER}

    async def together() -> list[Reply]:
        return await asyncio.gather(*(post(draft, idempotency_key=f"key-{number}") for number in range(8)))

    replies = call.loop.run_until_complete(together())
    assert sorted(reply.status for reply in replies) == [200] * 7 + [201]
    assert len({reply.body for reply in replies}) == 1
    assert counts(rows) == (1, 2, 1)


def test_one_order_with_two_contents_at_once_gets_one_invoice(call, post, rows):
    drafts = [DRAFT | {"order_id": ORDER, "currency": currency} for currency in ("EUR", "USD") * 3]

    async def together() -> list[Reply]:
        return await asyncio.gather(*map(post, drafts))

    statuses = [reply.status for reply in call.loop.run_until_complete(together())]
    assert sorted(statuses) == [200, 200, 201, 409, 409, 409]
    assert counts(rows) == (1, 2, 1)


def test_eight_calls_with_one_key_are_one(call, post, rows):
    async def together() -> list[Reply]:
        return await asyncio.gather(
            *(post(DRAFT, idempotency_key="key-1", x_principal="token/alice") for _ in range(8))
        )

    replies = call.loop.run_until_complete(together())
    answers = {(reply.status, reply.body, reply.headers["location"], reply.headers["etag"]) for reply in replies}
    assert {reply.status for reply in replies} == {201}
    assert len(answers) == 1
    assert counts(rows) == (1, 2, 1)


def test_an_event_that_is_delivered_again_changes_nothing(create, rows):
    draft = DRAFT | {"order_id": ORDER}
    first = create(draft, idempotency_key="event-1")
    again = create(draft, idempotency_key="event-1")
    rows("delete from idempotency_keys")  # a replay comes after the keys' lifetime
    replayed = create(draft, idempotency_key="event-1")

    assert (first.status, again.status, replayed.status) == (201, 201, 200)
    assert first.json == again.json == replayed.json
    assert counts(rows) == (1, 2, 1)


def test_a_key_with_another_body_is_refused(create, rows):
    create(DRAFT, idempotency_key="key-1")
    reply = create(DRAFT | {"currency": "USD"}, idempotency_key="key-1")

    assert (reply.status, reply.json["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert counts(rows) == (1, 2, 1)


def test_callers_do_not_share_keys(create, rows):
    assert create(DRAFT, idempotency_key="k", x_principal="token/alice").status == 201
    assert create(DRAFT, idempotency_key="k", x_principal="token/bob").status == 201
    assert counts(rows) == (2, 4, 2)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"user_id": "a b"}, {"/user_id"}),
        ({"user_id": 7}, {"/user_id"}),
        ({"order_id": "1"}, {"/order_id"}),
        ({"order_id": f"urn:uuid:{ORDER}"}, {"/order_id"}),
        ({"currency": "eur"}, {"/currency"}),
        ({"currency": "EUR\n"}, {"/currency"}),
        ({"items": []}, {"/items"}),
        ({"items": [PEN] * 101}, {"/items"}),
        ({"total": "1.00"}, {"/total"}),
        ({"items": [PEN | {"total": "1.00"}]}, {"/items/0/total"}),
        ({"items": [PEN | {"product_id": "a\0"}]}, {"/items/0/product_id"}),
        ({"items": [{"product_id": "pen"}]}, {"/items/0/quantity", "/items/0/unit_price"}),
        ({"items": [PEN | {"unit_price": "99999999.99"}]}, {"/items"}),
        *(({"items": [PEN | {"quantity": n}]}, {"/items/0/quantity"}) for n in (0, -1, 1001, 1.5, "1", True, None)),
        *(
            ({"items": [PEN | {"unit_price": price}]}, {"/items/0/unit_price"})
            for price in ("1", "1.2", "1.234", "01.20", "-1.20", "1e2", "100000000.00", "1.20\n", "NaN", "", 1.2, None)
        ),
    ],
)
def test_what_breaks_the_contract_is_named(create, rows, change, places):
    assert wrong(create(DRAFT | change)) == places
    assert counts(rows) == (0, 0, 0)


def test_an_integer_may_be_written_with_a_fraction_of_zero(create):
    assert create(DRAFT | {"items": [PEN | {"quantity": 3.0}]}).json["items"][0]["quantity"] == 3


def test_the_largest_amount_is_taken(create):
    item = {"product_id": "island", "quantity": 1, "unit_price": "99999999.99"}
    free = {"product_id": "sand", "quantity": 1000, "unit_price": "0.00"}

    assert create(DRAFT | {"items": [item, free]}).json["total"] == "99999999.99"
    assert wrong(create(DRAFT | {"items": [item, free | {"unit_price": "0.01", "quantity": 1}]})) == {"/items"}


def test_the_largest_draft_is_taken(create):
    items = [{"product_id": f"{n:064}", "quantity": 1000 - n, "unit_price": "10.01"} for n in range(100)]
    reply = create(DRAFT | {"items": items})

    assert (reply.status, reply.json["total"]) == (201, "951450.50")
    assert [item["product_id"] for item in reply.json["items"]] == [item["product_id"] for item in items]


@pytest.mark.parametrize(("body", "kind"), [(b"{", "malformed-body"), (b'{"a":"\\ud800"}', "malformed-body")])
def test_what_is_no_json_is_refused(call, body, kind):
    reply = call("POST", "/invoices", headers={"content-type": "application/json"}, body=body)
    assert (reply.status, reply.json["type"]) == (400, f"tag:crosscloud,2026:{kind}")


def test_pages_hold_each_invoice_once_the_newest_first(call, create):
    created = [create(DRAFT).json["id"] for _ in range(7)]
    create(DRAFT | {"user_id": "bob"})
    seen, cursor = [], ""
    while cursor is not None:
        page = call("GET", f"/invoices?user_id=ada&limit=3{cursor and '&cursor=' + cursor}").json
        assert len(page["items"]) in (3, 1)
        seen += [invoice["id"] for invoice in page["items"]]
        cursor = page["next_cursor"]

    assert seen == created[::-1]


def test_invoices_of_one_moment_are_not_lost_between_pages(call, create, rows):
    created = {create(DRAFT).json["id"] for _ in range(5)}
    rows("update invoices set created_at = '2026-11-02T09:30:00Z'")
    first = call("GET", "/invoices?user_id=ada&limit=2").json
    rest = call("GET", f"/invoices?user_id=ada&limit=100&cursor={first['next_cursor']}").json

    assert len(first["items"]) == 2
    assert {invoice["id"] for invoice in first["items"] + rest["items"]} == created
    assert len(rest["items"]) == 3


def test_a_page_stays_below_what_the_edge_takes(call, create):
    items = [{"product_id": f"{number:064}", "quantity": 1000, "unit_price": "999.99"} for number in range(100)]
    for _ in range(55):
        create(DRAFT | {"items": items})
    first = call("GET", "/invoices?user_id=ada&limit=100")
    second = call("GET", f"/invoices?user_id=ada&limit=100&cursor={first.json['next_cursor']}").json

    assert len(first.body) < 1024 * 1024
    assert (len(first.json["items"]), len(second["items"])) == (50, 5)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"user_id"}),
        ("user_id=a%20b", {"user_id"}),
        ("user_id=%00", {"user_id"}),
        ("user_id=a&limit=0", {"limit"}),
        ("user_id=a&limit=101", {"limit"}),
        ("user_id=a&limit=x", {"limit"}),
        ("user_id=a&cursor=%00", {"cursor"}),
        ("user_id=a&cursor=AAAA", {"cursor"}),
        ("user_id=a&cursor=WyIxMjMiXQ", {"cursor"}),  # of a list of users
    ],
)
def test_parameters_are_checked(call, query, names):
    assert wrong(call("GET", f"/invoices?{query}")) == names


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"])
def test_a_cursor_at_the_ends_of_the_calendar_breaks_nothing(call, moment):
    assert call("GET", f"/invoices?user_id=123&cursor={encode(moment, str(uuid4()))}").status == 200


def test_without_its_database_it_says_when_to_come_again(call, create):
    call.loop.run_until_complete(call.app.state.database.close())
    replies = [
        create(DRAFT, idempotency_key="key-1"),
        call("GET", f"/invoices/{ORDER}"),
        call("GET", "/invoices?user_id=a"),
    ]
    assert [(reply.status, reply.headers["retry-after"]) for reply in replies] == [(503, "1")] * 3
