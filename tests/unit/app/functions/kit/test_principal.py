import pytest

from app.contract.operation import Operation
from app.contract.problems import ProblemError
from app.functions.kit.principal import authorise
from app.functions.orchestrator.operations import OPERATIONS

LOOKUP = OPERATIONS["POST /users"]


def operation(scopes: set[str] | None) -> Operation:
    fields = {name: getattr(LOOKUP, name) for name in Operation.__dataclass_fields__}
    return Operation(**{**fields, "scopes": frozenset(scopes) if scopes is not None else None})


def claims(**values: str) -> dict:
    return {"requestContext": {"authorizer": {"jwt": {"claims": values, "scopes": None}}}}


def test_the_caller_and_its_scopes():
    caller = authorise(claims(sub="alice", scope="users:read orders:write"), LOOKUP)

    assert (caller.subject, caller.encoded) == ("alice", "alice")
    assert caller.scopes == {"users:read", "orders:write"}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None},
        {"requestContext": {"authorizer": {}}},
        {"requestContext": {"authorizer": {"lambda": {"sub": "alice", "scope": "users:read"}}}},
        claims(scope="users:read"),
        claims(sub="", scope="users:read"),
        claims(sub="\ud800", scope="users:read"),
        claims(sub=7, scope="users:read"),
    ],
)
def test_without_verified_claims_the_route_is_closed(event):
    with pytest.raises(ProblemError) as caught:
        authorise(event, LOOKUP)

    assert caught.value.kind.status == 401
    assert caught.value.headers == {"www-authenticate": "Bearer"}


@pytest.mark.parametrize("scope", ["", "users", "users:rea", "users:read:all", "USERS:READ", "users:read,orders:write"])
def test_without_the_scope_it_is_forbidden(scope):
    with pytest.raises(ProblemError) as caught:
        authorise(claims(sub="alice", scope=scope), LOOKUP)

    assert caught.value.kind.status == 403
    assert 'error="insufficient_scope", scope="users:read"' in caught.value.headers["www-authenticate"]


def test_all_the_scopes_are_needed():
    both = operation({"a", "b"})
    assert authorise(claims(sub="x", scope="b a"), both)
    with pytest.raises(ProblemError):
        authorise(claims(sub="x", scope="a"), both)


def test_only_scopes_with_the_issuers_prefix_count():
    event = claims(sub="alice", scope="users:read api/orders:write")
    with pytest.raises(ProblemError, match="users:read"):
        authorise(event, LOOKUP, scope_prefix="api/")

    caller = authorise(claims(sub="alice", scope="api/users:read other/x"), LOOKUP, scope_prefix="api/")
    assert caller.scopes == {"users:read"}


def test_a_public_operation_needs_no_token_and_one_without_scopes_any():
    assert authorise({}, operation(None)) is None
    assert authorise(claims(sub="x"), operation(set()))
    with pytest.raises(ProblemError):
        authorise({}, operation(set()))


@pytest.mark.parametrize(
    ("subject", "encoded"),
    [("auth0|7", "auth0%7C7"), ("ü\r\nX-Subject: root", "%C3%BC%0D%0AX-Subject%3A%20root"), ("a/b%", "a%2Fb%25")],
)
def test_the_subject_is_encoded_for_a_header(subject, encoded):
    assert authorise(claims(sub=subject, scope="users:read"), LOOKUP).encoded == encoded
