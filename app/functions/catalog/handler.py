"""The entry point of the function `catalog`."""

from __future__ import annotations

import functools
import os

from app.functions.catalog import validators
from app.functions.catalog.operations import OPERATIONS
from app.functions.catalog.routes import Catalog
from app.functions.kit import assembly, aws, environment, tracing
from app.functions.kit.api import Api, Parts
from app.functions.kit.invocation import Context
from app.functions.kit.request import Event
from app.functions.kit.responses import Response

API = Api(name="catalog", operations=OPERATIONS, validators=validators, budget=aws.BUDGET)
SETTINGS = ("PRODUCTS_TABLE", "IDEMPOTENCY_TABLE", "AWS_REGION")


def handler(event: Event, context: Context) -> Response:
    """Answers one request of the HTTP API. Raises nothing."""
    return API.handle(event, context, assembled)


@functools.cache
def assembled() -> Parts:
    """Returns the function's parts, once per environment. Raises SettingsError; the next invocation tries again."""
    settings = environment.read(os.environ, API.name, needed=SETTINGS)
    log = settings.log()
    spans = tracing.spans(settings, log)
    catalog = Catalog(
        client=aws.client("dynamodb", os.environ, spans),
        products_table=settings["PRODUCTS_TABLE"],
        keys_table=settings["IDEMPOTENCY_TABLE"],
    )
    return assembly.parts(settings, log, catalog.handlers(), spans)


environment.prepare(assembled)
