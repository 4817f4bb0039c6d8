"""Nobody reaches what is another's: every operation of the contract is tried with another customer's id, and every id
that a caller may choose with one that is taken. An operation or an id without a case fails."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.contract import generate
from app.contract.document import load
from app.contract.operation import STAFF, Operation, Source
from app.contract.reading import Contract
from tests.support.ministack import Emulated
from tests.support.shop import Response, Shop
from tests.support.system import Caller, RealServices, System, real_services

DOCUMENT = load(generate.CONTRACT)
CONTRACT = Contract.of(DOCUMENT)
OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations}
EVERY_SCOPE = CONTRACT.scopes
OWNED = [operation for operation in CONTRACT.operations if operation.owner is not None]
IDS = ("UserId", "Uuid", "ProductId")
"""The schemas of the contract that ids have."""

BOB = Caller.staff("bob", EVERY_SCOPE)
ERP = Caller.program("erp", EVERY_SCOPE)
PRICE = {"name": "Notebook", "price": "4.50", "currency": "EUR"}
INVOICE = {"currency": "EUR", "items": [{"product_id": "pen", "quantity": 1, "unit_price": "1.20"}]}
PERIOD = {"currency": "EUR", "from": "2026-11-01", "to": "2026-11-30"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    with real_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture(scope="module")
def system(emulated: Emulated, services: RealServices) -> System:
    return System(Shop(emulated, services=services), services)  # type: ignore[arg-type]


class World:
    """Two customers with something of each kind. Each test has new ones."""

    def __init__(self, system: System) -> None:
        self.system = system
        mark = uuid.uuid4().hex[:8]
        self.alice, self.mallory = f"alice-{mark}", f"mallory-{mark}"
        self.product = self.made("createProduct", PRICE | {"stock": 20})["id"]
        self.orders = {name: self._order(name) for name in (self.alice, self.mallory)}
        self.system.shop.settle()
        self.invoices = {
            name: self.ask(BOB, "listInvoices", path={"userId": name}).json["items"][0]["id"] for name in self.orders
        }
        for name in self.orders:
            created = self.ask(BOB, "putUser", path={"userId": name}, body={"name": name, "role": "Customer"})
            assert created.status == 201

    def customer(self, name: str) -> Caller:
        return Caller.customer(name, EVERY_SCOPE)

    def ask(self, caller: Caller, operation_id: str, **request: Any) -> Response:
        return self.system.call(caller, OPERATIONS[operation_id], **request)

    def made(self, operation_id: str, body: object, caller: Caller = BOB, **request: Any) -> dict[str, Any]:
        answer = self.ask(caller, operation_id, body=body, **request)
        assert answer.status in (200, 201), answer.text
        content: dict[str, Any] = answer.json
        return content

    def request(self, operation: Operation, owner: str) -> dict[str, Any]:
        """Returns a request of the operation that names what belongs to the owner, wherever it can name it."""
        path = {
            "userId": owner,
            "orderId": self.orders[owner]["id"],
            "invoiceId": self.invoices[owner],
            "productId": self.product,
        }
        return {
            "path": {name: path[name] for name in operation.path},
            "body": BODIES[operation.operation_id](self, owner) if operation.max_body is not None else None,
        }

    def _order(self, name: str) -> dict[str, Any]:
        items = [{"product_id": self.product, "quantity": 1}]
        return self.made("createOrder", {"items": items}, self.customer(name))


@pytest.fixture
def world(system: System) -> World:
    return World(system)


def event(user_id: str, id_: str | None = None) -> dict[str, Any]:
    return {
        "id": id_ or str(uuid.uuid4()),
        "type": "login",
        "user_id": user_id,
        "occurred_at": "2026-11-02T09:30:00Z",
    }


BODIES: dict[str, Callable[[World, str], object]] = {
    "lookupUser": lambda _, owner: {"user_id": owner},
    "putUser": lambda *_: {"name": "Mallory", "role": "Owner"},
    "patchUser": lambda *_: {"role": "Owner"},
    "createInvoice": lambda _, owner: INVOICE | {"user_id": owner},
    "recordEvents": lambda _, owner: {"events": [event(owner)]},
    "createReport": lambda *_: PERIOD,
    "createProduct": lambda *_: PRICE | {"stock": 1},
    "putProduct": lambda *_: PRICE,
    "changeStock": lambda *_: {"change": 1},
    "createOrder": lambda world, _: {"items": [{"product_id": world.product, "quantity": 1}]},
}
"""A good body of each operation that takes one, which names the owner where it can."""


# ---- another customer's things


def test_every_operation_with_a_body_has_one_here() -> None:
    assert BODIES.keys() == {name for name, operation in OPERATIONS.items() if operation.max_body is not None}


REFUSED_TO_OTHERS = [each for each in CONTRACT.operations if each.security is not None and each.owner != "nobody"]
"""The operations that another customer is refused, or sees nothing of."""
OF_STAFF = [
    each
    for each in CONTRACT.operations
    if any(all(scope.startswith(STAFF) for scope in scopes) for scopes in each.security or ())
]
"""The operations by which staff and programs reach everybody's data."""


