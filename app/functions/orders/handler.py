"""The entry point of the function `orders`."""

from __future__ import annotations

import functools
import os
from typing import Any

from app.functions.kit import aws
from app.functions.kit import environment as settings
from app.functions.kit.api import Api, Context, handle
from app.functions.kit.logs import Log
from app.functions.kit.request import Event
from app.functions.orders import validators
from app.functions.orders.operations import OPERATIONS
from app.functions.orders.routes import OrderDesk

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
