import hashlib
import hmac
import json

import pytest

from app.functions.orchestrator import handler as entry
from tests.support.scripted import sends

KEY, OTHER = "b7c0d7a5f4f24e1c9f8f2f6a3c1d0e9b", "2f6a3c1d0e9bb7c0d7a5f4f24e1c9f8f"
USER = sends(b'{"id":"123","name":"Mark Wells","role":"Engineer"}')
JSON = {"content-type": "application/json"}
NEEDED = {"API_KEYS_SECRET_ARN": "arn:keys"}


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def keys(secrets):
    secrets.texts["arn:keys"] = json.dumps({"shop": hashed(KEY), "crm": hashed(OTHER)})
    return secrets


def test_without_the_setting_no_key_is_needed(invoke, event, services, secrets):
    done = invoke(event(), port=services(USER).port)

    assert done.status == 200
    assert "api_key" not in done.log


@pytest.mark.parametrize(("key", "owner"), [(KEY, "shop"), (OTHER, "crm")])
def test_a_known_key_opens_and_its_owner_is_logged(invoke, event, services, keys, key, owner):
    service = services(USER)
    done = invoke(event(headers=JSON | {"X-Api-Key": key}), port=service.port, **NEEDED)

    assert (done.status, done.log["api_key"]) == (200, owner)
    assert "x-api-key" not in service.requests[0].headers
    assert key not in json.dumps(done.lines)


@pytest.mark.parametrize("key", [None, "", "shop", KEY[:-1], f"{KEY} ", f"{KEY},{KEY}", hashed(KEY), "é", "\ud800"])
def test_any_other_key_is_refused(invoke, event, services, keys, key):
    service = services(USER)
    done = invoke(event(headers=JSON | ({} if key is None else {"x-api-key": key})), port=service.port, **NEEDED)

    assert (done.status, done.json["type"]) == (401, "tag:crosscloud,2026:unauthenticated")
    assert done.headers["www-authenticate"] == "ApiKey"
    assert service.requests == []
    assert not key or len(key) < 5 or key not in done.body + json.dumps(done.lines)


def test_a_key_does_not_replace_the_token_nor_its_scopes(invoke, event, services, keys):
    service = services(USER)
    tokenless = event(headers=JSON | {"x-api-key": KEY})
    del tokenless["requestContext"]["authorizer"]

    assert invoke(tokenless, port=service.port, **NEEDED).status == 401
    powerless = event(headers=JSON | {"x-api-key": KEY}, claims={"sub": "alice", "scope": "billing:read"})
    assert invoke(powerless, port=service.port, **NEEDED).status == 403
    assert service.requests == []


def test_what_is_public_needs_none(invoke, event, services, keys):
    service = services(sends(b'{"status":"ok"}'))

    assert invoke(event("GET /health", None), port=service.port, **NEEDED).status == 200


BROKEN = {
    "no JSON": "SENSITIVE",
    "a list": '["SENSITIVE"]',
    "no hash": json.dumps({"shop": "SENSITIVE"}),
    "a number": '{"shop": 5}',
    "capital letters": json.dumps({"shop": hashed(KEY).upper()}),
    "one of two": json.dumps({"shop": hashed(KEY), "crm": KEY}),
    "nothing": "",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_secret_of_another_form_closes_everything(invoke, event, services, keys, name):
    keys.texts["arn:keys"] = BROKEN[name]
    service = services(USER)
    done = invoke(event(headers=JSON | {"x-api-key": KEY}), port=service.port, **NEEDED)

    assert (done.status, done.json["type"]) == (503, "tag:crosscloud,2026:unavailable")
    assert "SHA-256" in done.log["reason"]
    assert "SENSITIVE" not in done.body + json.dumps(done.lines)
    assert service.requests == []


def test_a_secret_that_can_not_be_had_closes_everything(invoke, event, services, keys):
    keys.status = 400
    service = services(USER)
    done = invoke(event(headers=JSON | {"x-api-key": KEY}), port=service.port, **NEEDED)

    assert (done.status, done.headers["retry-after"]) == (503, "1")
    assert "ResourceNotFoundException" in done.log["reason"]
    assert service.requests == []


def test_no_key_is_known_to_an_empty_secret(invoke, event, keys):
    keys.texts["arn:keys"] = "{}"
    assert invoke(event(headers=JSON | {"x-api-key": KEY}), **NEEDED).status == 401


def test_the_secret_is_kept_and_renewed(invoke, event, services, keys, monkeypatch):
    port = services(USER).port
    with_key = event(headers=JSON | {"x-api-key": KEY})
    for _ in range(3):
        assert invoke(with_key, port=port, **NEEDED).status == 200
    asked = [json.loads(each["body"])["SecretId"] for each in keys.calls]
    assert sorted(asked) == ["arn:keys", "arn:tls"]

    monkeypatch.setattr("app.functions.kit.secrets.TTL", -1.0)
    keys.texts["arn:keys"] = json.dumps({"crm": hashed(OTHER)})
    entry.assembled().authorisation.api_keys._secret._fresh_until = 0.0
    assert invoke(with_key, port=port, **NEEDED).status == 401


def test_all_keys_are_compared(invoke, event, services, keys, monkeypatch):
    """Stopping at the first match would tell by its time where in the secret a key is."""
    compared = []
    monkeypatch.setattr(
        "app.functions.kit.api_keys.hmac.compare_digest",
        lambda a, b, real=hmac.compare_digest: compared.append(a) or real(a, b),
    )
    invoke(event(headers=JSON | {"x-api-key": KEY}), port=services(USER).port, **NEEDED)

    assert len(compared) == 2
