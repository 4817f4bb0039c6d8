"""The operation GetSecretValue of Secrets Manager on a loopback port, for tests of its client."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class SecretsManager:
    """The secrets. `texts` holds some by ARN, all others are `text`. A `status` other than 200 makes every call fail
    with the error code `kind`."""

    url: str = ""
    text: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    version: str = "v1"
    status: int = 200
    kind: str = "com.amazonaws.secretsmanager#ResourceNotFoundException"
    calls: list[dict[str, Any]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        return {
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
            "AWS_SESSION_TOKEN": "session",
            "AWS_ENDPOINT_URL": self.url,
        }


@contextlib.contextmanager
def secrets_manager() -> Iterator[SecretsManager]:
    state = SecretsManager()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.calls.append({"headers": {k.lower(): v for k, v in self.headers.items()}, "body": body})
            if state.status == 200:
                arn = json.loads(body)["SecretId"]
                answer = {"ARN": arn, "SecretString": state.texts.get(arn, state.text), "VersionId": state.version}
            else:
                answer = {"__type": state.kind, "message": "no"}
            raw = json.dumps(answer).encode()
            self.send_response(state.status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Keeps the log silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
