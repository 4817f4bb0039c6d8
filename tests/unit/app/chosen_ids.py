"""The ids that callers choose, from the contract, and a check of each with one that is taken."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from app.contract.operation import Operation, Source
from tests.unit.app.two_customers import BOB, CONTRACT, ERP, PRICE, World, event

IDS = ("UserId", "Uuid", "ProductId")
"""The schemas of the contract that ids have."""


def chosen_ids() -> set[tuple[str, str]]:
    """Returns the operation and the place of everything in a request that names something and that its caller
    chooses. In the path of an operation whose data belong to nobody it can be nobody else's."""
    found = set()
    for operation in CONTRACT.operations:
        name = operation.operation_id
        in_path = () if operation.owner == "nobody" else operation.path
        found |= {(name, parameter) for parameter in (*in_path, *operation.headers.values())}
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
        world.order(name)
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
    **{(name, "productId"): PRODUCTS for name in ("putProduct", "deleteProduct", "changeStock")},
    ("createOrder", "/items/*/product_id"): PRODUCTS,
    **{(name, "cursor"): _a_cursor_from_another_s_list for name in ("listOrders", "listInvoices", "listActivity")},
    **{(name, "cursor"): EVERYBODYS for name in ("listUsers", "listProducts")},
}
"""The checks of what happens with an id that is another's, or taken, by operation and place of the id; a text is the
reason why nothing can happen."""
