"""The public endpoint for a client: tokens, refusals, request ids and throttles."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local import issuer
from planning.certificates import load_key
from tests.support.stack import Stack, problem
from tests.support.waiting import eventually

MARK = {"id": "123", "name": "Mark Wells", "role": "Engineer"}


def test_lookup_answers_the_seeded_user(stack: Stack, token: str) -> None:
    response = stack.request("POST", "/users", token=token, json_body={"user_id": "123"})
    assert (response.status, response.json()) == (200, MARK)
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response.headers["x-request-id"])


def test_user_by_path(stack: Stack, token: str) -> None:
    response = stack.request("GET", "/users/123", token=token)
    assert (response.status, response.json()) == (200, MARK)


@pytest.mark.parametrize("request_id", ["order-" + "7" * 20, "0198d5a2-7777-7777-8777-777777777777"])
def test_one_request_id_is_on_one_line_of_every_hop_in_order(stack: Stack, token: str, request_id: str) -> None:
    """Envoy would replace the second one, which looks like a UUID, by one of another version."""
    trace_id = uuid.uuid4().hex
    headers = {"X-Request-Id": request_id, "traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    response = stack.request("GET", "/users/123", token=token, headers=headers)
    assert response.headers["x-request-id"] == request_id
    hops = ["gateway", "orchestrator", "ingress", "users"]
    lines = eventually(
        lambda: lines if len(lines := stack.logs(request_id)) >= len(hops) else None, what="a line of every hop"
    )
    assert [line["service"] for line in lines] == hops
    assert [line["status"] for line in lines] == [200, 200, 200, 200]
    assert {line.get("trace_id") or line["traceparent"].split("-")[1] for line in lines} == {trace_id}


@pytest.mark.parametrize("given", ["short", "x" * 65, "with space 12", "semi;colon;1"])
def test_unusable_request_id_is_replaced(stack: Stack, token: str, given: str) -> None:
    response = stack.request("GET", "/users/123", token=token, headers={"X-Request-Id": given})
    assert response.status == 200
    assert response.headers["x-request-id"] != given
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", response.headers["x-request-id"])


# ---- who may


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _changed(stack: Stack, *, key: Any = None, key_id: str | None = None, **changes: Any) -> str:
    """Returns a token that differs from a good one in its claims, its key id or the key that signs it."""
    good = stack.token()
    claims = jwt.decode(good, options={"verify_signature": False}) | changes
    key = key or load_key((stack.machine.pki / "issuer.key").read_text())
    return jwt.encode(claims, key, "RS256", headers={"kid": key_id or jwt.get_unverified_header(good)["kid"]})


def _forged(stack: Stack, **changes: Any) -> str:
    """Returns a token with the right claims and the issuer's key id, signed by another key."""
    return _changed(stack, key=rsa.generate_private_key(public_exponent=65537, key_size=2048), **changes)


def _unsigned(stack: Stack) -> str:
    claims = jwt.decode(stack.token(), options={"verify_signature": False})
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."


BAD_TOKENS = {
    "none": lambda _: None,
    "garbage": lambda _: "garbage",
    "header that is a list": lambda _: "W10.e30.x",
    "header that is a number": lambda _: "MQ.e30.x",
    "header that is null": lambda _: "bnVsbA.e30.AA",
    "payload that is a list": lambda _: f"{_segment({'alg': 'RS256'})}.W10.AA",
    "expired": lambda stack: _changed(stack, exp=int(time.time()) - 60),
    "not valid yet": lambda stack: _changed(stack, nbf=int(time.time()) + 300),
    "issued later, by a clock that is ahead": lambda stack: _changed(stack, iat=int(time.time()) + 300),
    "another audience": lambda stack: _changed(stack, aud="other"),
    "unknown key id": lambda stack: _changed(stack, key_id="unknown"),
    "another key": _forged,
    "alg none": _unsigned,
}


def test_a_token_that_was_signed_anew_and_is_good_is_taken(stack: Stack) -> None:
    """Otherwise the cases above could be refused for another reason than their own."""
    assert stack.request("GET", "/users/123", token=_changed(stack)).status == 200


@pytest.mark.parametrize("case", BAD_TOKENS)
def test_without_a_good_token_401(stack: Stack, case: str) -> None:
    response = stack.request("POST", "/users", token=BAD_TOKENS[case](stack), json_body={"user_id": "123"})
    assert response.status == 401
    assert b"Mark" not in response.data


@pytest.mark.parametrize("scope", ["", "users:write", "users:reader xusers:read"])
def test_without_the_scope_403(stack: Stack, scope: str) -> None:
    token = issuer.token(stack.machine, issuer.staff("alice"), scope=scope)  # the command refuses unknown scopes
    assert stack.request("POST", "/users", token=token, json_body={"user_id": "123"}).status == 403


def test_one_scope_among_others_is_enough(stack: Stack) -> None:
    token = stack.token(scope="orders:write staff:users:read")
    assert stack.request("GET", "/users/123", token=token).status == 200


# ---- what is refused

DEEP = b'{"user_id":' + b"[" * 50_000 + b"]" * 50_000 + b"}"

