"""Runs a service: TLS, one process, an orderly end."""

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
"""Seconds that an idle connection is kept: longer than a proxy keeps it, so that only the proxy ever closes one
(https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts)."""


class Server(uvicorn.Server):
    """Not ready from the signal on, while requests that are under way finish."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._lifecycle.draining = True
        super().handle_exit(sig, frame)


def server(app: FastAPI, settings: Settings) -> Server:
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
    """Makes the application of the environment's settings and serves it until a signal; exits 1 if they are wrong."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        logs.refuse(str(error))
    logs.configure(service=settings.service, level=settings.log_level, pod=settings.pod)
    server(create(settings), settings).run()
