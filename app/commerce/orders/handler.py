"""The entry point of the function `orders`."""

from __future__ import annotations

import functools
import os
from typing import Any

from app.commerce import aws, settings
from app.commerce.api import Api, Context, handle
from app.commerce.logs import Log
from app.commerce.orders import validators
from app.commerce.orders.operations import OPERATIONS
from app.commerce.orders.routes import OrderDesk
from app.edge.request import Event

NAME = "orders"


def handler(event: Event, context: Context) -> dict[str, Any]:
    """Answers one request of the HTTP API. Raises nothing."""
    return handle(event, context, assembled, Log(service=NAME, level="INFO"))


@functools.cache
def assembled() -> Api:
    """Once per environment. Raises SettingsError; the next invocation tries again."""
    log = settings.log(os.environ, NAME)
    names = ("ORDERS_TABLE", "PRODUCTS_TABLE", "IDEMPOTENCY_TABLE", "AWS_REGION")
    orders, products, keys, _ = settings.required(os.environ, *names)
    desk = OrderDesk(client=aws.client("dynamodb", os.environ), orders=orders, products=products, keys=keys)
    return Api(
        log=log,
        operations=OPERATIONS,
        validators=validators,
        routes=desk.routes(),
        scope_prefix=os.environ.get("SCOPE_PREFIX", ""),
    )
