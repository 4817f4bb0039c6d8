"""Every route of the API as a caller uses it: create, read, change, page, repeat, and do without a service."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from tests.support.contract import all_scopes, document, operations
from tests.support.services import services_of
from tests.support.stack import Stack, problem
from tests.support.waiting import eventually

Answer = urllib3.BaseHTTPResponse
SCOPES = all_scopes()


class Caller:
    """A caller whose token has every scope."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack, self.token = stack, stack.token(sub=name, scope=SCOPES)

    def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self._stack.request(method, path, token=self.token, json_body=body, headers=headers)

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == status, answer.data
        return answer.json()

    def pages(self, path: str, limit: int) -> Iterator[list[dict[str, Any]]]:
        """Yields every page from the first to the last."""
        cursor = ""
        while True:
            page = self.get(f"{path}?limit={limit}{cursor}")
            yield page["items"]
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"


@pytest.fixture(scope="session")
def alice(stack: Stack) -> Caller:
    return Caller(stack, "alice")


@pytest.fixture
def user(alice: Caller) -> str:
    """Returns the id of a user that no other test uses."""
    name = f"u-{uuid.uuid4().hex[:12]}"
    assert alice.ask("PUT", f"/users/{name}", ADA).status == 201
    return name


ADA = {"name": "Ada Lovelace", "role": "Engineer"}


def draft(user: str, **changes: Any) -> dict[str, Any]:
    items = [
        {"product_id": "notebook", "quantity": 3, "unit_price": "4.55"},
        {"product_id": "pen", "quantity": 1, "unit_price": "0.10"},
    ]
    return {"user_id": user, "currency": "EUR", "items": items, **changes}


def event(user: str, **changes: Any) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"id": str(uuid.uuid4()), "type": "page.viewed", "user_id": user, "occurred_at": now, **changes}


def together(count: int, do: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(do, range(count)))


# ---- users


def test_a_users_life(alice: Caller) -> None:
    path = f"/users/u-{uuid.uuid4().hex[:12]}"
    created = alice.ask("PUT", path, ADA)
    assert (created.status, created.headers["location"]) == (201, path)
    read = alice.ask("GET", path)
    assert (read.status, read.json()) == (200, {"id": path.removeprefix("/users/"), **ADA})
    assert read.headers["etag"] == created.headers["etag"]
    changed = alice.ask("PATCH", path, {"role": "Countess"}, {"If-Match": read.headers["etag"]})
    assert (changed.status, changed.json()) == (200, {**read.json(), "role": "Countess"})
    replaced = alice.ask("PUT", path, {**ADA, "role": "Author"}, {"If-Match": changed.headers["etag"]})
    assert (replaced.status, replaced.json()["role"]) == (200, "Author")
    assert len({answer.headers["etag"] for answer in (created, changed, replaced)}) == 3
    gone = alice.ask("DELETE", path, headers={"If-Match": replaced.headers["etag"]})
    assert (gone.status, gone.data) == (204, b"")
    assert {alice.ask(method, path, body).status for method, body in (("GET", None), ("DELETE", None))} == {404}


def test_only_the_version_that_is_meant_is_changed(alice: Caller, user: str) -> None:
    path = f"/users/{user}"
    old = alice.ask("GET", path).headers["etag"]
    new = alice.ask("PATCH", path, {"role": "Author"}, {"If-Match": old}).headers["etag"]
    stale = {"If-Match": old}
    answers = {
        "patch": alice.ask("PATCH", path, {"role": "x"}, stale),
        "put": alice.ask("PUT", path, ADA, stale),
        "delete": alice.ask("DELETE", path, headers=stale),
        "create": alice.ask("PUT", path, ADA, {"If-None-Match": "*"}),
        "unguarded patch": alice.ask("PATCH", path, {"role": "x"}),
        "unguarded put": alice.ask("PUT", path, ADA),
    }
    assert {name: answer.status for name, answer in answers.items()} == {
        "patch": 412,
        "put": 412,
        "delete": 412,
        "create": 412,
        "unguarded patch": 428,
        "unguarded put": 428,
    }
    for answer in answers.values():
        problem(answer)
    present = alice.ask("GET", path)
    assert (present.headers["etag"], present.json()["role"]) == (new, "Author")


