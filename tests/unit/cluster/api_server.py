"""An API server on a port of this machine, as far as a client asks one before it does anything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

ANSWERS: dict[str, Any] = {
    "/version": {
        **dict.fromkeys(("buildDate", "compiler", "gitCommit", "gitTreeState", "goVersion", "platform"), ""),
        "major": "1",
        "minor": "33",
        "gitVersion": "v1.33.0",
    },
    "/apis": {"kind": "APIGroupList", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "namespaces", "kind": "Namespace", "namespaced": False, "singularName": "", "verbs": ["get"]},
            {"name": "pods", "kind": "Pod", "namespaced": True, "singularName": "", "verbs": ["get"]},
        ],
    },
    "/api/v1/namespaces/kube-system": {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "kube-system", "uid": "uid"},
    },
}


class Handler(BaseHTTPRequestHandler):
    """Answers what it knows, with 404 where that is None; another path is one whose answer never comes."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.rstrip("/")
        if path not in ANSWERS:
            time.sleep(5)
        answer = ANSWERS.get(path)
        self._answer(404 if answer is None else 200, json.dumps({} if answer is None else answer).encode())

    def do_PATCH(self) -> None:
        """Answers what was applied."""
        self._answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def serving(folder: Path, **of_user: str) -> Iterator[Path]:
    """Yields the kubeconfig of a server, whose context is `kind-test`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kubeconfig(folder, f"http://127.0.0.1:{server.server_port}", **of_user)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def kubeconfig(folder: Path, server: str, **of_user: str) -> Path:
    """Writes a kubeconfig with one context, `kind-test`, and returns its path."""
    path = folder / "kubeconfig"
    content = {
        "clusters": [{"name": "one", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": of_user}],
        "contexts": [{"name": "kind-test", "context": {"cluster": "one", "user": "me"}}],
        "current-context": "kind-test",
    }
    path.write_text(yaml.safe_dump(content))
    return path