@pytest.mark.parametrize("operation", REFUSED_TO_OTHERS, ids=lambda each: each.operation_id)
def test_a_customer_reaches_nothing_of_another(world: World, operation: Operation) -> None:
    """The token has every scope, as a customer may ask for; only the group of staff makes those of staff count."""
    before = world.system.stored()

    answer = world.ask(world.customer(world.mallory), operation.operation_id, **world.request(operation, world.alice))

    if operation.operation_id in NAMES_NOBODY:
        NAMES_NOBODY[operation.operation_id](world, answer)
        return
    assert answer.status == (404 if isinstance(operation.owner, str) else 403), answer.text
    assert world.system.stored() == before
    assert "Customer" not in answer.text
    if operation.owner is not None:
        nobody = {"path": {name: _unknown(name) for name in operation.path}}
        there_is_none = world.ask(
            world.customer(world.mallory), operation.operation_id, **world.request(operation, world.alice) | nobody
        )
        assert (there_is_none.status, _told(there_is_none)) == (answer.status, _told(answer)), "it tells what exists"


def _only_mallory_s(world: World, answer: Response) -> None:
    assert answer.status == 200
    assert {order["customer_id"] for order in answer.json["items"]} == {world.mallory}


def _placed_by_mallory(world: World, answer: Response) -> None:
    assert (answer.status, answer.json["customer_id"]) == (201, world.mallory)


NAMES_NOBODY: dict[str, Callable[[World, Response], None]] = {
    "listOrders": _only_mallory_s,
    "createOrder": _placed_by_mallory,
}
"""Operations of customers whose requests can't name anybody: what they answer is the caller's own."""


def _unknown(parameter: str) -> str:
    return "nobody" if parameter == "userId" else str(uuid.uuid4())


def _told(answer: Response) -> dict[str, Any]:
    content: dict[str, Any] = answer.json
    return {name: value for name, value in content.items() if name != "request_id"}


@pytest.mark.parametrize("operation", OWNED, ids=lambda each: each.operation_id)
def test_a_customer_reaches_their_own(world: World, operation: Operation) -> None:
    """Shows that what is refused above is refused because it is another's."""
    answer = world.ask(world.customer(world.alice), operation.operation_id, **world.request(operation, world.alice))

    refused_for_another_reason = {"cancelOrder": 409, "putUser": 428, "patchUser": 428}  # invoiced; without If-Match
    expected = refused_for_another_reason.get(operation.operation_id)
    assert answer.status == expected if expected else answer.status < 300, answer.text


@pytest.mark.parametrize("operation", OF_STAFF, ids=lambda each: each.operation_id)
def test_staff_and_programs_reach_everybody_s_where_the_contract_says_so(world: World, operation: Operation) -> None:
    for caller in (BOB, ERP):
        request = world.request(operation, world.alice)
        answer = world.ask(caller, operation.operation_id, **request)
        assert answer.status not in (401, 403), answer.text


# ---- ids that callers choose


def _ids() -> set[tuple[str, str]]:
    """Returns the operation and the place of everything in a request that names something and that its caller
    chooses."""
    found = set()
    for operation in CONTRACT.operations:
        name = operation.operation_id
        found |= {(name, parameter) for parameter in (*operation.path, *operation.headers.values())}
        found |= {(name, "cursor")} if "cursor" in operation.query else set()
        found |= {(name, pointer) for pointer in _pointers(CONTRACT.bodies.get(name, {}), "")}
    conditions = {"If-Match", "If-None-Match"}  # they name a version of what the path names
    return {(name, place) for name, place in found if place not in conditions}