def test_of_8_changes_of_one_version_at_once_one_is_made(alice: Caller, user: str) -> None:
    path = f"/users/{user}"
    version = {"If-Match": alice.ask("GET", path).headers["etag"]}
    answers = together(8, lambda number: alice.ask("PATCH", path, {"role": f"role {number}"}, version))
    assert Counter(answer.status for answer in answers) == {200: 1, 412: 7}
    (change,) = [answer for answer in answers if answer.status == 200]
    assert alice.get(path) == change.json()


def test_of_8_creations_at_once_one_creates(alice: Caller) -> None:
    path = f"/users/u-{uuid.uuid4().hex[:12]}"
    answers = together(8, lambda _: alice.ask("PUT", path, ADA, {"If-None-Match": "*"}))
    assert Counter(answer.status for answer in answers) == {201: 1, 412: 7}


# ---- pages


def test_pages_have_everything_once_and_in_order(alice: Caller, user: str) -> None:
    others = [alice.ask("PUT", f"/users/{user}-{number}", ADA) for number in range(4)]
    assert {answer.status for answer in others} == {201}
    pages = list(alice.pages("/users", 3))
    ids = [item["id"] for page in pages for item in page]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {user, *(f"{user}-{number}" for number in range(4))} <= set(ids)
    assert [len(page) for page in pages[:-1]] == [3] * (len(pages) - 1)


def test_the_newest_come_first(alice: Caller, user: str) -> None:
    created = [alice.ask("POST", "/invoices", draft(user)).json()["id"] for _ in range(3)]
    moments = [f"2026-11-0{day}T10:00:00Z" for day in (2, 1, 3)]
    events = [event(user, occurred_at=moment) for moment in moments]
    assert alice.ask("POST", "/events", {"events": events}).json() == {"accepted": 3, "duplicates": 0}
    invoices = [page for pages in alice.pages(f"/users/{user}/invoices", 2) for page in pages]
    assert [invoice["id"] for invoice in invoices] == created[::-1]
    activity = [item for page in alice.pages(f"/users/{user}/activity", 2) for item in page]
    assert [item["id"] for item in activity] == [events[number]["id"] for number in (2, 0, 1)]


@pytest.mark.parametrize("path", ["/users", "/users/123/invoices", "/users/123/activity"])
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("cursor=not-ours", "cursor"),
        ("cursor=a%20b", "cursor"),
        ("offset=3", "offset"),
    ],
)
def test_what_is_wrong_with_a_page_is_named(alice: Caller, path: str, query: str, parameter: str) -> None:
    answer = alice.ask("GET", f"{path}?{query}")
    assert answer.status == 422
    assert [error.get("parameter") for error in problem(answer)["errors"]] == [parameter]


def test_a_cursor_of_another_list_is_refused(alice: Caller, user: str) -> None:
    for number in range(2):
        alice.ask("PUT", f"/users/{user}-{number}", ADA)
    cursor = alice.get("/users?limit=1")["next_cursor"]
    answer = alice.ask("GET", f"/users/{user}/invoices?cursor={cursor}")
    assert answer.status == 422
    assert problem(answer)["errors"][0]["parameter"] == "cursor"


# ---- billing


def test_an_order_is_invoiced(alice: Caller, user: str) -> None:
    created = alice.ask("POST", "/invoices", draft(user))
    assert created.status == 201
    invoice = created.json()
    assert created.headers["location"] == f"/invoices/{invoice['id']}"
    assert (invoice["total"], invoice["status"], invoice["user_id"]) == ("13.75", "open", user)
    assert [item["total"] for item in invoice["items"]] == ["13.65", "0.10"]
    assert alice.get(created.headers["location"]) == invoice
    assert alice.get(f"/users/{user}/invoices")["items"] == [invoice]
    assert alice.get(f"/invoices/{uuid.uuid4()}", 404)["status"] == 404


