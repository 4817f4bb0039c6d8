"""When certificates end. The standard library tells it of a peer's certificate, but not of one's own."""

from __future__ import annotations

import calendar
import re
import ssl

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VALIDITY = re.compile(rb"\x30.(?:\x17\x0d\d\d|\x18\x0f\d{4})\d{10}Z(?:\x17\x0d|\x18\x0f20)(\d{12})Z", re.DOTALL)
"""`Validity` as DER: two times, which have four digits for the year from 2050 on
(https://datatracker.ietf.org/doc/html/rfc5280#section-4.1.2.5)."""


def end(pem: str) -> float:
    """Unix time at which the first of the text's certificates ends. Raises ValueError when it holds none."""
    return min(end_of(ssl.PEM_cert_to_DER_cert(each)) for each in _CERTIFICATE.findall(pem))


def end_of(der: bytes) -> float:
    """Of one certificate. Raises ValueError when it is none."""
    found = _VALIDITY.search(der)
    if found is None:
        raise ValueError("no X.509 certificate that ends in this century")
    digits = found[1].decode()
    year, *others = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    return float(calendar.timegm((2000 + year, *others)))
