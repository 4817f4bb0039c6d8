import time

import pytest

from app.contract import certificates
from planning.certificates import Leaf, common_name, issue, new_key, pem

HOUR = 60 * 60


def ends_in(hours: float) -> str:
    key = new_key()
    leaf = Leaf(subject=common_name("a"), names=(), hours=hours, uses={"digital_signature"})
    return pem(issue(leaf, key.public_key(), key))


@pytest.mark.parametrize("hours", [-0.01, 1, 90 * 24, 40 * 366 * 24], ids=["past", "hour", "days", "after 2049"])
def test_the_end_of_a_certificate(hours):
    first = int(time.time())  # a certificate names whole seconds
    end = certificates.end(ends_in(hours))
    assert first <= end - hours * HOUR + 1 <= time.time() + 1


def test_of_several_the_first_end_counts():
    ends = [ends_in(hours) for hours in (48, 24, 72)]
    assert certificates.end("".join(ends)) == certificates.end(ends[1])


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"])
def test_no_certificate_has_no_end(text):
    with pytest.raises(ValueError, match=r"certificate|empty|arg"):
        certificates.end(text)
