"""Runs a service: one process, with TLS, that ends its requests before it ends."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.services.kit import logs
from app.services.kit.health import Lifecycle
from app.services.kit.settings import Settings, SettingsError

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than a proxy keeps it, so that only the proxy closes one
(https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts)."""


class Server(uvicorn.Server):
    """A server that is not ready any more when it gets a signal, while requests that are under way finish.

    uvicorn tells the application of its end only after the last request, which is too late for its readiness.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handles a signal, for uvicorn."""
        self._lifecycle.draining = True
        super().handle_exit(sig, frame)


def server(app: FastAPI, settings: Settings) -> Server:
    """Returns the server of an application that `application.create` has made."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.private_key,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=math.ceil(settings.drain),
    )
    return Server(config, app.state.lifecycle)


def run(create: Callable[[Settings], FastAPI]) -> None:
    """Serves a service until a signal comes. `create` makes its application from the settings of the environment.

    Exits with 1 and one sentence when the settings are wrong.
    """
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        logs.refuse(str(error))
    logs.configure(service=settings.service, level=settings.log_level, pod=settings.pod)
    server(create(settings), settings).run()
