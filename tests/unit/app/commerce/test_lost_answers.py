"""An answer of DynamoDB gets lost, and the SDK repeats the call by itself: whoever asked learns what was done.

DynamoDB, and the emulator as well, answers the repetition of a transaction by its token, without carrying it out again
(https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
"""

from collections.abc import Iterator

import pytest
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

WRITES = {"TransactWriteItems", "UpdateItem", "DeleteItem", "PutItem"}


class LostAnswers:
    """Carries out each write and loses the answer of its first attempt, so that the SDK repeats it."""

    def __init__(self) -> None:
        self._http = URLLib3Session()
        self._lost: set[bytes] = set()
        self.operations: list[str] = []

    def __call__(self, request, **_):
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        if operation not in WRITES:
            return None
        self.operations.append(operation)
        answer = self._http.send(request)
        if request.body in self._lost:
            return answer
        self._lost.add(request.body)
        return _answer(500, b"{}")


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_, **__) -> Iterator[bytes]:
        yield self._content


def _answer(status: int, content: bytes) -> AWSResponse:
    return AWSResponse("http://127.0.0.1", status, {"content-type": "application/x-amz-json-1.0"}, _Raw(content))


@pytest.fixture
def lost(shop):
    handler = LostAnswers()
    shop.dynamodb.meta.events.register("before-send.dynamodb", handler)
    yield handler
    shop.dynamodb.meta.events.unregister("before-send.dynamodb", handler)


OFFER = {"name": "Pen", "price": "1.00", "currency": "EUR"}


@pytest.fixture
def product(shop) -> dict:
    return {"productId": shop.product()}


def test_a_replaced_product_is_answered_as_replaced(shop, product, lost):
    answer = shop.request("PUT /products/{productId}", OFFER, path=product, headers={"if-match": '"1"'})

    assert (answer.status, answer.headers["etag"], answer.json["name"]) == (200, '"2"', "Pen")
    assert lost.operations == ["TransactWriteItems"] * 2


def test_a_deleted_product_is_answered_as_deleted(shop, product, lost):
    assert shop.request("DELETE /products/{productId}", path=product, headers={"if-match": '"1"'}).status == 204
    assert len(lost.operations) == 2
    assert shop.request("GET /products/{productId}", path=product).status == 404


def test_stock_is_changed_once(shop, product, lost):
    assert shop.request("POST /products/{productId}/stock", {"change": 5}, path=product).status == 204
    assert (len(lost.operations), shop.stock(product["productId"])) == (2, (25, 0))


def test_an_order_is_placed_once_and_cancelled_once(shop, product, lost):
    placed = shop.order({product["productId"]: 3})
    assert placed.status == 201
    assert shop.stock(product["productId"]) == (17, 3)
    cancelled = shop.request("POST /orders/{orderId}/cancel", path={"orderId": placed.json["id"]})
    assert (cancelled.status, cancelled.json["status"]) == (200, "CANCELLED")
    assert shop.stock(product["productId"]) == (20, 0)
    assert len(lost.operations) == 4
