import json

import pytest

from app.functions.kit.secrets import (
    RETRY_AFTER_FAILURE,
    TTL,
    YOUNG,
    CachedSecret,
    SecretUnavailableError,
    get_secret_value,
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stale():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cached(secrets, clock, stale):
    return CachedSecret("arn:tls", secrets.environment(), on_stale=stale.append, clock=clock)


def test_the_call_is_signed_and_asks_for_the_secret(secrets):
    found = get_secret_value("arn:tls", secrets.environment(), timeout=2)

    assert (found.text, found.version) == (secrets.text, "v1")
    headers = secrets.calls[0]["headers"]
    assert json.loads(secrets.calls[0]["body"]) == {"SecretId": "arn:tls"}
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert headers["x-amz-security-token"] == "session"
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert "/eu-west-1/secretsmanager/aws4_request" in headers["authorization"]


def test_the_value_is_kept_for_its_time(secrets, cached, clock):
    cached.get(timeout=2)
    clock.now += TTL - 1
    assert cached.get(timeout=2).version == "v1"
    assert len(secrets.calls) == 1

    secrets.version = "v2"
    clock.now += 1
    assert cached.get(timeout=2).version == "v2"
    assert len(secrets.calls) == 2


def test_a_failed_renewal_keeps_the_old_value_and_is_reported(secrets, cached, clock, stale):
    cached.get(timeout=2)
    secrets.status = 400
    clock.now += TTL
    assert cached.get(timeout=2).version == "v1"
    assert stale == ["Secrets Manager answered 400 (ResourceNotFoundException)"]

    clock.now += RETRY_AFTER_FAILURE - 1
    cached.get(timeout=2)
    assert len(stale) == 1

    secrets.status, secrets.version = 200, "v2"
    clock.now += 1
    assert cached.get(timeout=2).version == "v2"


def test_a_value_that_is_doubted_is_fetched_again_unless_it_is_new(secrets, cached, clock):
    cached.get(timeout=2)
    secrets.version = "v2"
    for seconds, version in ((0.0, "v1"), (YOUNG, "v2"), (0.0, "v2")):
        clock.now += seconds
        cached.doubt()
        assert cached.get(timeout=2).version == version
    assert len(secrets.calls) == 2


def test_one_failure_of_the_service_is_survived(secrets):
    secrets.status = 500
    with pytest.raises(SecretUnavailableError, match="answered 500"):
        get_secret_value("arn:tls", secrets.environment(), timeout=2)
    assert len(secrets.calls) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"AWS_REGION": None}, "AWS_REGION"),
        ({"AWS_SECRET_ACCESS_KEY": None}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "can't be asked"),
        ({"AWS_ENDPOINT_URL": "http://[nonsense"}, "can't be asked"),
    ],
)
def test_what_stands_in_the_way_is_said_without_the_secret(secrets, cached, change, reason):
    environment = {name: value for name, value in (secrets.environment() | change).items() if value is not None}

    with pytest.raises(SecretUnavailableError, match=reason) as caught:
        get_secret_value("arn:tls", environment, timeout=0.5)

    assert "wJalrXUtnFEMI" not in str(caught.value)


def test_an_answer_of_another_form_is_no_secret(secrets, monkeypatch):
    secrets.text = None  # a binary secret has no SecretString
    monkeypatch.setattr("json.dumps", lambda value, _dumps=json.dumps: _dumps({k: v for k, v in value.items() if v}))

    with pytest.raises(SecretUnavailableError, match="SecretString"):
        get_secret_value("arn:tls", secrets.environment(), timeout=2)


def test_the_secret_does_not_show_itself(secrets):
    assert "PRIVATE KEY" not in repr(get_secret_value("arn:tls", secrets.environment(), timeout=2))


def test_the_endpoint_of_the_service_is_preferred_and_the_clouds_is_the_default(secrets):
    from app.functions.kit.secrets import _endpoint

    assert _endpoint({}, "eu-west-1") == "https://secretsmanager.eu-west-1.amazonaws.com/"
    both = {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://b:2/"}
    assert _endpoint(both, "eu-west-1") == "http://b:2/"
