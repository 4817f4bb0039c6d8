"""The program that the tests run as a container: a small TLS server whose behaviour its environment chooses."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import uvicorn

STARTED = time.monotonic()
READY_FILE = Path(os.environ.get("READY_FILE", "/nonexistent"))


def status_of(path: str) -> int:
    if path == "/livez":
        limit = float(os.environ.get("UNHEALTHY_AFTER", "inf"))
        return 500 if time.monotonic() - STARTED > limit else 200
    if path == "/readyz":
        return 503 if "NEVER_READY" in os.environ or READY_FILE.exists() else 200
    return 200


async def app(scope, receive, send):  # type: ignore[no-untyped-def]
    if scope["type"] != "http":
        return
    path = scope["path"]
    while path != "/livez" and path != "/readyz" and (await receive()).get("more_body"):
        pass
    if path == "/slow":
        await asyncio.sleep(0.4)
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    body = json.dumps(
        {
            "pod": os.environ.get("POD_NAME"),
            "pid": os.getpid(),
            "path": path,
            "headers": headers,
            "environment": dict(os.environ),
            "arguments": sys.argv[1:],
            "folder": str(Path.cwd()),
        }
    ).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status_of(path),
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    if "EXIT" in os.environ:
        sys.exit("the settings are wrong")
    uvicorn.run(
        app,
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        ssl_certfile=os.environ["TLS_CERT_FILE"],
        ssl_keyfile=os.environ["TLS_KEY_FILE"],
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        log_level="warning",
    )
