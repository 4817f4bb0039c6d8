"""A container's httpGet probes as the kubelet makes them: certificates are not checked, 200 to 399 is success."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from local.desired import Object
from local.kubernetes.manifests import RefusedError

LOOPBACK = "127.0.0.1"
"""The address of every pod."""
EAGER = 0.25
"""Seconds between two probes until the first success, where the period is longer: a start is noticed sooner. The time
that the probe allows, its period times its threshold, stays the same."""

_TLS = ssl.create_default_context()
_TLS.check_hostname = False
_TLS.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A probe of one port of a container. Times are in seconds."""

    port: int
    path: str
    tls: bool
    period: float
    timeout: float
    failure_threshold: int
    """Failures in a row that make a container unhealthy; one success makes it healthy again."""

    @classmethod
    def read(cls, manifest: Object, ports: Mapping[str | int, int], name: str) -> Probe:
        """Returns a probe with the defaults of Kubernetes. Raises RefusedError."""
        get = manifest["httpGet"]
        if get["port"] not in ports:
            raise RefusedError(f"{name}: the container declares no port {get['port']!r}.")
        return cls(
            port=ports[get["port"]],
            path=get.get("path", "/"),
            tls=get.get("scheme", "HTTP") == "HTTPS",
            period=manifest.get("periodSeconds", 10),
            timeout=manifest.get("timeoutSeconds", 1),
            failure_threshold=manifest.get("failureThreshold", 3),
        )

    async def ask(self) -> str | None:
        """Probes once and returns None for success, else what went wrong."""
        try:
            async with asyncio.timeout(self.timeout):
                status = await self._status()
        except TimeoutError:
            return f"gave no answer within {self.timeout} s"
        except (OSError, ValueError, IndexError) as error:
            return f"could not be reached ({type(error).__name__})"
        return None if 200 <= status < 400 else f"answered {status}"

    async def _status(self) -> int:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port, ssl=_TLS if self.tls else None)
        try:
            head = f"GET {self.path} HTTP/1.1\r\nHost: {LOOPBACK}:{self.port}\r\nUser-Agent: kube-probe\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode())
            return int((await reader.readline()).split()[1])
        finally:
            writer.transport.abort()

    async def until_first_success(self) -> str | None:
        """Probes until it succeeds, for period times threshold at most; then returns what went wrong last."""
        end = asyncio.get_running_loop().time() + self.period * self.failure_threshold
        while problem := await self.ask():
            if asyncio.get_running_loop().time() >= end:
                return problem
            await asyncio.sleep(min(self.period, EAGER))
        return None

    async def changes(self, healthy: bool) -> AsyncIterator[str | None]:
        """Yields None when the container becomes healthy and what went wrong when it no longer is, for ever."""
        ever_healthy, failures = healthy, 0
        while True:
            problem = await self.ask()
            failures = failures + 1 if problem else 0
            before, healthy = healthy, failures < self.failure_threshold if healthy else not failures
            ever_healthy |= healthy
            if healthy != before:
                yield problem
            await asyncio.sleep(self.period if ever_healthy else min(self.period, EAGER))
