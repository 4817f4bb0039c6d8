"""Reads when certificates end. The standard library says it of a peer's certificate, but not of one's own."""

from __future__ import annotations

import calendar
import re
import ssl

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VALIDITY = re.compile(rb"\x30.(?:\x17\x0d\d\d|\x18\x0f\d{4})\d{10}Z(?:\x17\x0d|\x18\x0f20)(\d{12})Z", re.DOTALL)
"""The DER form of `Validity`: two times, which have four digits for the year from 2050 on
(https://datatracker.ietf.org/doc/html/rfc5280#section-4.1.2.5)."""


def end(pem: str) -> float:
    """Returns the Unix time at which the first of the text's certificates ends.

    Raises ValueError when it holds none.
    """
    return min(end_of(ssl.PEM_cert_to_DER_cert(certificate)) for certificate in _CERTIFICATE.findall(pem))


def end_of(der: bytes) -> float:
    """Returns the Unix time at which a certificate ends. Raises ValueError when it is none."""
    match = _VALIDITY.search(der)
    if match is None:
        raise ValueError("no X.509 certificate that ends in this century")
    digits = match[1].decode()
    year, *others = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    return float(calendar.timegm((2000 + year, *others)))
