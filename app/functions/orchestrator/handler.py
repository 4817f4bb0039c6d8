"""The entry point of the function `orchestrator`."""

from __future__ import annotations

import functools
import os

from app.functions.kit import assembly, environment, tracing
from app.functions.kit.api import Api, Parts
from app.functions.kit.invocation import Context
from app.functions.kit.request import Event
from app.functions.kit.responses import Response
from app.functions.kit.upstream import connect
from app.functions.orchestrator import validators
from app.functions.orchestrator.operations import OPERATIONS
from app.functions.orchestrator.orchestrator import Orchestrator

API = Api(name="orchestrator", operations=OPERATIONS, validators=validators, route_metrics=True)
SETTINGS = ("UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN")


def handler(event: Event, context: Context) -> Response:
    """Answers one request of the HTTP API. Raises nothing."""
    return API.handle(event, context, assembled)


@functools.cache
def assembled() -> Parts:
    """Returns the function's parts, once per environment. Raises SettingsError; the next invocation tries again."""
    settings = environment.read(os.environ, API.name, needed=SETTINGS)
    log = settings.log()
    spans = tracing.spans(settings, log)
    orchestrator = Orchestrator(connect(settings, log, spans), log, spans)
    return assembly.parts(settings, log, orchestrator.handlers(), spans)
