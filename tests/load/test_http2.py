"""The generator by HTTP/2, against a server that answers, resets streams and goes away."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from h2.connection import H2Connection
from hyperframe.frame import GoAwayFrame

from tests.load import servers
from tests.load.generator import run
from tests.load.load import Load, Tls
from tests.load.requests import get, mix, post
from tests.load.result import Loss, Phase, Result
from tests.load.servers import Received, well2
from tests.load.test_generator import BUSY
from tests.load.test_tls import CLIENTS, NAME, SERVERS, server_context, written


def sent(answer: servers.Answering, *, tls: ssl.SSLContext | None = None, **options: Any) -> Result:
    """Returns the result of 50 requests at 200/s over one connection, unless `options` say otherwise."""
    with servers.http2(answer, tls=tls) as port:
        load: dict[str, Any] = {"rate": 200, "seconds": 0.25, "timeout": BUSY, "lateness_bound": BUSY, "connections": 1}
        load |= {"url": f"http{'s' if tls else ''}://{NAME}:{port}", "requests": mix(get("/"))}
        return asyncio.run(run(Load(address=("127.0.0.1", port), http2=True, **(load | options))))


def test_requests_share_a_connection() -> None:
    result = sent(well2)
    assert (result.sent, result.lost, result.connections) == (50, 0, 1)


def test_a_request_that_stalls_holds_up_no_other() -> None:
    others: set[int] = set()
    all_others = asyncio.Event()

    async def stalls(http: H2Connection, stream: int, received: Received) -> bytes:
        if received.number == 5:
            await all_others.wait()
        else:
            others.add(received.number)
        if len(others) == 49:
            all_others.set()
        return await well2(http, stream, received)

    result = sent(stalls)
    assert (result.lost, result.connections) == (0, 1)
    assert result.longest == result.outcomes[5].latency * 1000


def test_a_stream_that_is_reset_is_one_loss() -> None:
    async def resets(http: H2Connection, stream: int, received: Received) -> bytes:
        if received.number != 5:
            return await well2(http, stream, received)
        http.reset_stream(stream)
        return b""

    result = sent(resets)
    assert result.losses == {Loss(kind="StreamResetError", phase=Phase.SENT, reused=True): 1}


def test_a_stream_that_times_out_is_one_loss_and_the_connection_goes_on() -> None:
    async def hangs(http: H2Connection, stream: int, received: Received) -> bytes:
        return b"" if received.number == 5 else await well2(http, stream, received)

    result = sent(hangs, timeout=1, rate=50, seconds=0.5)
    assert result.outcomes[5].loss == Loss(kind="TimeoutError", phase=Phase.SENT, reused=True)
    assert result.connections == 1


@pytest.mark.parametrize(("taken", "lost"), [(True, 0), (False, 1)])
def test_a_server_that_goes_away_still_answers_what_it_has_taken(taken: bool, lost: int) -> None:
    """The eleventh request is answered by the end of the connection, with or without having been taken."""

    async def goes_away(http: H2Connection, stream: int, received: Received) -> bytes:
        last = received.turn == 10
        if taken or not last:
            await well2(http, stream, received)
        frame = GoAwayFrame(last_stream_id=stream if taken else stream - 2)
        return frame.serialize() if last else b""

    result = sent(goes_away, rate=20, seconds=1)
    assert result.losses == Counter({Loss(kind="GoAwayError", phase=Phase.SENT, reused=True): lost})
    assert result.connections == 2


def test_a_large_body_is_sent_as_fast_as_the_server_takes_it() -> None:
    lengths = []

    async def measures(http: H2Connection, stream: int, received: Received) -> bytes:
        lengths.append(len(received.body))
        return await well2(http, stream, received)

    large = post("/", "x" * 300_000, expected=200)
    assert sent(measures, requests=mix([large]), rate=20).lost == 0
    assert lengths == [len(large.body)] * 5


def test_by_alpn_over_mutual_tls(tmp_path: Path) -> None:
    context = server_context(tmp_path, NAME)
    authorities = tmp_path / "ca.pem"
    authorities.write_text(SERVERS.certificate)
    tls = Tls(authority=authorities, identity=written(tmp_path / "client.pem", CLIENTS.client("orchestrator")))
    with servers.http2(well2, tls=context) as port:
        load = Load(
            url=f"https://{NAME}:{port}", address=("127.0.0.1", port), tls=tls, http2=True, requests=mix(get("/")),
            rate=200, seconds=0.1, timeout=BUSY, lateness_bound=BUSY,
        )  # fmt: skip
        without = asyncio.run(run(load))
        context.set_alpn_protocols(["h2"])
        offered = asyncio.run(run(load))
    assert without.losses == {Loss(kind="ProtocolNotOfferedError", phase=Phase.CONNECTING, reused=False): 20}
    assert offered.lost == 0