def test_8_creates_with_one_key_at_once_make_one_invoice(alice: Caller, user: str) -> None:
    key = {"Idempotency-Key": f"key-{uuid.uuid4()}"}
    answers = together(8, lambda _: alice.ask("POST", "/invoices", draft(user), key))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(alice.get(f"/users/{user}/invoices")["items"]) == 1

    other = alice.ask("POST", "/invoices", draft(user, currency="USD"), key)
    assert (other.status, problem(other)["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert len(alice.get(f"/users/{user}/invoices")["items"]) == 1


def test_a_key_is_its_callers_own(stack: Stack, alice: Caller, user: str) -> None:
    key = {"Idempotency-Key": f"key-{uuid.uuid4()}"}
    answers = [caller.ask("POST", "/invoices", draft(user), key) for caller in (alice, Caller(stack, "bob"))]
    assert [answer.status for answer in answers] == [201, 201]
    assert len(alice.get(f"/users/{user}/invoices")["items"]) == 2


def test_nobody_names_the_order_of_an_invoice(alice: Caller, user: str) -> None:
    answer = alice.ask("POST", "/invoices", draft(user, order_id=str(uuid.uuid4())))
    assert (answer.status, [each["pointer"] for each in problem(answer)["errors"]]) == (422, ["/order_id"])
    assert alice.get(f"/users/{user}/invoices")["items"] == []


def test_a_total_that_is_too_large_is_refused(alice: Caller, user: str) -> None:
    items = [{"product_id": "island", "quantity": 1000, "unit_price": "99999999.99"}]
    answer = alice.ask("POST", "/invoices", draft(user, items=items))
    assert answer.status == 422
    problem(answer)
    assert alice.get(f"/users/{user}/invoices")["items"] == []


# ---- analytics


def quiet_day() -> str:
    """Returns a random day that has no events."""
    return str(dt.date(2040, 1, 1) + dt.timedelta(days=uuid.uuid4().int % 20_000))


def test_an_event_is_recorded_once(alice: Caller, user: str) -> None:
    bought = event(user, type="order.placed", amount="10.20", currency="EUR", attributes={"channel": "web"})
    first = alice.ask("POST", "/events", {"events": [bought, event(user)]})
    again = alice.ask("POST", "/events", {"events": [bought, event(user)]})
    assert (first.status, first.json()) == (200, {"accepted": 2, "duplicates": 0})
    assert (again.status, again.json()) == (200, {"accepted": 1, "duplicates": 1})
    activity = alice.get(f"/users/{user}/activity")["items"]
    assert len(activity) == 3
    assert [item for item in activity if item["id"] == bought["id"]] == [bought]


def test_events_are_summed_up(alice: Caller, user: str) -> None:
    day = quiet_day()
    prices = ["0.10", "0.20", "99999999.99"]
    events = [
        event(user, type="order.placed", occurred_at=f"{day}T12:00:0{n}Z", amount=price, currency="XTS")
        for n, price in enumerate(prices)
    ]
    assert alice.ask("POST", "/events", {"events": events}).status == 200
    assert alice.get(f"/analytics/summary?from={day}&to={day}") == {
        "from": day,
        "to": day,
        "events": 3,
        "users": 1,
        "by_type": [{"type": "order.placed", "count": 3}],
        "amounts": [{"currency": "XTS", "count": 3, "total": str(sum(map(Decimal, prices)))}],
    }
    answer = alice.ask("GET", "/analytics/summary?from=2026-11-02&to=2026-11-01")
    assert answer.status == 422
    problem(answer)


def test_a_report_is_computed_and_the_same_again(alice: Caller, user: str) -> None:
    day = quiet_day()
    events = [
        event(user, occurred_at=f"{day}T12:00:00Z", amount=f"{price}.00", currency="XTS") for price in range(10, 60)
    ]
    assert alice.ask("POST", "/events", {"events": events}).json()["accepted"] == 50
    query = {"currency": "XTS", "from": day, "to": day, "resamples": 500}
    answer = alice.ask("POST", "/analytics/reports", query)
    assert answer.status == 200, answer.data
    report = answer.json()
    assert (report["count"], report["mean"], report["median"]) == (50, "34.50", "34.50")
    assert Decimal(report["interval"]["low"]) < Decimal("34.50") < Decimal(report["interval"]["high"])
    assert alice.ask("POST", "/analytics/reports", query).json() == report


# ---- several services at once

OVERVIEW = operations(document())["getOverview"]
ASKED_SERVICES = services_of("getOverview")
HOPS = Counter(["gateway", "orchestrator", *["ingress"] * len(ASKED_SERVICES), *ASKED_SERVICES])


@pytest.fixture
def known(alice: Caller, user: str) -> str:
    """Returns the id of a user of whom every service knows something."""
    assert alice.ask("POST", "/invoices", draft(user)).status == 201
    assert alice.ask("POST", "/events", {"events": [event(user)]}).status == 200
    return user


def test_an_overview_is_of_all_services_and_in_the_logs_of_all_hops(stack: Stack, alice: Caller, known: str) -> None:
    trace = uuid.uuid4().hex
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Request-Id": f"overview-{trace}"}
    answer = alice.ask("GET", f"/users/{known}/overview", headers=headers)
    assert answer.status == 200
    overview = answer.json()
    assert overview["user"] == {"id": known, **ADA}
    assert overview["invoices"] == alice.get(f"/users/{known}/invoices")["items"]
    assert overview["activity"] == alice.get(f"/users/{known}/activity")["items"]
    assert overview["degraded"] == []
    assert answer.headers["traceparent"].split("-")[1] == trace

    def lines() -> list[dict[str, Any]] | None:
        requests = [line for line in stack.logs(headers["X-Request-Id"]) if line["message"] == "request"]
        return requests if len(requests) >= HOPS.total() else None

    requests = eventually(lines, what="a line of every hop")
    assert Counter(line["service"] for line in requests) == HOPS
    assert {line.get("trace_id") or line["traceparent"].split("-")[1] for line in requests} == {trace}


def test_an_overview_of_nobody_is_404(alice: Caller) -> None:
    problem(answer := alice.ask("GET", f"/users/u-{uuid.uuid4().hex}/overview"))
    assert answer.status == 404


def test_an_overview_needs_all_the_scopes_of_one_alternative(stack: Stack, known: str) -> None:
    for scopes in (set(need["jwt"]) for need in OVERVIEW["security"]):
        for missing in scopes:
            token = stack.token(sub=known, scope=" ".join(scopes - {missing}))
            assert stack.request("GET", f"/users/{known}/overview", token=token).status == 403, missing


def healthy(stack: Stack) -> bool:
    answer = stack.request("GET", "/health")
    return answer.status == 200 and answer.json() == {"status": "ok", "degraded": []}


def overview_is_whole(alice: Caller, user: str) -> bool:
    """Tells whether the overview has every part. The breaker needs some time to call a service again."""
    return bool(alice.ask("GET", f"/users/{user}/overview").json().get("degraded") == [])


def test_an_overview_does_without_a_service_that_does_not_answer(stack: Stack, alice: Caller, known: str) -> None:
    eventually(lambda: healthy(stack), what="health")
    with stack.frozen("billing"):
        overview = alice.get(f"/users/{known}/overview")
        assert (overview["invoices"], overview["degraded"]) == (None, ["billing"])
        assert overview["user"]["id"] == known
        assert len(overview["activity"]) == 1
        eventually(
            lambda: stack.request("GET", "/health").json() == {"status": "degraded", "degraded": ["billing"]},
            what="the service's name in /health",
        )
        problem(answer := alice.ask("GET", f"/users/{known}/invoices"))
        assert answer.status in (503, 504)
    eventually(lambda: healthy(stack), what="health again")
    eventually(lambda: overview_is_whole(alice, known), what="the whole overview again")


def test_health_needs_no_token(stack: Stack) -> None:
    eventually(lambda: healthy(stack), what="health, which its throttle may keep waiting")
