"""Probes against a server that answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.supervisor import probes
from local.supervisor.manifests import RefusedError
from local.supervisor.probes import Probe
from tests.unit.local.supervisor.cluster import Authority


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
        (b"", "could not be asked (IndexError)"),
        (b"nonsense\r\n\r\n", "could not be asked (IndexError)"),
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

    assert asyncio.run(run()) == "could not be asked (ConnectionRefusedError)"


def test_https_is_asked_without_checking_the_certificate(tmp_path: Path) -> None:
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
        self.asked = 0

        async def ask(_: Probe) -> str | None:
            if self.asked == len(script):
                raise asyncio.CancelledError
            self.asked += 1
            return None if script[self.asked - 1] == "+" else f"failed {self.asked}"

        monkeypatch.setattr(Probe, "ask", ask)


@pytest.mark.parametrize(
    ("script", "healthy", "thresholds", "reported"),
    [
        ("+", False, (1, 3), [True]),
        ("---+", False, (1, 3), [True]),
        ("+--+", False, (1, 3), [True]),
        ("+---", False, (1, 3), [True, False]),
        ("+---+", False, (1, 3), [True, False, True]),
        ("++", False, (2, 3), [True]),
        ("+-+", False, (2, 3), []),
        ("+", True, (1, 3), []),
        ("---", True, (1, 3), [False]),
        ("--+--", True, (1, 3), []),
    ],
)
def test_health_changes_with_the_thresholds(
    monkeypatch: pytest.MonkeyPatch, script: str, healthy: bool, thresholds: tuple[int, int], reported: list[bool]
) -> None:
    Scripted(monkeypatch, script)
    seen: list[bool] = []
    one = probe(1, successThreshold=thresholds[0], failureThreshold=thresholds[1])
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(one.follow(seen.append, healthy))
    assert seen == reported


@pytest.mark.parametrize(("script", "asked"), [("---", 3), ("+---", 4), ("--+---", 6)])
def test_failure_needs_its_threshold_in_a_row(monkeypatch: pytest.MonkeyPatch, script: str, asked: int) -> None:
    scripted = Scripted(monkeypatch, script + "+")
    assert asyncio.run(probe(1, failureThreshold=3).until_failure()) == f"failed {asked}"
    assert scripted.asked == asked


def test_a_start_is_given_period_times_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "EAGER", 0.001)
    scripted = Scripted(monkeypatch, "-" * 1000)
    one = probe(1, periodSeconds=0.05, failureThreshold=4)
    assert asyncio.run(one.until_first_success()) == f"failed {scripted.asked}"
    assert scripted.asked > 4, "it is asked more often than the period, within the same time"
    Scripted(monkeypatch, "--+")
    assert asyncio.run(one.until_first_success()) is None


def test_settings_have_the_defaults_of_kubernetes() -> None:
    one = Probe.read({"httpGet": {"port": 80}}, {80: 4001}, "probe")
    assert (one.path, one.tls, one.port) == ("/", False, 4001)
    assert (one.initial_delay, one.period, one.timeout, one.success_threshold, one.failure_threshold) == (
        0,
        10,
        1,
        1,
        3,
    )


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ({"grpc": {"port": 80}}, "asks httpGet probes only"),
        ({"httpGet": {"port": 80, "host": "10.0.0.1"}}, r"probe\.httpGet\.host is not supported"),
        (
            {"httpGet": {"port": 80}, "terminationGracePeriodSeconds": 1},
            "terminationGracePeriodSeconds is not supported",
        ),
        ({"httpGet": {"port": "other"}}, "declares no port 'other'"),
    ],
)
def test_other_probes_are_refused(manifest: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        Probe.read(manifest, {80: 4001}, "probe")
