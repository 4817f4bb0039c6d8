"""The generator against a real Envoy that ends its connections all the time, as it does when it is rolled."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.envoy.binary import find_envoy
from tests.load.load import Load
from tests.load.requests import get, mix
from tests.load.running import Running
from tests.load.test_generator import BUSY
from tests.support.service import free_port
from tests.support.waiting import eventually

CONFIGURATION = """\
static_resources:
  listeners:
  - name: drains
    address: {socket_address: {address: 127.0.0.1, port_value: PORT}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: drains
          common_http_protocol_options: {max_connection_duration: 0.2s}
          drain_timeout: 0.2s
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [{match: {prefix: /}, direct_response: {status: 200, body: {inline_string: ok}}}]
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Starts an Envoy that ends each connection after 0.2 s: it says so, and closes it 0.2 s later."""
    port = free_port()
    file = tmp_path / "envoy.yaml"
    file.write_text(CONFIGURATION.replace("PORT", str(port)))
    command = [str(find_envoy()), "-c", str(file), "--use-dynamic-base-id", "--log-level", "error"]

    def listens() -> bool:
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    with subprocess.Popen([*command, "--concurrency", "1"]) as envoy:
        try:
            eventually(listens, what="the start of Envoy")
            yield port
        finally:
            envoy.terminate()


@pytest.mark.slow
def test_http2_connections_that_end_lose_no_request(port: int) -> None:
    load = Load(
        url=f"http://127.0.0.1:{port}",
        requests=mix(get("/")),
        rate=200,
        seconds=1.5,
        http2=True,
        timeout=BUSY,
        lateness_bound=BUSY,
    )
    with Running(load) as running:
        result = running.wait()
    assert (result.sent, result.lost) == (300, 0), str(result)
    assert result.connections > 2
