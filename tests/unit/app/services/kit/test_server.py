import signal
import threading
from pathlib import Path

import pytest

from app.services.kit import application, server
from app.services.kit.routing import Router
from tests.support.waiting import PATIENCE, eventually

PROGRAM = """
import asyncio, pathlib, sys
from app.services.kit import application, server
from app.services.kit.routing import Router

entered, release = map(pathlib.Path, sys.argv[1:])
router = Router()

@router.get("/slow")
async def slow() -> dict:
    entered.touch()
    while not release.exists():
        await asyncio.sleep(0.01)
    return {}

server.run(lambda settings: application.create(settings, router))
"""


@pytest.fixture
def entered(tmp_path) -> Path:
    return tmp_path / "entered"


@pytest.fixture
def release(tmp_path) -> Path:
    return tmp_path / "release"


@pytest.fixture
def slow(start, entered, release):
    """A service with one request under way; also the list that its answer comes into."""

    def begin(**environment: str):
        service = start("-c", PROGRAM, str(entered), str(release), **environment)
        service.wait_for("/livez", 200)
        answers: list[int] = []
        caller = threading.Thread(target=lambda: answers.append(service.get("/slow")[0]))
        caller.start()
        eventually(entered.exists)
        return service, caller, answers

    return begin


def test_a_request_that_is_under_way_at_the_signal_is_answered(slow, release):
    service, caller, answers = slow()
    service.signal()
    eventually(lambda: not service.takes_connections())
    assert answers == []
    release.touch()
    caller.join(PATIENCE)
    lines = service.lines()

    assert answers == [200]
    assert service.process.returncode == -signal.SIGTERM
    assert [line["status"] for line in lines if line.get("route") == "/slow"] == [200]


def test_a_request_that_takes_longer_than_the_drain_does_not_hold_up_the_end(slow):
    service, caller, answers = slow(DRAIN_SECONDS="0.2")
    service.signal()
    caller.join(PATIENCE)
    lines = service.lines()

    assert answers == [500]
    assert [line["status"] for line in lines if line.get("route") == "/slow"] == [500]


def test_it_is_not_ready_from_the_signal_on(settings):
    app = application.create(settings, Router())
    made = server.server(app, settings)
    made.handle_exit(signal.SIGTERM, None)

    assert app.state.lifecycle.draining
    assert made.should_exit


def test_it_is_run_as_the_settings_say(settings):
    config = server.server(application.create(settings, Router()), settings).config

    assert (config.host, config.port) == ("127.0.0.1", 8443)
    assert (config.http, config.loop, config.ws, config.lifespan) == ("httptools", "uvloop", "none", "on")
    assert (config.timeout_keep_alive, config.timeout_graceful_shutdown) == (75, 25)
    assert not config.access_log
    assert not config.server_header
    assert not config.proxy_headers
