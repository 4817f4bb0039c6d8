import asyncio
import contextlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from app.services.kit.entra import MARGIN, SCOPE, TokenError, TokenSource, fetch
from app.services.kit.settings import EntraSettings


class Platform:
    """The identity platform's token endpoint."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: object = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
        self.calls: list[tuple[str, dict[str, list[str]]]] = []


@pytest.fixture
def platform(certificates):
    state = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            state.calls.append((self.path, parse_qs(body)))
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

    now += 3600 - MARGIN - 1
    asyncio.run(passwords(1))
    assert len(platform.calls) == 1

    platform.answer = {"access_token": "token-2", "expires_in": 3600}
    settings.token_file.write_text("pod-token-2")
    now += 1
    assert asyncio.run(passwords(1)) == ["token-2"]
    assert platform.calls[1][1]["client_assertion"] == ["pod-token-2"]


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
