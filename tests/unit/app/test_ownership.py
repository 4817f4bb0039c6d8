"""Nobody reaches what is another's: every operation of the contract is tried with another customer's id, and every id
that a caller may choose with one that is taken. An operation or an id without a case fails."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.contract.operation import STAFF, Operation
from tests.support.ministack import Emulated
from tests.support.shop import Response, Shop
from tests.support.system import Caller, RealServices, System, real_services
from tests.unit.app.chosen_ids import CHOSEN, chosen_ids
from tests.unit.app.two_customers import BOB, BODIES, CONTRACT, ERP, EVERY_SCOPE, INVOICE, OPERATIONS, World, event

OWNED = [operation for operation in CONTRACT.operations if operation.owner is not None]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServices]:
    with real_services(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture(scope="module")
def system(emulated: Emulated, services: RealServices) -> System:
    return System(Shop(emulated, services=services), services)  # type: ignore[arg-type]


@pytest.fixture
def world(system: System) -> World:
    return World(system)


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


def test_every_id_that_a_caller_chooses_has_a_case() -> None:
    assert CHOSEN.keys() == chosen_ids()


@pytest.mark.parametrize(("name", "place"), [key for key, case in CHOSEN.items() if callable(case)], ids=str)
def test_an_id_that_is_another_s_leads_nowhere(world: World, name: str, place: str) -> None:
    case = CHOSEN[name, place]
    assert callable(case)
    case(world, OPERATIONS[name])


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
    order = world.order(world.alice)
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
