import asyncio
import contextlib
import json
import ssl
import threading
import time
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from app.services.kit import database
from app.services.kit import entra as module
from app.services.kit.database import ACQUIRE_TIMEOUT
from app.services.kit.entra import LAST_USE, RENEW_BEFORE, SCOPE, TokenError, TokenSource, fetch
from app.services.kit.settings import DatabaseSettings, EntraSettings, Settings
from app.services.users import api as users
from tests.support.asgi import client
from tests.support.waiting import PATIENCE


class Platform:
    """The identity platform's token endpoint."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: object = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
        self.calls: list[tuple[str, dict[str, list[str]]]] = []
        self.delay = 0.0


@pytest.fixture
def platform(certificates):
    state = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            state.calls.append((self.path, parse_qs(body)))
            time.sleep(state.delay)
            raw = state.answer if isinstance(state.answer, str) else json.dumps(state.answer)
            self.send_response(state.status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates["TLS_CERT_FILE"], certificates["TLS_KEY_FILE"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    state.port = server.server_address[1]
    with contextlib.closing(server.socket):
        yield state
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def trust(authority):
    return ssl.create_default_context(cadata=authority.certificate)


@pytest.fixture
def settings(platform, tmp_path):
    file = tmp_path / "token"
    file.write_text("pod-token-1\n")
    return EntraSettings(
        client_id="client", tenant_id="tenant", token_file=file, authority_host=f"https://127.0.0.1:{platform.port}/"
    )


def test_the_pods_token_is_exchanged_as_documented(platform, settings, trust):
    assert fetch(settings, context=trust) == ("token-1", 3600)
    path, form = platform.calls[0]
    assert path == "/tenant/oauth2/v2.0/token"
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "scope": [SCOPE],
        "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
        "client_assertion": ["pod-token-1"],
    }


def test_a_token_is_kept_until_shortly_before_its_end(platform, settings, trust):
    now = 1000.0
    source = TokenSource(settings, context=trust, clock=lambda: now)

    async def passwords(count: int) -> list[str]:
        return await asyncio.gather(*(source.password() for _ in range(count)))

    assert asyncio.run(passwords(5)) == ["token-1"] * 5
    assert len(platform.calls) == 1

    now += 3600 - RENEW_BEFORE - 1
    asyncio.run(passwords(1))
    assert len(platform.calls) == 1


def test_a_token_that_ends_soon_is_renewed_while_it_is_still_given(platform, settings, trust):
    now = 1000.0
    source = TokenSource(settings, context=trust, clock=lambda: now)

    async def work() -> None:
        nonlocal now
        assert await source.password() == "token-1"
        platform.answer = {"access_token": "token-2", "expires_in": 3600}
        settings.token_file.write_text("pod-token-2")
        platform.delay = 0.2
        now += 3600 - RENEW_BEFORE
        began = time.monotonic()
        assert [await source.password() for _ in range(3)] == ["token-1"] * 3
        assert time.monotonic() - began < platform.delay
        await until(lambda: source._token == "token-2")
        assert await source.password() == "token-2"

    asyncio.run(work())
    assert [call[1]["client_assertion"] for call in platform.calls] == [["pod-token-1"], ["pod-token-2"]]


def test_a_token_that_could_not_be_renewed_is_given_until_shortly_before_its_end(platform, settings, trust):
    now = 1000.0
    source = TokenSource(settings, context=trust, clock=lambda: now)

    async def work() -> None:
        nonlocal now
        assert await source.password() == "token-1"
        platform.status = 500
        now += 3600 - LAST_USE - 1
        assert await source.password() == "token-1"
        await until(source._exchange.begin().done)
        now += 1
        with pytest.raises(TokenError, match="answered 500"):
            await source.password()
        platform.status = 200
        assert await source.password() == "token-1"

    asyncio.run(work())


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is waited for raises no event
            await asyncio.sleep(0.01)


def test_an_exchange_outlives_those_who_can_not_wait_for_it(platform, settings, trust):
    platform.delay = 1.2
    source = TokenSource(settings, context=trust)

    async def work() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await source.password()
        assert await source.password() == "token-1"

    asyncio.run(work())
    assert len(platform.calls) == 1


def test_an_exchange_that_takes_too_long_ends(platform, settings, trust, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    platform.delay = 0.5
    source = TokenSource(settings, context=trust)
    with pytest.raises(TokenError, match="no token within"):
        asyncio.run(source.password())


def test_a_pod_becomes_ready_although_an_exchange_takes_longer_than_a_connection_may(
    platform, settings, trust, server, migrate, environment, monkeypatch
):
    urls = server.new_service()
    assert migrate(urls).returncode == 0
    given = DatabaseSettings.from_environment({"DATABASE_URL": urls.service})
    platform.answer = {"access_token": given.password, "expires_in": 3600}
    platform.delay = 1.2
    assert platform.delay > ACQUIRE_TIMEOUT
    monkeypatch.setattr(database, "TokenSource", partial(TokenSource, context=trust))
    whole = replace(Settings.from_environment(environment), database=replace(given, password=None, entra=settings))

    with client(users.create(whole)) as call:
        assert call("GET", "/users/123").status == 503
        assert "the database does not answer" not in call("GET", "/readyz").json.get("detail", "")
        assert call("GET", "/users/123").status == 200
    assert len(platform.calls) == 1


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (401, {"error": "invalid_client", "error_description": "SENSITIVE"}, r"answered 401 \(invalid_client\)"),
        (400, "[]", "can't be asked"),
        (200, "<html>", "can't be asked"),
        (200, {"expires_in": 3600}, "can't be asked"),
        (200, {"access_token": "x", "expires_in": "soon"}, "can't be asked"),
    ],
)
def test_no_token_is_an_error_that_tells_no_secret(platform, settings, trust, status, answer, reason):
    platform.status, platform.answer = status, answer
    with pytest.raises(TokenError, match=reason) as caught:
        fetch(settings, context=trust)
    assert "SENSITIVE" not in str(caught.value)
    assert "pod-token" not in str(caught.value)


def test_a_platform_that_can_not_be_trusted_gets_no_token(platform, settings):
    with pytest.raises(TokenError, match="SSLCertVerificationError"):
        fetch(settings)
    assert platform.calls == []


def test_without_the_pods_token_no_request_is_made(platform, settings, trust):
    settings.token_file.unlink()
    with pytest.raises(TokenError, match="FileNotFoundError"):
        fetch(settings, context=trust)
    assert platform.calls == []
