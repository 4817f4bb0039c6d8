"""Mutual TLS to the ingress: it trusts one private CA, shows one client certificate, and reads with a deadline."""

from __future__ import annotations

import json
import math
import ssl
import tempfile
import threading
import time
from typing import Any

from app.contract import certificates

SLACK = 0.05
"""Seconds that a read may take longer, so that the timeout need not be set before every read."""
DAY = 24 * 60 * 60
"""Seconds."""
_thread = threading.local()


def read_until(deadline: float) -> None:
    """Sets the moment (time.monotonic) after which reads of this thread fail with TimeoutError.

    A socket's own timeout bounds each single read: a peer that sends a byte now and then could go on for ever. What is
    written goes in one piece, which that timeout bounds as a whole.
    """
    _thread.deadline = deadline


class Context(ssl.SSLContext):
    """A TLS context that knows when the certificates end that it has seen."""

    own_end: float
    """The Unix time at which the first of the client's certificate and the authorities ends."""
    server_end = math.inf
    """The Unix time at which the certificate that the server showed last ends."""

    @property
    def days_left(self) -> float:
        """The days until the first of these certificates ends."""
        return (min(self.own_end, self.server_end) - time.time()) / DAY


class DeadlineSocket(ssl.SSLSocket):
    """A TLS socket whose reads end at the deadline of their thread."""

    context: Context

    def do_handshake(self, block: bool = False) -> None:
        """Shakes hands and keeps when the server's certificate ends."""
        super().do_handshake(block)
        if certificate := self.getpeercert(binary_form=True):
            self.context.server_end = certificates.end_of(certificate)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Reads. Raises TimeoutError when the thread's deadline has passed."""
        remaining = _thread.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        timeout = self.gettimeout()
        if timeout is None or timeout > remaining + SLACK:
            self.settimeout(remaining)
        return super().recv_into(buffer, nbytes, flags)


def client_context(secret: str) -> Context:
    """Returns a context made of the JSON text `{"certificate", "private_key", "ca"}`, whose members are PEM texts.

    Raises ValueError or ssl.SSLError when it is something else; the message holds nothing of the secret.
    """
    try:
        parts = json.loads(secret)
        certificate, private_key, ca = parts["certificate"], parts["private_key"], parts["ca"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("the TLS secret is no JSON object with certificate, private_key and ca") from None
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = DeadlineSocket
    context.set_alpn_protocols(["http/1.1"])
    context.load_verify_locations(cadata=ca)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # mode 0600; OpenSSL takes a key from a file only
        file.write(f"{certificate}\n{private_key}\n")
        file.flush()
        context.load_cert_chain(file.name)
    context.own_end = certificates.end(f"{certificate}\n{ca}")
    return context


def certificate_refused(error: object) -> bool:
    """Returns whether one side has refused the other's certificate, so that nothing was carried out.

    With TLS 1.3 the ingress refuses when the request is already on its way: by an alert in the place of the answer, or
    by an end before all was written. Reading raises no SSLEOFError.
    """
    reason = getattr(error, "reason", None) or ""
    return isinstance(error, ssl.SSLEOFError) or "CERTIFICATE" in reason or "UNKNOWN_CA" in reason
