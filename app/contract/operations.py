"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""

from app.contract.operation import Operation, Source, Throttle

OPERATIONS = {
    "POST /users": Operation(
        route_key="POST /users",
        operation_id="lookupUser",
        scopes=frozenset({"users:read"}),
        throttle=Throttle(rate=50.0, burst=100),
        max_body=1024,
        upstream="users",
        method="GET",
        path="/users/{user_id}",
        parameters={"user_id": Source(place="body", name="user_id")},
        timeout=3.0,
        safe=True,
        answers=frozenset({200, 404}),
    ),
    "GET /users/{userId}": Operation(
        route_key="GET /users/{userId}",
        operation_id="getUser",
        scopes=frozenset({"users:read"}),
        throttle=Throttle(rate=50.0, burst=100),
        max_body=None,
        upstream="users",
        method="GET",
        path="/users/{user_id}",
        parameters={"user_id": Source(place="path", name="userId")},
        timeout=3.0,
        safe=True,
        answers=frozenset({200, 404}),
    ),
}
"""By route key."""
