"""The web server of the local identity provider, on loopback and without TLS, which keeps nothing secret."""

from __future__ import annotations

from pathlib import Path

from local.envoy import parts
from local.envoy.parts import Files
from local.machine import Machine

NAME = "issuer"


def issuer(machine: Machine, folder: Path) -> Files:
    """The two documents of the local identity provider. Raises FileNotFoundError while they are not there."""
    documents = machine.home / "issuer"
    content = {
        "/.well-known/openid-configuration": (documents / "openid-configuration.json").read_text(),
        "/jwks.json": (documents / "jwks.json").read_text(),
    }
    answers = [
        {
            "match": {"path": path},
            "direct_response": {"status": 200, "body": {"inline_string": text}},
            "response_headers_to_add": [parts.header("content-type", "application/json")],
        }
        for path, text in content.items()
    ]
    hosts = [{"name": NAME, "domains": ["*"], "routes": answers}]
    chain = {"filters": [parts.http_manager(NAME, folder)]}
    return {
        "lds": [parts.listener(NAME, machine.ports.issuer, chain)],
        f"rds-{NAME}": [parts.routes(NAME, hosts, max_direct_response_body_size_bytes=1 << 16)],
    }
