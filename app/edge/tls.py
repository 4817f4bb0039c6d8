"""Mutual TLS to the ingress: trusts one private CA, shows one client certificate, and reads with a deadline."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
import time
from typing import Any

SLACK = 0.05
"""Seconds that a read may take longer, so that the timeout need not be set before each."""
_thread = threading.local()


def read_until(deadline: float) -> None:
    """Sets the moment (time.monotonic) after which reads of this thread fail with TimeoutError.

    A socket's own timeout bounds each single read: a peer that sends a byte now and then could go on for ever. What is
    written goes in one piece, which that timeout bounds as a whole.
    """
    _thread.deadline = deadline


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose reads end at the deadline of their thread."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        remaining = _thread.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        timeout = self.gettimeout()
        if timeout is None or timeout > remaining + SLACK:
            self.settimeout(remaining)
        return super().recv_into(buffer, nbytes, flags)


def client_context(secret: str) -> ssl.SSLContext:
    """From the JSON text `{"certificate", "private_key", "ca"}`, whose members are PEM texts.

    Raises ValueError or ssl.SSLError when it is something else; the message holds nothing of the secret.
    """
    try:
        parts = json.loads(secret)
        certificate, private_key, ca = parts["certificate"], parts["private_key"], parts["ca"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("the TLS secret is no JSON object with certificate, private_key and ca") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSocket
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cadata=ca)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # mode 0600; OpenSSL takes a key from a file only
        file.write(f"{certificate}\n{private_key}\n")
        file.flush()
        context.load_cert_chain(file.name)
    return context