def _pointers(schema: Any, pointer: str) -> Iterator[str]:
    """Yields the places of ids in a body. Items of a list are `*`."""
    if isinstance(schema, dict) and "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in IDS:
            yield pointer
        schema = CONTRACT.schemas[name]
    for alternative in schema.get("allOf", []):
        yield from _pointers(alternative, pointer)
    for name, member in schema.get("properties", {}).items():
        yield from _pointers(member, f"{pointer}/{name}")
    if "items" in schema:
        yield from _pointers(schema["items"], f"{pointer}/*")


def _another_s_user(world: World, operation: Operation) -> None:
    request = world.request(operation, world.alice)
    assert isinstance(operation.owner, Source)
    assert world.ask(world.customer(world.mallory), operation.operation_id, **request).status == 403


def _another_s_object(world: World, operation: Operation) -> None:
    request = world.request(operation, world.alice)
    assert world.ask(world.customer(world.mallory), operation.operation_id, **request).status == 404


def _any_user_by_staff_alone(world: World, operation: Operation) -> None:
    assert operation.owner is None
    request = world.request(operation, world.alice)
    assert world.ask(world.customer(world.alice), operation.operation_id, **request).status == 403


def _a_key_that_another_has_used(world: World, operation: Operation) -> None:
    """Neither a customer nor staff nor a program, with whatever name, has the system's keys, or those of another."""
    key = world.orders[world.alice]["id"]
    if operation.owner is None:
        first, second = BOB, ERP
    else:
        first, second = world.customer(world.mallory), world.customer(world.alice)
    others = [world.request(operation, world.mallory), world.request(operation, world.alice)]
    if operation.operation_id == "createOrder":
        others[0]["body"] = {"items": [{"product_id": world.product, "quantity": 2}]}
    elif operation.operation_id in ("createProduct", "changeStock"):
        others[0]["body"] = {"createProduct": PRICE | {"stock": 7}, "changeStock": {"change": 7}}[
            operation.operation_id
        ]
    answers = [
        world.ask(caller, operation.operation_id, key=key, **request)
        for caller, request in zip((first, second), others, strict=True)
    ]
    assert [answer.status < 300 for answer in answers] == [True, True], [answer.text for answer in answers]
    again = world.ask(first, operation.operation_id, key=key, **others[0])
    assert (again.status, again.text) == (answers[0].status, answers[0].text), "each has their own answer"


def _an_event_s_id_that_another_has_used(world: World, operation: Operation) -> None:
    id_ = str(uuid.uuid4())
    counts = [
        world.made(operation.operation_id, {"events": [event(name, id_)]}, caller)["accepted"]
        for caller, name in ((BOB, world.mallory), (ERP, world.alice), (BOB, world.mallory))
    ]
    assert counts == [1, 1, 0]
    for name in (world.alice, world.mallory):
        activity = world.ask(BOB, "listActivity", path={"userId": name}).json["items"]
        assert [each["id"] for each in activity if each["type"] == "login"] == [id_]


def _a_cursor_from_another_s_list(world: World, operation: Operation) -> None:
    """A cursor is a place in a list, whoever's: the list is still the caller's."""
    for name in (world.alice, world.mallory):
        world._order(name)
    world.system.shop.settle()
    first = world.request(operation, world.alice) | {"query": {"limit": "1"}}
    cursor = world.ask(world.customer(world.alice), operation.operation_id, **first).json["next_cursor"]
    own = world.request(operation, world.mallory) | {"query": {"cursor": cursor}}
    answer = world.ask(world.customer(world.mallory), operation.operation_id, **own)
    assert answer.status == 200
    assert world.alice not in answer.text


