"""MiniStack, the AWS emulator, as a process of a test session: in memory, on a free loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.session import Session

from tests.support.waiting import PATIENCE, eventually

REGION = "eu-west-1"


class Emulated:
    """A running emulator. `environment` holds the variables that a function's runtime has."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": self.url,
        }
        self._session = Session()

    def client(self, service: str, **config: Any) -> Any:
        return self._session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(**config),
        )


@contextlib.contextmanager
def ministack(folder: Path) -> Iterator[Emulated]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "LOG_LEVEL": "WARNING",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ministack"], env=environment, cwd=folder, stdout=log, stderr=log
        )
    try:
        _await_ready(port, process, folder / "ministack.log")
        yield Emulated(port)
    finally:
        process.kill()
        process.wait(PATIENCE)


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    def ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"MiniStack ended: {log.read_text()[-2000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == 200
        return False

    eventually(ready, what="MiniStack's readiness")
