"""Probes against a server that answers as a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.kubernetes import probes
from local.kubernetes.manifests import RefusedError
from local.kubernetes.probes import Probe
from tests.unit.local.kubernetes.cluster import Authority


def probe(port: int, **changes: Any) -> Probe:
    get = {"path": "/healthz", "port": "web", "scheme": changes.pop("scheme", "HTTP")}
    return Probe.read({"httpGet": get, "periodSeconds": 0.01, **changes}, {"web": port, 80: port}, "probe")


@asynccontextmanager
async def server(
    answers: Iterable[bytes | None], context: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Gives each caller the next answer; None keeps it waiting."""
    heard: list[bytes] = []
    left = iter(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        text = next(left)
        if text is None:
            await reader.read()
        else:
            writer.write(text)
        writer.close()

    started = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield started.sockets[0].getsockname()[1], heard
    finally:
        started.close()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


def status(code: int) -> bytes:
    return f"HTTP/1.1 {code} X\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (status(200), None),
        (status(204), None),
        (status(302), None),
        (status(399), None),
        (status(400), "answered 400"),
        (status(503), "answered 503"),
        (status(101), "answered 101"),
        (b"", "could not be reached (IndexError)"),
        (b"nonsense\r\n\r\n", "could not be reached (IndexError)"),
        (None, "gave no answer within 0.2 s"),
    ],
)
def test_success_is_an_answer_from_200_to_399_in_time(answer: bytes | None, problem: str | None) -> None:
    async def run() -> None:
        async with server([answer]) as (port, heard):
            assert await probe(port, timeoutSeconds=0.2).ask() == problem
            assert heard[0].startswith(b"GET /healthz HTTP/1.1\r\n")

    asyncio.run(run())


def test_nobody_listens() -> None:
    async def run() -> str | None:
        async with server([]) as (port, _):
            pass
        return await probe(port).ask()

    assert asyncio.run(run()) == "could not be reached (ConnectionRefusedError)"


def test_https_is_probed_without_checking_the_certificate(tmp_path: Path) -> None:
    pair = Authority.new().leaf(dns="anything.test")
    files = [tmp_path / "crt", tmp_path / "key"]
    for file, text in zip(files, (pair.certificate, pair.key), strict=True):
        file.write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    async def run() -> tuple[str | None, str | None]:
        async with server([status(200), status(200)], context) as (port, _):
            return await probe(port, scheme="HTTPS").ask(), await probe(port).ask()

    tls, plain = asyncio.run(run())
    assert tls is None
    assert plain is not None


class Scripted:
    """Answers of `Probe.ask`, one letter each: `+` success, `-` failure; then the test is over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        self.questions = 0

        async def ask(_: Probe) -> str | None:
            if self.questions == len(script):
                raise asyncio.CancelledError
            self.questions += 1
            return None if script[self.questions - 1] == "+" else f"failed {self.questions}"

        monkeypatch.setattr(Probe, "ask", ask)


@pytest.mark.parametrize(
    ("script", "healthy", "reported"),
    [
        ("+", False, [True]),
        ("---+", False, [True]),
        ("+--+", False, [True]),
        ("+---", False, [True, False]),
        ("+---+", False, [True, False, True]),
        ("+", True, []),
        ("---", True, [False]),
        ("--+--", True, []),
    ],
)
def test_health_changes_with_one_success_or_as_many_failures_as_the_threshold(
    monkeypatch: pytest.MonkeyPatch, script: str, healthy: bool, reported: list[bool]
) -> None:
    Scripted(monkeypatch, script)
    seen: list[bool] = []

    async def follow() -> None:
        changes = probe(1, failureThreshold=3).changes(healthy)
        while True:
            seen.append(await anext(changes) is None)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follow())
    assert seen == reported


@pytest.mark.parametrize(("script", "questions"), [("---", 3), ("+---", 4), ("--+---", 6)])
def test_failure_needs_its_threshold_in_a_row(monkeypatch: pytest.MonkeyPatch, script: str, questions: int) -> None:
    scripted = Scripted(monkeypatch, script + "+")

    async def first() -> str | None:
        return await anext(probe(1, failureThreshold=3).changes(True))

    assert asyncio.run(first()) == f"failed {questions}"
    assert scripted.questions == questions


def test_a_start_is_given_period_times_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "EAGER", 0.001)
    scripted = Scripted(monkeypatch, "-" * 1000)
    one = probe(1, periodSeconds=0.05, failureThreshold=4)
    assert asyncio.run(one.until_first_success()) == f"failed {scripted.questions}"
    assert scripted.questions > 4, "it is asked more often than the period, within the same time"
    Scripted(monkeypatch, "--+")
    assert asyncio.run(one.until_first_success()) is None


def test_settings_have_the_defaults_of_kubernetes() -> None:
    one = Probe.read({"httpGet": {"port": 80}}, {80: 4001}, "probe")
    assert (one.path, one.tls, one.port) == ("/", False, 4001)
    assert (one.period, one.timeout, one.failure_threshold) == (10, 1, 3)


def test_a_probe_of_a_port_that_is_not_declared_is_refused() -> None:
    with pytest.raises(RefusedError, match="declares no port 'other'"):
        Probe.read({"httpGet": {"port": "other"}}, {80: 4001}, "probe")