PRODUCTS = "a product belongs to nobody; changing one takes a scope of staff"
EVERYBODYS = "the list is everybody's, for staff, or of products"
CHOSEN: dict[tuple[str, str], Callable[[World, Operation], None] | str] = {
    **{(name, "userId"): _another_s_user for name in ("getUser", "putUser", "patchUser", "deleteUser")},
    **{(name, "userId"): _another_s_user for name in ("getOverview", "listInvoices", "listActivity")},
    ("lookupUser", "/user_id"): _another_s_user,
    ("getInvoice", "invoiceId"): _another_s_object,
    **{(name, "orderId"): _another_s_object for name in ("getOrder", "cancelOrder", "listOrderEvents")},
    **{
        (name, "Idempotency-Key"): _a_key_that_another_has_used
        for name in ("createInvoice", "recordEvents", "createProduct", "changeStock", "createOrder")
    },
    ("createInvoice", "/user_id"): _any_user_by_staff_alone,
    ("createInvoice", "/items/*/product_id"): "a text on the invoice: it names nothing that is looked up",
    ("recordEvents", "/events/*/id"): _an_event_s_id_that_another_has_used,
    ("recordEvents", "/events/*/user_id"): _any_user_by_staff_alone,
    **{(name, "productId"): PRODUCTS for name in ("getProduct", "putProduct", "deleteProduct", "changeStock")},
    ("createOrder", "/items/*/product_id"): PRODUCTS,
    **{(name, "cursor"): _a_cursor_from_another_s_list for name in ("listOrders", "listInvoices", "listActivity")},
    **{(name, "cursor"): EVERYBODYS for name in ("listUsers", "listProducts")},
}
"""The checks of what happens with an id that is another's, or taken, by operation and place of the id; a text is the
reason why nothing can happen."""


def test_every_id_that_a_caller_chooses_has_a_case() -> None:
    assert CHOSEN.keys() == _ids()


@pytest.mark.parametrize(("name", "place"), [key for key, case in CHOSEN.items() if callable(case)], ids=str)
def test_an_id_that_is_another_s_leads_nowhere(world: World, name: str, place: str) -> None:
    case = CHOSEN[name, place]
    assert callable(case)
    case(world, OPERATIONS[name])


# ---- what the system itself writes

THIEVES = {
    "staff": Caller.staff("bob", EVERY_SCOPE),
    "a program": Caller.program("erp", EVERY_SCOPE),
    "staff called as the function": Caller.staff("system/fulfilment", EVERY_SCOPE),
    "a program called as the function": Caller.program("function:fulfilment", EVERY_SCOPE),
    "a program with the function's name": Caller.program("fulfilment", EVERY_SCOPE),
}


@pytest.mark.parametrize("thief", THIEVES)
def test_nobody_takes_the_ids_of_what_the_system_writes(world: World, thief: str) -> None:
    caller, shop = THIEVES[thief], world.system.shop
    order = world._order(world.alice)
    placed = next(item for item in shop.items("orders") if item["order_id"] == order["id"] and item["entry"] != "order")
    placed_id = json.loads(placed["document"])["id"]
    ids = [str(uuid.uuid5(uuid.UUID(order["id"]), str(version))) for version in (1, 2, 3)]
    assert placed_id == ids[0]

    of_the_order = INVOICE | {"user_id": world.alice, "order_id": order["id"]}
    assert world.ask(caller, "createInvoice", body=of_the_order).status == 422
    for key in ids:  # the key under which fulfilment asks for the invoice is the event's id
        world.made("createInvoice", INVOICE | {"user_id": world.mallory}, caller, key=key)
        world.made("recordEvents", {"events": [event(world.mallory)]}, caller, key=key)
    world.made("recordEvents", {"events": [event(world.mallory, id_) for id_ in ids]}, caller)
    shop.settle()

    shown = world.ask(world.customer(world.alice), "getOrder", path={"orderId": order["id"]}).json
    assert (shown["status"], shown["reason"]) == ("INVOICED", None)
    invoice = world.ask(world.customer(world.alice), "getInvoice", path={"invoiceId": shown["invoice_id"]}).json
    assert (invoice["user_id"], invoice["order_id"], invoice["total"]) == (world.alice, order["id"], order["total"])
    activity = world.ask(world.customer(world.alice), "listActivity", path={"userId": world.alice}).json["items"]
    counted = [each["id"] for each in activity if each["attributes"].get("order_id") == order["id"]]
    assert sorted(counted) == sorted(ids)
