"""The entry point of the function `orders`."""

from __future__ import annotations

import functools
import os

from app.functions.kit import assembly, aws, environment, tracing
from app.functions.kit.api import Api, Parts
from app.functions.kit.invocation import Context
from app.functions.kit.request import Event
from app.functions.kit.responses import Response
from app.functions.orders import validators
from app.functions.orders.operations import OPERATIONS
from app.functions.orders.routes import OrderDesk

API = Api(name="orders", operations=OPERATIONS, validators=validators, budget=aws.BUDGET)
SETTINGS = ("ORDERS_TABLE", "PRODUCTS_TABLE", "IDEMPOTENCY_TABLE", "AWS_REGION")


def handler(event: Event, context: Context) -> Response:
    """Answers one request of the HTTP API. Raises nothing."""
    return API.handle(event, context, assembled)


@functools.cache
def assembled() -> Parts:
    """Returns the function's parts, once per environment. Raises SettingsError; the next invocation tries again."""
    settings = environment.read(os.environ, API.name, needed=SETTINGS)
    log = settings.log()
    spans = tracing.spans(settings, log)
    desk = OrderDesk(
        client=aws.client("dynamodb", os.environ, spans),
        orders_table=settings["ORDERS_TABLE"],
        products_table=settings["PRODUCTS_TABLE"],
        keys_table=settings["IDEMPOTENCY_TABLE"],
    )
    return assembly.parts(settings, log, desk.handlers(), spans)


environment.prepare(assembled)
