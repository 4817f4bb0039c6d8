"""Mutual TLS: who gets in, what a refusal looks like, and certificates that are replaced under load."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.load import servers
from tests.load.generator import run
from tests.load.load import Load, Tls
from tests.load.requests import Request, get, mix
from tests.load.result import Phase, Result
from tests.load.test_generator import BUSY
from tests.support.pki import Authority, Leaf

NAME = "api.example.com"
SERVERS, CLIENTS, STRANGERS = Authority("servers"), Authority("clients"), Authority("strangers")


def written(file: Path, leaf: Leaf) -> Path:
    """Writes a key and its certificate, as one step."""
    new = file.with_suffix(".new")
    new.write_text(leaf.private_key + leaf.certificate)
    return new.rename(file)


def server_context(folder: Path, *names: str) -> ssl.SSLContext:
    """Returns the settings of a server that takes clients of CLIENTS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written(folder / "server.pem", SERVERS.server(*names)))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=CLIENTS.certificate)
    return context


def sent(
    folder: Path,
    *,
    context: ssl.SSLContext | None = None,
    trusted: Authority = SERVERS,
    identity: Leaf | None = None,
    **options: Any,
) -> Result:
    """Returns the result of 20 requests at 100/s to a server with the name NAME."""
    authorities = folder / "ca.pem"
    authorities.write_text(trusted.certificate)
    tls = Tls(authority=authorities, identity=written(folder / "client.pem", identity) if identity else None)
    with servers.http1(servers.well, tls=context or server_context(folder, NAME)) as port:
        load: dict[str, Any] = {
            "rate": 100,
            "seconds": 0.2,
            "timeout": BUSY,
            "lateness_bound": BUSY,
            "requests": mix(get("/")),
        }
        url = f"https://{NAME}:{port}"
        return asyncio.run(run(Load(url=url, address=("127.0.0.1", port), tls=tls, **(load | options))))


def test_a_client_with_the_right_certificate_gets_in(tmp_path: Path) -> None:
    result = sent(tmp_path, identity=CLIENTS.client("orchestrator"))
    assert (result.sent, result.lost) == (20, 0)


@pytest.mark.parametrize("identity", [None, STRANGERS.client("orchestrator")], ids=["none", "a stranger's"])
def test_without_the_right_certificate_all_is_lost(tmp_path: Path, identity: Leaf | None) -> None:
    """The client learns of the refusal where it expects the answer: with TLS 1.3 its own handshake is done before."""
    result = sent(tmp_path, identity=identity)
    assert result.lost == 20
    assert {loss.phase for loss in result.losses} <= {Phase.CONNECTING, Phase.SENT}


@pytest.mark.parametrize(
    ("trusted", "name"), [(STRANGERS, NAME), (SERVERS, "other.example.com")], ids=["authority", "name"]
)
def test_a_server_that_cannot_prove_who_it_is_gets_no_request(tmp_path: Path, trusted: Authority, name: str) -> None:
    result = sent(
        tmp_path, context=server_context(tmp_path, name), trusted=trusted, identity=CLIENTS.client("orchestrator")
    )
    assert {(loss.kind, loss.phase) for loss in result.losses} == {("SSLCertVerificationError", Phase.CONNECTING)}
    assert result.lost == 20


def test_new_connections_use_the_certificate_that_is_in_the_file_then(tmp_path: Path) -> None:
    class Replaces:
        """Puts another certificate into the file at the eleventh request."""

        def __call__(self, number: int) -> Request:
            if number == 10:
                written(tmp_path / "client.pem", STRANGERS.client("orchestrator"))
            return Request(path="/")

    result = sent(tmp_path, identity=CLIENTS.client("orchestrator"), requests=Replaces(), new_connections=1.0)
    assert [outcome.loss is None for outcome in result.outcomes] == [True] * 10 + [False] * 10
