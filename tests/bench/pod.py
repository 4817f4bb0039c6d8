"""A service as a process with the environment of its pod, while it is measured."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench import machine
from tests.support.otlp import Collector
from tests.support.pki import Authority
from tests.support.service import ROOT, free_port

START = 30.0
"""The longest time that a service may take to start, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    port: int
    process: psutil.Process


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The surroundings of all pods: a folder for certificates and logs, an authority and the collector of the spans."""

    folder: Path
    authority: Authority
    collector: Collector

    def environment(self, *, service: str = "users", database: str = "") -> dict[str, str]:
        """Returns the variables that the component sets. Nobody listens at the port of the default URL."""
        certificate, key = self.folder / "tls.crt", self.folder / "tls.key"
        if not certificate.exists():
            leaf = self.authority.server("127.0.0.1")
            certificate.write_text(leaf.certificate)
            key.write_text(leaf.private_key)
        return {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",  # as in the image
            "HOST": "127.0.0.1",
            "SERVICE_NAME": service,
            "POD_NAME": f"{service}-6d4cf56db6-7xk2p",
            "LOG_LEVEL": "INFO",
            "TLS_CERT_FILE": str(certificate),
            "TLS_KEY_FILE": str(key),
            "DATABASE_URL": database or "postgresql://users:secret@127.0.0.1:1/users?sslmode=disable",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.endpoint,
        }


@contextlib.contextmanager
def running(*arguments: str, environment: Mapping[str, str], folder: Path) -> Iterator[Pod]:
    """Runs `python ARGUMENTS` on the core of the servers until the end of the block. The folder gets its log."""
    port = free_port()
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**environment, "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        machine.pin(machine.SERVER_CORE, psutil.Process(process.pid))
        end = time.monotonic() + START
        while not _listens(process.pid, port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{' '.join(arguments)} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield Pod(port=port, process=psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _listens(pid: int, port: int) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