BAD_BODIES: dict[str, tuple[bytes, dict[str, str], set[int]]] = {
    "no JSON": (b"user_id=123", {}, {400}),
    "empty": (b"", {}, {400}),
    "half": (b'{"user_id": ', {}, {400}),
    "an array": (b"[]", {}, {400, 422}),
    "null": (b"null", {}, {400, 422}),
    "field missing": (b"{}", {}, {400, 422}),
    "wrong type": (b'{"user_id": 123}', {}, {400, 422}),
    "null field": (b'{"user_id": null}', {}, {400, 422}),
    "empty field": (b'{"user_id": ""}', {}, {400, 422}),
    "too long": (b'{"user_id": "' + b"1" * 500 + b'"}', {}, {400, 422}),
    "unknown field": (b'{"user_id": "123", "admin": true}', {}, {400, 422}),
    "NaN": (b'{"user_id": NaN}', {}, {400}),
    "Infinity": (b'{"user_id": -Infinity}', {}, {400}),
    "lone surrogate": (b'{"user_id": "\\ud800"}', {}, {400, 422}),
    "surrogate in a name": (b'{"user_id": "123", "\\udfff": 1}', {}, {400, 422}),
    "no UTF-8": (b'{"user_id": "\xff\xfe"}', {}, {400, 422}),
    "huge integer": (b'{"user_id": ' + b"9" * 900 + b"}", {}, {400, 422}),
    "deep": (DEEP, {}, {400, 413, 422}),
    "1 MiB": (b'{"user_id": "' + b"x" * 2**20 + b'"}', {}, {413}),
    "form": (b'{"user_id": "123"}', {"Content-Type": "application/x-www-form-urlencoded"}, {415}),
    "text": (b'{"user_id": "123"}', {"Content-Type": "text/plain"}, {415}),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_bad_body_is_a_problem(stack: Stack, token: str, case: str) -> None:
    body, headers, statuses = BAD_BODIES[case]
    response = stack.request("POST", "/users", token=token, body=body, headers=headers)
    assert response.status in statuses, response.data
    problem(response)


def test_every_violation_is_named_and_no_value_echoed(stack: Stack, token: str) -> None:
    body = {"user_id": 5, "admin": "s3cret-value", "extra": 1}
    content = problem(stack.request("POST", "/users", token=token, json_body=body))
    text = json.dumps(content["errors"])
    assert all(name in text for name in ("user_id", "admin", "extra"))
    assert "s3cret-value" not in json.dumps(content)


@pytest.mark.parametrize("user", ["999", "nobody"])
def test_unknown_user_is_404_by_both_ways(stack: Stack, token: str, user: str) -> None:
    by_body = stack.request("POST", "/users", token=token, json_body={"user_id": user})
    by_path = stack.request("GET", f"/users/{user}", token=token)
    assert (by_body.status, by_path.status) == (404, 404)
    problem(by_body)
    problem(by_path)


@pytest.mark.parametrize("path", ["/", "/nothing", "/users/123/secrets", "/usersx", "/metrics", "/livez"])
def test_unknown_route_is_404(stack: Stack, token: str, path: str) -> None:
    assert stack.request("GET", path, token=token).status == 404


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "CONNECTED"])
def test_wrong_method_is_refused(stack: Stack, token: str, method: str) -> None:
    assert stack.request(method, "/users", token=token).status in (400, 403, 404, 405)


@pytest.mark.parametrize(
    "path", ["/users/..%2f..%2fmetrics", "/users/%2e%2e/metrics", "/users/123%2f..%2f124", "/users/%00", "/users/a%20b"]
)
def test_encoded_paths_reach_no_other_route(stack: Stack, token: str, path: str) -> None:
    response = stack.request("GET", path, token=token)
    assert 400 <= response.status < 500
    assert b"Mark" not in response.data
    assert b"python_gc" not in response.data


def test_spoofed_identity_headers_change_nothing(stack: Stack, token: str) -> None:
    headers = {
        "X-Forwarded-Client-Cert": "URI=spiffe://evil",
        "X-Envoy-Upstream-Rq-Timeout-Ms": "1",
        "X-Forwarded-For": "6.6.6.6",
        "X-User-Id": "root",
    }
    response = stack.request("GET", "/users/123", token=token, headers=headers)
    assert (response.status, response.json()) == (200, MARK)


# ---- how much


def test_only_the_surplus_over_the_routes_throttle_is_429(stack: Stack, token: str) -> None:
    stage = stack.outputs_of("apigatewayv2/stage:Stage", "")
    setting = next(s for s in stage["routeSettings"] if s["routeKey"] == "POST /users")
    burst, rate = setting["throttlingBurstLimit"], setting["throttlingRateLimit"]
    count = 3 * burst
    time.sleep(burst / rate)  # until the bucket is full
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        lookup = {"user_id": "123"}
        answers = list(
            pool.map(lambda _: stack.request("POST", "/users", token=token, json_body=lookup).status, range(count))
        )
    refilled = rate * (time.monotonic() - began) + 1
    assert set(answers) <= {200, 429}
    assert burst <= answers.count(200) <= burst + refilled
    assert stack.request("GET", "/users/123", token=token).status == 200, "another route has a bucket of its own"
    time.sleep(burst / rate)


def test_token_of_another_issuer_with_a_known_key_id_is_refused(stack: Stack) -> None:
    assert stack.request("GET", "/users/123", token=_forged(stack, iss="https://evil.example")).status == 401
