"""`python -m telemetry PORT FILE`: takes spans by OTLP over HTTP on loopback, and keeps them in a file."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from telemetry.application import application
from telemetry.place import HOST
from telemetry.store import Store


def main() -> None:
    """Serves the collector until it is stopped."""
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    store = Store(file)
    try:
        uvicorn.run(
            application(store, port=port),
            host=HOST,
            port=port,
            log_level="warning",
            access_log=False,
            loop="asyncio",
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    finally:
        store.close()


if __name__ == "__main__":
    main()
