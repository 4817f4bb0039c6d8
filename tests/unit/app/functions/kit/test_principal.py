import pytest

from app.contract.callers import Reach
from app.contract.operation import Operation
from app.contract.problems import ProblemError
from app.functions.kit.principal import authorise
from app.functions.orchestrator.operations import OPERATIONS

LOOKUP = OPERATIONS["POST /users"]
LIST = OPERATIONS["GET /users"]


def operation(*scopes: set[str] | None) -> Operation:
    """Returns an operation that needs all scopes of one of the sets; None is public."""
    fields = {name: getattr(LOOKUP, name) for name in Operation.__dataclass_fields__}
    return Operation(**{**fields, "security": None if None in scopes else tuple(map(frozenset, scopes))})


def claims(**values: object) -> dict:
    return {"requestContext": {"authorizer": {"jwt": {"claims": values, "scopes": None}}}}


def test_the_caller_and_its_scopes():
    caller = authorise(claims(sub="alice", scope="users:read orders:write"), LOOKUP)

    assert (caller.subject, caller.name, caller.reach) == ("alice", "token/alice", Reach.OWN)
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
        claims(sub="x" * 256, scope="users:read"),
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


@pytest.mark.parametrize(
    "holder",
    [
        {"sub": "bob", "groups": "[staff]"},
        {"sub": "bob", "groups": "[admin staff]"},
        {"sub": "bob", "groups": "staff"},
        {"sub": "bob", "groups": ["staff"]},
        {"sub": "reports", "client_id": "reports"},
    ],
    ids=str,
)
def test_staff_and_programs_reach_everybody_s(holder):
    assert authorise(claims(**holder, scope="staff:users:read"), LOOKUP).reach is Reach.ANY
    assert authorise(claims(**holder, scope="users:read staff:users:read"), LOOKUP).reach is Reach.ANY
    assert authorise(claims(**holder, scope="users:read"), LOOKUP).reach is Reach.OWN


@pytest.mark.parametrize(
    "holder",
    [
        {},
        {"groups": ""},
        {"groups": "[]"},
        {"groups": "[staffing]"},
        {"groups": "[non-staff]"},
        {"groups": "no staff"},
        {"groups": "former staff"},
        {"groups": "staff only"},
        {"groups": "[staff"},
        {"groups": "staff]"},
        {"groups": "[STAFF]"},
        {"groups": {"staff": True}},
        {"groups": [["staff"]]},
        {"groups": 7},
        {"cognito:groups": "[staff]"},
        {"client_id": "app"},
        {"client_id": ""},
        {"client_id": ["alice"]},
        {"username": "staff"},
    ],
    ids=str,
)
def test_anybody_else_s_staff_scopes_are_ignored(holder):
    event = claims(**{"sub": "alice", "scope": "users:read staff:users:read"} | holder)

    caller = authorise(event, LOOKUP)
    assert (caller.reach, caller.scopes) == (Reach.OWN, {"users:read"})
    with pytest.raises(ProblemError) as caught:
        authorise(event, LIST)
    assert caught.value.kind.status == 403
    assert "members of the group staff" in caught.value.detail


def test_the_groups_are_in_the_claim_that_the_settings_name():
    event = claims(**{"sub": "bob", "scope": "staff:users:read", "cognito:groups": "[staff]"})

    assert authorise(event, LIST, groups_claim="cognito:groups").reach is Reach.ANY
    with pytest.raises(ProblemError):
        authorise(event, LIST)


def test_only_scopes_with_the_issuers_prefix_count():
    event = claims(sub="alice", scope="users:read api/orders:write")
    with pytest.raises(ProblemError, match="users:read"):
        authorise(event, LOOKUP, scope_prefix="api/")

    caller = authorise(claims(sub="alice", scope="api/users:read other/x"), LOOKUP, scope_prefix="api/")
    assert caller.scopes == {"users:read"}
    prefixed = claims(sub="alice", scope="api/users:read api/staff:users:read")
    assert authorise(prefixed, LOOKUP, scope_prefix="api/").reach is Reach.OWN


def test_a_public_operation_needs_no_token():
    assert authorise({}, operation(None)) is None


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("auth0|7", "token/auth0%7C7"),
        ("ü\r\nX-Principal: root", "token/%C3%BC%0D%0AX-Principal%3A%20root"),
        ("a/b%", "token/a%2Fb%25"),
        ("system/fulfilment", "token/system%2Ffulfilment"),
        ("function:fulfilment", "token/function%3Afulfilment"),
    ],
)
def test_no_subject_leads_to_another_s_name(subject, name):
    assert authorise(claims(sub=subject, scope="users:read"), LOOKUP).name == name
