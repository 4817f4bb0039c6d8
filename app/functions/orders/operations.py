"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.operation import Operation, Throttle

OPERATIONS = {
    "GET /orders": Operation(
        route_key="GET /orders",
        operation_id="listOrders",
        security=(frozenset({"orders:read"}),),
        owner="checked-by-function",
        throttle=Throttle(rate=50.0, burst=100),
        query={"limit": "integer", "cursor": "string"},
        function="orders",
    ),
    "POST /orders": Operation(
        route_key="POST /orders",
        operation_id="createOrder",
        security=(frozenset({"orders:write"}),),
        owner="checked-by-function",
        throttle=Throttle(rate=20.0, burst=40),
        max_body=16384,
        headers={"idempotency-key": "Idempotency-Key"},
        function="orders",
    ),
    "GET /orders/{orderId}": Operation(
        route_key="GET /orders/{orderId}",
        operation_id="getOrder",
        security=(frozenset({"orders:read"}),),
        owner="checked-by-function",
        throttle=Throttle(rate=50.0, burst=100),
        path=("orderId",),
        function="orders",
    ),
    "POST /orders/{orderId}/cancel": Operation(
        route_key="POST /orders/{orderId}/cancel",
        operation_id="cancelOrder",
        security=(frozenset({"orders:write"}),),
        owner="checked-by-function",
        throttle=Throttle(rate=20.0, burst=40),
        path=("orderId",),
        function="orders",
    ),
    "GET /orders/{orderId}/events": Operation(
        route_key="GET /orders/{orderId}/events",
        operation_id="listOrderEvents",
        security=(frozenset({"orders:read"}),),
        owner="checked-by-function",
        throttle=Throttle(rate=50.0, burst=100),
        path=("orderId",),
        function="orders",
    ),
}
"""The operations by route key."""
