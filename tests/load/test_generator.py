"""The generator against servers that stall, refuse, hang and hang up, by HTTP/1.1."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tests.load import servers
from tests.load.generator import run
from tests.load.load import Answer, Load
from tests.load.requests import Request, get, mix
from tests.load.result import Loss, Phase, Result
from tests.load.servers import OK, Received

BUSY = 60.0
"""A bound of the lateness that no machine exceeds, in seconds: for tests of something else."""
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"


def sent(behave: servers.Behaviour, **options: Any) -> Result:
    """Returns the result of 50 requests at 200/s, unless `options` say otherwise, on a server that behaves so."""
    with servers.http1(behave) as port:
        load: dict[str, Any] = {
            "requests": mix(get("/")),
            "rate": 200,
            "seconds": 0.25,
            "lateness_bound": BUSY,
            "timeout": BUSY,
        }
        return asyncio.run(run(Load(url=f"http://127.0.0.1:{port}", **(load | options))))


def test_every_request_is_sent_and_its_answer_counted() -> None:
    result = sent(servers.well)
    assert (result.sent, result.lost) == (50, 0)
    assert [outcome.at for outcome in result.outcomes] == pytest.approx([number / 200 for number in range(50)])


def test_requests_come_while_earlier_ones_are_not_answered() -> None:
    """Nobody gets an answer before all have asked."""
    received = []
    all_received = asyncio.Event()

    async def answers_all_at_once(request: Received) -> bytes:
        received.append(request)
        if len(received) == 50:
            all_received.set()
        await all_received.wait()
        return OK

    assert sent(answers_all_at_once, timeout=10).lost == 0


def test_a_stall_shows_in_every_request_that_was_intended_in_it() -> None:
    """The usual closed loop waits for the first answer, and shows one slow request."""
    stalled = asyncio.Event()
    stall = 0.3

    async def stalls(received: Received) -> bytes:
        if received.number == 10:
            await asyncio.sleep(stall)
            stalled.set()
        if received.number > 10:
            await stalled.wait()
        return OK

    result = sent(stalls, rate=100, seconds=0.5)
    assert result.lost == 0
    for number in range(10, 30):
        assert result.outcomes[number].latency >= stall - (number - 10) / 100 - 0.001
    assert result.longest >= stall * 1000


def test_a_request_that_waits_for_a_connection_shows_it_in_its_latency() -> None:
    async def stalls(received: Received) -> bytes:
        if received.number == 0:
            await asyncio.sleep(0.3)
        return OK

    result = sent(stalls, connections=1, rate=100, seconds=0.3)
    assert (result.lost, result.connections) == (0, 1)
    for number in range(30):
        assert result.outcomes[number].latency >= 0.3 - number / 100 - 0.001


def test_those_who_wait_for_a_connection_are_served_in_their_order() -> None:
    order = []

    async def slow(received: Received) -> bytes:
        order.append(received.head.split()[1])
        await asyncio.sleep(0.02)
        return OK

    paths = [f"/{number}" for number in range(25)]
    sent(slow, connections=1, requests=mix(get(*paths)), rate=100)
    assert order == paths


def test_an_answer_with_another_status_is_lost() -> None:
    async def refuses_the_fourth(received: Received) -> bytes:
        return UNAVAILABLE if received.number == 3 else OK

    result = sent(refuses_the_fourth, connections=1)
    assert result.losses == {Loss(kind="503", phase=Phase.ANSWERED, reused=True): 1}


@pytest.mark.parametrize("status", [200, 404])
def test_a_request_says_which_status_is_expected(status: int) -> None:
    result = sent(servers.well, requests=mix((Request(path="/", expected=frozenset({status})),)))
    assert result.lost == (0 if status == 200 else 50)


@pytest.mark.parametrize(
    ("end", "kind"), [(servers.CLOSED, "ConnectionClosedError"), (servers.RESET, "ConnectionResetError")]
)
def test_a_reused_connection_that_ends_without_an_answer_is_a_loss_and_nothing_is_sent_again(
    end: bytes, kind: str
) -> None:
    received = []

    async def ends_at_the_second(request: Received) -> bytes:
        received.append(request)
        return end if request.turn == 1 else OK

    result = sent(ends_at_the_second, connections=1)
    assert result.losses == {Loss(kind=kind, phase=Phase.SENT, reused=True): 25}
    assert len(received) == 50


def test_a_new_connection_that_ends_without_an_answer_is_told_from_a_reused_one() -> None:
    async def closes(_: Received) -> bytes:
        return servers.CLOSED

    assert sent(closes).losses == {Loss(kind="ConnectionClosedError", phase=Phase.SENT, reused=False): 50}


def test_an_answer_that_ends_too_early_is_a_loss() -> None:
    async def ends(_: Received) -> bytes:
        return servers.Last(OK[:-1])

    assert sent(ends).losses == {Loss(kind="RemoteProtocolError", phase=Phase.BEGUN, reused=False): 50}


def test_an_answer_that_stops_half_way_is_a_loss_when_the_time_is_over() -> None:
    async def stops(_: Received) -> bytes:
        return OK[:-1]

    result = sent(stops, rate=10, seconds=0.2, timeout=0.2)
    assert result.losses == {Loss(kind="TimeoutError", phase=Phase.BEGUN, reused=False): 2}


def test_a_connection_that_the_server_closed_while_it_was_idle_is_left_and_nothing_is_lost() -> None:
    async def answers_once(_: Received) -> bytes:
        return servers.Last(OK)

    result = sent(answers_once, rate=20, seconds=0.5)
    assert (result.lost, result.connections) == (0, 10)


def test_a_server_that_hangs_costs_the_requests_that_time_out_and_the_others_go_on() -> None:
    async def hangs_for_the_first(received: Received) -> bytes:
        if received.number < 5:
            await asyncio.sleep(BUSY)
        return OK

    result = sent(hangs_for_the_first, timeout=1, rate=50, seconds=0.5)
    assert result.losses == {Loss(kind="TimeoutError", phase=Phase.SENT, reused=False): 5}
    assert all(outcome.latency >= 1 for outcome in result.outcomes if outcome.loss)


def test_nobody_who_listens_is_a_loss() -> None:
    with servers.http1(servers.well) as port:
        pass
    load = Load(
        url=f"http://127.0.0.1:{port}", requests=mix(get("/")), rate=100, seconds=0.1, lateness_bound=BUSY, timeout=BUSY
    )
    result = asyncio.run(run(load))
    assert result.losses == {Loss(kind="ConnectionRefusedError", phase=Phase.CONNECTING, reused=False): 10}


def test_a_share_of_the_requests_gets_connections_of_their_own() -> None:
    turns = []

    async def counts(received: Received) -> bytes:
        turns.append(received.turn)
        return OK

    result = sent(counts, connections=1, new_connections=0.2)
    assert result.connections == 11
    assert Counter(turns) == {0: 11} | dict.fromkeys(range(1, 40), 1)


def test_host_is_that_of_the_url_and_the_connection_goes_to_the_address() -> None:
    heads = []

    async def keeps(received: Received) -> bytes:
        heads.append(received.head)
        return OK

    with servers.http1(keeps) as port:
        load = Load(
            url="http://api.example.com:8080",
            address=("127.0.0.1", port),
            requests=mix(get("/")),
            rate=10,
            seconds=0.1,
        )
        result = asyncio.run(run(load))
    assert result.lost == 0
    assert "\r\nhost: api.example.com:8080\r\n" in heads[0].lower()


def version(answer: Answer) -> str:
    return answer.headers.get("x-version", "none")


def test_answers_are_counted_by_their_label() -> None:
    async def versions(received: Received) -> bytes:
        tag = b"canary" if received.number % 5 == 0 else b"stable"
        return OK.replace(b"\r\n\r\n", b"\r\nX-Version: " + tag + b"\r\n\r\n")

    assert sent(versions, label=version).labels == {"stable": 40, "canary": 10}


@pytest.mark.parametrize(("bound", "conclusive"), [(0.2, False), (BUSY, True)])
def test_a_generator_that_was_late_makes_the_result_inconclusive(bound: float, conclusive: bool) -> None:
    class Blocks:
        def __call__(self, number: int) -> Request:
            if number == 5:
                time.sleep(0.3)
            return Request(path="/")

    result = sent(servers.well, requests=Blocks(), lateness_bound=bound)
    assert result.conclusive is conclusive
    assert result.lateness > 0.2
    assert ("INCONCLUSIVE" in str(result)) is not conclusive


def test_it_stops_early_and_waits_for_the_answers_to_what_was_sent() -> None:
    async def slow(_: Received) -> bytes:
        await asyncio.sleep(0.1)
        return OK

    async def stopped() -> Result:
        with servers.http1(slow) as port:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(0.2, stop.set)
            load = Load(url=f"http://127.0.0.1:{port}", requests=mix(get("/")), rate=100, seconds=BUSY)
            return await run(load, stop=stop)

    result = asyncio.run(stopped())
    assert 0 < result.sent < 1000
    assert result.lost == 0


def test_a_mistake_in_the_test_ends_the_load() -> None:
    class Wrong:
        def __call__(self, number: int) -> Request:
            raise KeyError(number)

    with pytest.raises(ExceptionGroup) as raised:
        sent(servers.well, requests=Wrong())
    assert raised.group_contains(KeyError)


@pytest.mark.parametrize(
    "wrong", [{"url": "https://x"}, {"url": "ftp://x"}, {"rate": 0}, {"connections": 0}, {"new_connections": 2}]
)
def test_a_load_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        replace(Load(url="http://x", requests=mix(get("/")), rate=1, seconds=1), **wrong)
