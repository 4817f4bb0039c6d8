import json
import ssl

import pytest

from app.functions.kit import tls


def test_only_the_private_authority_is_trusted(pki):
    context = tls.client_context(pki.secret())

    assert [dict(part[0] for part in ca["subject"])["commonName"] for ca in context.get_ca_certs()] == ["servers"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_key_does_not_stay_on_the_disk(pki, tmp_path, monkeypatch):
    monkeypatch.setattr(tls.tempfile, "tempdir", str(tmp_path))
    tls.client_context(pki.secret())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["", "no json", "[]", "{}", '{"certificate": "x", "private_key": "y"}', "null"])
def test_another_form_is_refused(secret):
    with pytest.raises(ValueError, match="no JSON object with certificate, private_key and ca"):
        tls.client_context(secret)


def test_a_refusal_holds_nothing_of_the_secret(pki):
    secret = json.loads(pki.secret())
    other = json.loads(pki.secret(client=pki.clients.client("other")))
    for broken in (secret | {"private_key": other["private_key"]}, secret | {"certificate": "SENSITIVE"}):
        with pytest.raises((ValueError, ssl.SSLError)) as caught:
            tls.client_context(json.dumps(broken))
        assert "SENSITIVE" not in str(caught.value)
        assert "BEGIN" not in str(caught.value)
