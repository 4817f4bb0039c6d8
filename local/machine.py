"""The folders of the local stack's files, and the ports that it has on this machine."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REGION = "eu-central-1"
ACCOUNT = "000000000000"
CHANGES = "changes.jsonl"
"""The file beside the logs with one JSON object for each `make up`: what it has changed. It is no log."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports on 127.0.0.1, chosen once per clone and kept in `.local/ports.json`."""

    endpoint: int
    ingress: int
    issuer: int
    emulator: int
    postgres: int


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One clone on one machine. Every path is absolute."""

    root: Path
    """The clone's folder."""
    home: Path
    """`.local` in it, with the mode 0700."""
    ports: Ports

    @property
    def state_file(self) -> Path:
        return self.home / "state.json"

    @property
    def objects(self) -> Path:
        """The desired state that the supervisor brings about, one JSON file per object (`local.desired`)."""
        return self.home / "objects"

    @property
    def images(self) -> Path:
        """One folder per image digest: the build context that a container sees as its working directory."""
        return self.home / "images"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Locks, sockets, pid and status files of the running processes."""
        return self.home / "run"

    @property
    def data(self) -> Path:
        """The folder that `down` keeps and `down PURGE=1` removes: PostgreSQL's cluster, the emulator's state."""
        return self.home / "data"

    @property
    def pki(self) -> Path:
        """The endpoint's certificate and the issuer's keys; `ca.crt` itself lies in `home`."""
        return self.home / "pki"

    @property
    def issuer_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.issuer}"

    @property
    def emulator_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def endpoint_url(self) -> str:
        return f"https://localhost:{self.ports.endpoint}"


def read_json(path: Path) -> Any:
    """Returns what a JSON file holds, or None when there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def write_json(path: Path, value: object) -> None:
    """Writes JSON as `write_text` does."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True))


def write_text(path: Path, text: str) -> None:
    """Replaces `path` in one step, readable by its owner only: a reader sees the old content or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
