import datetime as dt

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.functions.kit.sigv4 import sign

NOW = dt.datetime(2026, 11, 20, 12, 30, 45, tzinfo=dt.UTC)


@pytest.mark.parametrize("token", ["", "session/token=="])
@pytest.mark.parametrize("url", ["https://secretsmanager.eu-west-1.amazonaws.com/", "http://127.0.0.1:4566/"])
@pytest.mark.parametrize("body", [b'{"SecretId": "arn:x"}', b""])
def test_the_signature_is_botocores(token, url, body, monkeypatch):
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue "}
    credentials = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "key/+", "AWS_SESSION_TOKEN": token}
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    expected = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(Credentials("AKID", "key/+", token or None), "secretsmanager", "eu-west-1").add_auth(expected)

    signed = sign(
        url, headers, body, service="secretsmanager", region="eu-west-1", credentials=credentials, now=NOW.timestamp()
    )

    assert signed["authorization"] == expected.headers["Authorization"]
    assert signed.get("x-amz-security-token") == (token or None)
    assert signed["x-amz-date"] == expected.headers["X-Amz-Date"] == "20261120T123045Z"
