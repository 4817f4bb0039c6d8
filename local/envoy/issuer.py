"""The web server of the local identity provider."""

from __future__ import annotations

from pathlib import Path

from local.envoy.template import Files, fill, from_file
from local.machine import Machine


def issuer(machine: Machine, folder: Path) -> Files:
    """Returns a listener that answers with the provider's two documents. Raises FileNotFoundError without them."""
    documents = machine.home / "issuer"
    files: Files = fill(
        "issuer",
        port=machine.ports.issuer,
        rds_file=from_file(folder, "rds-issuer"),
        configuration=(documents / "openid-configuration.json").read_text(),
        keys=(documents / "jwks.json").read_text(),
    )
    return files
