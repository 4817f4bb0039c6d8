"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.operation import Operation, Throttle

OPERATIONS = {
    "GET /products": Operation(
        route_key="GET /products",
        operation_id="listProducts",
        security=(frozenset({"products:read"}),),
        owner="nobody",
        throttle=Throttle(rate=50.0, burst=100),
        query={"limit": "integer", "cursor": "string"},
        function="catalog",
    ),
    "POST /products": Operation(
        route_key="POST /products",
        operation_id="createProduct",
        security=(frozenset({"staff:products:write"}),),
        throttle=Throttle(rate=20.0, burst=40),
        max_body=8192,
        headers={"idempotency-key": "Idempotency-Key"},
        function="catalog",
    ),
    "GET /products/{productId}": Operation(
        route_key="GET /products/{productId}",
        operation_id="getProduct",
        security=(frozenset({"products:read"}),),
        owner="nobody",
        throttle=Throttle(rate=50.0, burst=100),
        path=("productId",),
        function="catalog",
    ),
    "PUT /products/{productId}": Operation(
        route_key="PUT /products/{productId}",
        operation_id="putProduct",
        security=(frozenset({"staff:products:write"}),),
        throttle=Throttle(rate=20.0, burst=40),
        max_body=8192,
        path=("productId",),
        headers={"if-match": "If-Match"},
        function="catalog",
    ),
    "DELETE /products/{productId}": Operation(
        route_key="DELETE /products/{productId}",
        operation_id="deleteProduct",
        security=(frozenset({"staff:products:write"}),),
        throttle=Throttle(rate=20.0, burst=40),
        path=("productId",),
        headers={"if-match": "If-Match"},
        function="catalog",
    ),
    "POST /products/{productId}/stock": Operation(
        route_key="POST /products/{productId}/stock",
        operation_id="changeStock",
        security=(frozenset({"staff:products:write"}),),
        throttle=Throttle(rate=20.0, burst=40),
        max_body=1024,
        path=("productId",),
        headers={"idempotency-key": "Idempotency-Key"},
        function="catalog",
    ),
}
"""The operations by route key."""
