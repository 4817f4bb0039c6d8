"""Malformed events of every operation: each gets a problem document, and none a failure of ours."""

import base64
import json
import re

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.functions.orchestrator.operations import OPERATIONS
from tests.support.scripted import sends
from tests.unit.app.functions.examples import DOCUMENT, ROUTES, body_of, headers_of, path_of

PROBLEM = {**DOCUMENT["components"]["schemas"]["Problem"], "components": DOCUMENT["components"]}
REFUSED = {400, 413, 415, 422}

HOSTILE = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
ANY = st.text(max_size=80) | st.text(st.characters(categories=["Cs", "Cc", "Nd"]), max_size=20)
NAMES = st.sampled_from(["x-request-id", "traceparent", "tracestate", "content-type", "if-match", "if-none-match",
                         "idempotency-key", "x-api-key", "Content-Type", "If-Match"]) | ANY  # fmt: skip
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.sampled_from(["user_id", "name", "role", "items", "events", "id", "attributes"]) | ANY, inner, max_size=5
        )
    ),
    max_leaves=20,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.builds(lambda value: json.dumps(value).encode(), JSON_LIKE),
    st.builds(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"), JSON_LIKE),
    st.sampled_from([b"[" * 3000, b'{"a":' * 3000, b"1" * 3000, rb'{"user_id":"\ud800"}', b'{"user_id":NaN}']),
)


def mutated(body: str | None, cut: int, junk: bytes) -> bytes:
    """The example's bytes with some of them replaced."""
    raw = (body or "{}").encode()
    at = cut % (len(raw) + 1)
    return raw[:at] + junk + raw[at + len(junk) :]


def assert_refused_or_forwarded(done, service) -> None:
    if done.status in REFUSED or done.status == 404:
        jsonschema.validate(done.json, PROBLEM, cls=jsonschema.Draft4Validator)
        assert done.headers["content-type"] == "application/problem+json"
        assert done.json["status"] == done.status
    else:
        assert service.requests, (done.status, done.body, done.log)  # the request was fine: the answer is the service's
    assert "stack" not in done.log, done.log["stack"]
    assert re.fullmatch("[A-Za-z0-9._-]{8,64}", done.headers["x-request-id"])
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", done.headers["traceparent"])
    assert all(isinstance(value, str) and value.isascii() and value.isprintable() for value in done.headers.values())
    done.body.encode()


@pytest.fixture
def answered(services):
    """A service that answers everything, so that whatever else fails is ours."""
    return services(sends(b'{"items":[]}'))


@pytest.mark.parametrize("route", [route for route in ROUTES if OPERATIONS[route].max_body is not None])
@HOSTILE
@given(
    body=BODIES | st.builds(lambda cut, junk: (cut, junk), st.integers(0, 500), st.binary(min_size=1, max_size=4)),
    encoded=st.booleans(),
    content_type=st.sampled_from(["application/json", "application/json; charset=utf-8"]) | ANY,
)
def test_no_body_makes_a_failure(invoke, event, answered, route, body, encoded, content_type):
    answered.requests.clear()
    operation = OPERATIONS[route]
    raw = mutated(body_of(operation), *body) if isinstance(body, tuple) else body
    text = base64.b64encode(raw).decode() if encoded else raw.decode(errors="surrogateescape")
    headers = headers_of(operation) | {"content-type": content_type}
    made = event(route, text, headers=headers, path=path_of(operation), base64=encoded)

    assert_refused_or_forwarded(invoke(made, port=answered.port), answered)


@pytest.mark.parametrize("route", ROUTES)
@HOSTILE
@given(
    headers=st.dictionaries(NAMES, ANY, max_size=6),
    query=st.dictionaries(st.sampled_from(["limit", "cursor", "from", "to"]) | ANY, ANY, max_size=4) | st.none(),
    path=st.dictionaries(st.sampled_from(["userId", "invoiceId", "proxy"]) | ANY, ANY, max_size=3) | st.none(),
    subject=ANY,
)
def test_no_header_nor_parameter_makes_a_failure(invoke, event, answered, route, headers, query, path, subject):
    answered.requests.clear()
    operation = OPERATIONS[route]
    made = event(route, body_of(operation), headers=headers_of(operation) | headers, query=query)
    made["pathParameters"] = path
    made["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = subject
    done = invoke(made, port=answered.port)

    if done.status == 401:  # a subject that is empty, or no text
        return
    assert_refused_or_forwarded(done, answered)


@HOSTILE
@given(text=st.text(max_size=200), encoded=st.booleans())
def test_no_text_of_the_event_makes_a_failure(invoke, event, answered, text, encoded):
    answered.requests.clear()

    assert_refused_or_forwarded(invoke(event(body=text, base64=encoded), port=answered.port), answered)
