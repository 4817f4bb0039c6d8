"""A load from a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from typing import Any

import pytest

from tests.load import servers
from tests.load.load import Load
from tests.load.requests import Request, get, mix
from tests.load.running import Running, RunningError
from tests.load.servers import OK, Received
from tests.load.test_generator import BUSY, version
from tests.support.waiting import eventually


def load(port: int, **options: Any) -> Load:
    """Returns 100 requests per second until it is stopped."""
    shared: dict[str, Any] = {
        "requests": mix(get("/")),
        "rate": 100,
        "seconds": BUSY,
        "timeout": BUSY,
        "lateness_bound": BUSY,
    }
    return Load(url=f"http://127.0.0.1:{port}", **(shared | options))


def test_it_sends_while_the_test_computes_and_keeps_what_is_marked() -> None:
    with servers.http1(servers.well) as port, Running(load(port, label=version)) as running:
        time.sleep(0.2)
        moment = running.mark("half")
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass
        result = running.finish()
    assert result.lost == 0
    assert result.marks == {"half": moment}
    assert result.between(end=moment).sent > 10
    assert result.between(moment).sent > 10
    assert result.labels == {"none": result.sent}


def test_a_result_may_be_larger_than_what_a_pipe_holds() -> None:
    with (
        servers.http1(servers.well) as port,
        Running(load(port, rate=4_000, seconds=2.0, label=version)) as running,
    ):
        result = running.wait()
    assert result.sent == 8_000


def test_it_can_be_left_to_send_everything() -> None:
    with servers.http1(servers.well) as port, Running(load(port, seconds=0.3)) as running:
        result = running.wait()
    assert (result.sent, result.lost) == (30, 0)


def test_what_is_over_can_be_finished() -> None:
    with servers.http1(servers.well) as port, Running(load(port, seconds=0.1)) as running:
        eventually(lambda: not multiprocessing.active_children(), what="the end of the load's process")
        assert running.finish().sent == 10


def test_a_test_that_fails_ends_it() -> None:
    with servers.http1(servers.well) as port:
        with pytest.raises(KeyError), Running(load(port)):
            raise KeyError
        assert not multiprocessing.active_children()


def wrong(number: int) -> Request:
    raise KeyError(number)


def test_a_process_that_fails_is_no_result(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        servers.http1(servers.well) as port,
        Running(load(port, requests=wrong)) as running,
        pytest.raises(RunningError, match="has ended"),
    ):
        running.wait()
    assert "KeyError" in capfd.readouterr().err


def test_a_stopped_generator_says_that_it_was_late() -> None:
    """Nobody can judge a server by a generator that had no processor."""
    answered = []

    async def counts(received: Received) -> bytes:
        answered.append(received)
        return OK

    with servers.http1(counts) as port, Running(load(port, lateness_bound=0.2)) as running:
        (child,) = multiprocessing.active_children()
        assert child.pid
        os.kill(child.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(child.pid, signal.SIGCONT)
        result = running.finish()
    assert not result.conclusive
    assert result.lost == 0
    assert len(answered) == result.sent
