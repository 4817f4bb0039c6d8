import pytest

PRODUCT = {"name": "Notebook", "description": "A5", "price": "4.50", "currency": "EUR", "stock": 20}
CHANGED = {"name": "Notebook", "price": "4.80", "currency": "EUR"}


@pytest.fixture
def product(shop):
    return shop.product(stock=20)


def get(shop, product_id):
    return shop.request("GET /products/{productId}", path={"productId": product_id})


def put(shop, product_id, tag=None, body=CHANGED):
    headers = {"if-match": tag} if tag else {}
    return shop.request("PUT /products/{productId}", body, path={"productId": product_id}, headers=headers)


def delete(shop, product_id, tag=None):
    headers = {"if-match": tag} if tag else {}
    return shop.request("DELETE /products/{productId}", path={"productId": product_id}, headers=headers)


def change(shop, product_id, by, **options):
    path = {"productId": product_id}
    return shop.request("POST /products/{productId}/stock", {"change": by}, path=path, **options)


def test_a_product_is_made_and_found(shop):
    made = shop.request("POST /products", PRODUCT)

    assert made.status == 201
    assert made.headers["location"] == f"/products/{made.json['id']}"
    found = get(shop, made.json["id"])
    assert (found.status, found.json, found.headers["etag"]) == (200, made.json, made.headers["etag"])
    assert {name: found.json[name] for name in PRODUCT} == PRODUCT
    assert found.json["reserved"] == 0


def test_a_create_with_a_key_happens_once(shop):
    first, second = (shop.request("POST /products", PRODUCT, key="k") for _ in range(2))
    other = shop.request("POST /products", PRODUCT | {"stock": 1}, key="k")

    assert (first.text, first.headers["location"]) == (second.text, second.headers["location"])
    assert (other.status, other.json["type"]) == (422, "tag:crosscloud,2026:idempotency-key-reused")
    assert len(shop.items("products")) == 1


def test_pages_hold_every_product_once(shop):
    made = {shop.product() for _ in range(7)}
    seen, cursor = [], None
    for expected in (3, 3, 1):
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = shop.request("GET /products", query=query).json
        assert len(page["items"]) == expected
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert (len(seen), set(seen)) == (7, made)


def test_a_page_goes_on_behind_a_product_that_was_deleted(shop):
    made = {shop.product() for _ in range(4)}
    page = shop.request("GET /products", query={"limit": "2"}).json
    last = page["items"][-1]["id"]
    assert delete(shop, last).status == 204

    rest = shop.request("GET /products", query={"cursor": page["next_cursor"]}).json

    assert {item["id"] for item in rest["items"]} == made - {item["id"] for item in page["items"]}


def test_a_cursor_of_another_list_is_refused(shop):
    answer = shop.request("GET /products", query={"cursor": "AAAA"})

    assert (answer.status, answer.json["errors"][0]["parameter"]) == (422, "cursor")


def test_replacing_needs_the_version_and_makes_a_new_one(shop, product):
    tag = get(shop, product).headers["etag"]

    assert put(shop, product).status == 428
    assert put(shop, product, '"9"').status == 412
    assert put(shop, product, '"none-of-ours"').status == 412
    replaced = put(shop, product, tag)
    assert replaced.status == 200
    assert replaced.headers["etag"] != tag
    assert put(shop, product, tag).status == 412
    found = get(shop, product)
    assert (found.json["price"], found.json["description"], found.json["stock"]) == ("4.80", None, 20)
    assert found.headers["etag"] == replaced.headers["etag"]


def test_a_description_can_be_put_in_and_out(shop, product):
    tag = put(shop, product, '"1"', CHANGED | {"description": "A5"}).headers["etag"]
    assert get(shop, product).json["description"] == "A5"

    put(shop, product, tag, CHANGED | {"description": None})

    assert get(shop, product).json["description"] is None


def test_an_order_in_between_does_not_change_the_version(shop, product):
    tag = get(shop, product).headers["etag"]
    assert shop.order({product: 2}).status == 201
    assert change(shop, product, 5).status == 204

    assert put(shop, product, tag).status == 200
    assert shop.stock(product) == (23, 2)


@pytest.mark.parametrize("tag", [None, '"1"'])
def test_a_product_is_deleted_once(shop, product, tag):
    assert delete(shop, product, tag).status == 204
    assert get(shop, product).status == 404
    assert delete(shop, product, tag).status == 404


def test_another_version_is_not_deleted(shop, product):
    assert delete(shop, product, '"2"').status == 412
    assert get(shop, product).status == 200


@pytest.mark.parametrize("tag", [None, '"1"'])
def test_what_is_reserved_is_not_deleted(shop, product, tag):
    order = shop.order({product: 1}).json["id"]

    assert delete(shop, product, tag).status == 409

    shop.request("POST /orders/{orderId}/cancel", path={"orderId": order})
    assert delete(shop, product, tag).status == 204


def test_the_stock_never_falls_below_nothing(shop, product):
    assert change(shop, product, -20).status == 204
    refused = change(shop, product, -1)
    assert (refused.status, refused.json["detail"]) == (409, "There are fewer than 1 in stock.")
    assert change(shop, product, 3).status == 204
    assert shop.stock(product) == (3, 0)


def test_a_change_of_the_stock_with_a_key_happens_once(shop, product):
    assert [change(shop, product, -15, key="k").status for _ in range(3)] == [204] * 3
    assert change(shop, product, -14, key="k").status == 422
    assert shop.stock(product) == (5, 0)


def test_one_key_for_two_products_is_refused(shop, product):
    assert change(shop, product, 1, key="k").status == 204
    assert change(shop, shop.product(), 1, key="k").status == 422


@pytest.mark.parametrize(
    "call", [get, delete, lambda shop, id_: put(shop, id_, '"1"'), put, lambda s, i: change(s, i, 1)]
)
def test_an_unknown_product_is_404(shop, call):
    answer = call(shop, "nothing")

    assert (answer.status, answer.json["detail"]) == (404, "There is no product with this id.")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"price": 4.5}, "/price"),
        ({"price": "4.5"}, "/price"),
        ({"price": "4.50\n"}, "/price"),
        ({"stock": -1}, "/stock"),
        ({"stock": 1.5}, "/stock"),
        ({"stock": 1.0}, "/stock"),
        ({"stock": True}, "/stock"),
        ({"currency": "eur"}, "/currency"),
        ({"name": "a\u0000b"}, "/name"),
        ({"version": 3}, "/version"),
    ],
)
def test_what_breaks_the_contract(shop, changes, pointer):
    answer = shop.request("POST /products", PRODUCT | changes)

    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert shop.items("products") == []


@pytest.mark.parametrize("route", ["GET /products", "POST /products"])
def test_the_scopes_are_needed(shop, route):
    lacking = {"GET /products": "products:write", "POST /products": "products:read"}[route]

    assert shop.request(route, PRODUCT if "POST" in route else None, scope=lacking).status == 403
