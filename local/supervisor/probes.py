"""A container's httpGet probes, asked as the kubelet asks them: certificates unverified, 200 to 399 is success."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from local.desired import Object
from local.supervisor.manifests import RefusedError, only

EAGER = 0.25
"""Seconds between questions until the first success, where the period is longer: a start is seen sooner, and the
probe's budget of period times threshold stays what it is."""


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_TLS = _unverified()


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Times in seconds."""

    port: int
    path: str
    tls: bool
    initial_delay: float
    period: float
    timeout: float
    success_threshold: int
    failure_threshold: int

    @classmethod
    def read(cls, manifest: Object, ports: Mapping[str | int, int], where: str) -> Probe:
        """`ports` maps container ports, by name and by number, to those on this machine. Raises RefusedError."""
        if "httpGet" not in manifest:
            raise RefusedError(f"{where}: the local stack asks httpGet probes only.")
        known = {"initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"}
        only(manifest, known | {"httpGet"}, where)
        get = only(manifest["httpGet"], {"path", "port", "scheme"}, f"{where}.httpGet")
        if get["port"] not in ports:
            raise RefusedError(f"{where}: the container declares no port {get['port']!r}.")
        return cls(
            port=ports[get["port"]],
            path=get.get("path", "/"),
            tls=get.get("scheme", "HTTP") == "HTTPS",
            initial_delay=manifest.get("initialDelaySeconds", 0),
            period=manifest.get("periodSeconds", 10),
            timeout=manifest.get("timeoutSeconds", 1),
            success_threshold=manifest.get("successThreshold", 1),
            failure_threshold=manifest.get("failureThreshold", 3),
        )

    async def ask(self) -> str | None:
        """None for success, else what went wrong."""
        try:
            async with asyncio.timeout(self.timeout):
                return await self._request()
        except TimeoutError:
            return f"gave no answer within {self.timeout} s"
        except (OSError, ValueError, IndexError) as error:
            return f"could not be asked ({type(error).__name__})"

    async def _request(self) -> str | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=_TLS if self.tls else None)
        try:
            head = f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUser-Agent: kube-probe\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode())
            status = int((await reader.readline()).split()[1])
        finally:
            writer.transport.abort()
        return None if 200 <= status < 400 else f"answered {status}"

    async def until_first_success(self) -> str | None:
        """None once it succeeds; what went wrong last when period times threshold have passed without."""
        await asyncio.sleep(self.initial_delay)
        end = asyncio.get_running_loop().time() + self.period * self.failure_threshold
        while problem := await self.ask():
            if asyncio.get_running_loop().time() >= end:
                return problem
            await asyncio.sleep(min(self.period, EAGER))
        return None

    async def follow(self, report: Callable[[bool], None], healthy: bool) -> NoReturn:
        """Reports every change of health, for ever; `healthy` is how it begins."""
        await asyncio.sleep(self.initial_delay)
        seen, streak = healthy, 0
        while True:
            success = await self.ask() is None
            streak = streak + 1 if success != healthy else 0
            if streak and streak >= (self.success_threshold if success else self.failure_threshold):
                healthy, streak, seen = success, 0, seen or success
                report(healthy)
            await asyncio.sleep(self.period if seen else min(self.period, EAGER))

    async def until_failure(self) -> str:
        """What went wrong when it has failed as often in a row as the threshold says."""
        await asyncio.sleep(self.initial_delay)
        failures = 0
        while True:
            problem = await self.ask()
            failures = failures + 1 if problem else 0
            if problem and failures >= self.failure_threshold:
                return problem
            await asyncio.sleep(self.period)
