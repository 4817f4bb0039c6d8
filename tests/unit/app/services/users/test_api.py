import asyncio
import json

import asyncpg
import pytest

from app.services.kit.settings import Settings
from app.services.users import api, store
from tests.support import databases
from tests.support.asgi import client
from tests.support.contract import document


@pytest.fixture
def call(server, migrate, environment):
    urls = server.new_service()
    assert migrate(urls).returncode == 0
    with client(api.create(Settings.from_environment(environment | {"DATABASE_URL": urls.service}))) as made:
        made.app.state.database_url = urls.service
        yield made


def test_a_user_is_read(call, lines):
    reply = call("GET", "/users/123", headers={"x-request-id": "caller-0001"})

    assert (reply.status, reply.json) == (200, {"id": "123", "name": "Mark Wells", "role": "Engineer"})
    assert (reply.headers["content-type"], reply.headers["etag"]) == ("application/json", '"1"')
    (line,) = lines()
    assert (line["request_id"], line["route"], line["status"]) == ("caller-0001", "/users/{user_id}", 200)


def test_an_unknown_user_is_not_found(call):
    reply = call("GET", "/users/999")

    assert (reply.status, reply.json["type"]) == (404, "tag:crosscloud,2026:not-found")
    assert reply.json["detail"] == "There is no user with this id."


@pytest.mark.parametrize("user_id", ["%20", "a%20b", "a%0A", "x" * 65, "..", "%00", "%ff", "1'--"])
def test_an_id_of_another_form_is_named(call, user_id):
    reply = call("GET", f"/users/{user_id}")

    assert reply.status == 422
    assert {error["parameter"] for error in reply.json["errors"]} == {"user_id"}


def test_the_ids_are_those_of_the_contract(call):
    contract = document()["components"]["schemas"]["UserId"]
    parameters = call("GET", "/openapi.json").json["paths"]["/users/{user_id}"]["get"]["parameters"]
    schema = parameters[0]["schema"]

    assert {key: schema[key] for key in ("type", "minLength", "maxLength", "pattern")} == {
        key: contract[key] for key in ("type", "minLength", "maxLength", "pattern")
    }


def test_it_is_ready(call):
    assert call("GET", "/readyz").json == {"status": "ready"}
    assert call("GET", "/health/users").json == {"status": "ok"}
    assert call("GET", "/health/billing").status == 404


def test_it_is_not_ready_while_it_drains_and_still_answers(call):
    call.app.state.lifecycle.draining = True

    for path in ("/readyz", "/health/users"):
        assert call("GET", path).json["detail"] == "Not ready: the process is shutting down."
    assert call("GET", "/livez").status == 200
    assert call("GET", "/users/123").status == 200


def test_without_its_database_it_is_alive_and_says_when_to_come_again(call):
    call.loop.run_until_complete(call.app.state.database.close())
    reply = call("GET", "/users/123")

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert reply.json["type"] == "tag:crosscloud,2026:unavailable"
    for path in ("/readyz", "/health/users"):
        assert (call("GET", path).status, call("GET", path).headers["retry-after"]) == (503, "1")
    assert call("GET", "/livez").status == 200


def put(call, user_id: str, body: object, **headers: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call(
        "PUT", f"/users/{user_id}", body=raw, headers={"content-type": "application/json"} | _header_names(headers)
    )


def patch(call, user_id: str, body: object, **headers: str):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call(
        "PATCH", f"/users/{user_id}", body=raw, headers={"content-type": "application/json"} | _header_names(headers)
    )


def delete(call, user_id: str, **headers: str):
    return call("DELETE", f"/users/{user_id}", headers=_header_names(headers))


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


ADA = {"name": "Ada Lovelace", "role": "Engineer"}


def new_ada(call) -> str:
    """Creates the user and returns the ETag."""
    created = put(call, "ada", ADA)
    assert created.status == 201
    return created.headers["etag"]


def test_a_user_is_created_once(call):
    created = put(call, "ada", ADA)

    assert (created.status, created.json) == (201, {"id": "ada", **ADA})
    assert created.headers["location"] == "/users/ada"
    assert call("GET", "/users/ada").headers["etag"] == created.headers["etag"]
    assert put(call, "ada", ADA).status == 428
    assert put(call, "ada", ADA, if_none_match="*").status == 412
    assert put(call, "new", ADA, if_none_match="*").status == 201
    assert put(call, "nobody", ADA, if_match='"1"').status == 412


def test_a_user_is_replaced_by_who_has_seen_the_version(call):
    first = new_ada(call)
    replaced = put(call, "ada", {"name": "Ada King", "role": "Countess"}, if_match=first)

    assert (replaced.status, replaced.headers["etag"] != first) == (200, True)
    assert "location" not in replaced.headers
    assert replaced.json == {"id": "ada", "name": "Ada King", "role": "Countess"}
    assert put(call, "ada", ADA, if_match=first).status == 412
    assert call("GET", "/users/ada").json["role"] == "Countess"


def test_members_that_are_left_out_stay(call):
    first = new_ada(call)
    changed = patch(call, "ada", {"role": "Principal"}, if_match=first)

    assert (changed.status, changed.headers["etag"] != first) == (200, True)
    assert changed.json == {"id": "ada", "name": "Ada Lovelace", "role": "Principal"}
    assert patch(call, "ada", {"name": "Ada"}, if_match=changed.headers["etag"]).json["role"] == "Principal"


@pytest.mark.parametrize(
    ("user_id", "headers", "status"),
    [
        ("ada", {}, 428),
        ("ada", {"if_match": '"2"'}, 412),
        ("ada", {"if_match": '"other"'}, 412),
        ("ada", {"if_match": "1"}, 422),
        ("nobody", {}, 404),
        ("nobody", {"if_match": '"1"'}, 404),
    ],
)
def test_a_change_needs_the_version(call, user_id, headers, status):
    put(call, "ada", ADA)

    assert patch(call, user_id, {"role": "Lost"}, **headers).status == status
    assert call("GET", "/users/ada").json == {"id": "ada", **ADA}


def test_of_changes_at_once_one_is_done_and_none_is_lost(call):
    first = new_ada(call)
    headers = {"content-type": "application/json", "if-match": first}
    bodies = [json.dumps({"role": f"Role {number}"}).encode() for number in range(8)]

    async def run():
        return await asyncio.gather(
            *(call.request("PATCH", "/users/ada", body=body, headers=headers) for body in bodies)
        )

    replies = call.loop.run_until_complete(run())
    (done,) = [reply for reply in replies if reply.status == 200]
    assert {reply.status for reply in replies} == {200, 412}
    read = call("GET", "/users/ada")
    assert (read.json, read.headers["etag"]) == (done.json, done.headers["etag"])


def test_of_creations_at_once_one_is_done(call):
    headers = {"content-type": "application/json", "if-none-match": "*"}

    async def run():
        body = json.dumps(ADA).encode()
        return await asyncio.gather(*(call.request("PUT", "/users/ada", body=body, headers=headers) for _ in range(8)))

    assert sorted(reply.status for reply in call.loop.run_until_complete(run())) == [201] + [412] * 7


def test_a_user_is_deleted(call):
    first = new_ada(call)
    assert delete(call, "ada", if_match='"2"').status == 412
    gone = delete(call, "ada", if_match=first)

    assert (gone.status, gone.body) == (204, b"")
    assert call("GET", "/users/ada").status == 404
    assert delete(call, "ada").status == 404
    assert delete(call, "ada", if_match=first).status == 404
    put(call, "ada", ADA)
    assert delete(call, "ada").status == 204


def test_a_version_never_comes_again(call):
    """Whoever has seen a user that was deleted and made anew must not change or delete the new one."""
    seen: list[str] = []
    for _ in range(3):
        seen.append(new_ada(call))
        for role in ("One", "Two"):
            seen.append(patch(call, "ada", {"role": role}, if_match=seen[-1]).headers["etag"])
        for old in seen[:-1]:
            assert put(call, "ada", ADA, if_match=old).status == 412
            assert patch(call, "ada", {"role": "Lost"}, if_match=old).status == 412
            assert delete(call, "ada", if_match=old).status == 412
        assert delete(call, "ada", if_match=seen[-1]).status == 204

    assert len(set(seen)) == len(seen) == 9


def test_pods_of_the_version_before_never_count_to_a_version_that_is_given_later(call, server):
    """They add one at each change, and go on serving until the last of them is replaced."""
    seen = [new_ada(call)]
    before = "update users set role = 'Old', version = version + 1 where id = 'ada' returning version"
    url = call.app.state.database_url

    for _ in range(50):
        (row,) = databases.rows(url, before)
        seen.append(f'"{row["version"]}"')
    assert delete(call, "ada", if_match=seen[-1]).status == 204
    seen.append(new_ada(call))
    seen.append(patch(call, "ada", {"role": "New"}, if_match=seen[-1]).headers["etag"])

    assert len(set(seen)) == len(seen)


BOTH = {"if_none_match": "*"}


@pytest.mark.parametrize("conditions", [{}, {"if_match": "first"}, {"if_match": '"7"'}])
def test_if_none_match_holds_beside_if_match(call, conditions):
    first = new_ada(call)
    given = {name: first if tag == "first" else tag for name, tag in conditions.items()} | BOTH

    assert put(call, "ada", {"name": "Lost", "role": "Lost"}, **given).status == 412
    assert patch(call, "ada", {"role": "Lost"}, **given).status == 412
    assert delete(call, "ada", **given).status == 412
    assert call("GET", "/users/ada").json == {"id": "ada", **ADA}
    assert put(call, "nobody", ADA, **given).status == (412 if conditions else 201)


def test_pages_hold_every_user_once_by_id(call):
    ids = ["B", "Z", "_", "a", "b", "z-1", "é".encode().hex()]
    for user_id in ids:
        assert put(call, user_id, ADA).status == 201
    seen, path = [], "/users?limit=2"
    while True:
        page = call("GET", path).json
        seen += [user["id"] for user in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/users?limit=2&cursor={page['next_cursor']}"

    assert seen == sorted([*ids, "123", "124", "125", "126"])
    assert call("GET", "/users").json["items"][0] == {"id": "123", "name": "Mark Wells", "role": "Engineer"}


def test_a_page_is_found_by_the_index(server, migrate):
    urls = server.new_service()
    assert migrate(urls).returncode == 0

    async def plan() -> str:
        connection = await asyncpg.connect(urls.migrations)
        await connection.execute("insert into users select 'u' || n, 'n', 'r' from generate_series(1, 5000) n; analyze")
        rows = await connection.fetch(f"explain {store.SELECT_PAGE}", "u42", 21)
        await connection.close()
        return " ".join(row[0] for row in rows)

    found = asyncio.run(plan())
    assert "Index Scan using users_pkey" in found
    assert "Sort" not in found


ODD = {
    "nothing": ({}, {"/name", "/role"}),
    "too long": ({"name": "x" * 201, "role": "y" * 101}, {"/name", "/role"}),
    "empty": ({"name": "", "role": ""}, {"/name", "/role"}),
    "NUL": ({"name": "a\0", "role": "\0"}, {"/name", "/role"}),
    "controls": ({"name": "a\x1f", "role": "\x7f"}, {"/name", "/role"}),
    "null": ({"name": None, "role": None}, {"/name", "/role"}),
    "other types": ({"name": 1, "role": ["a"]}, {"/name", "/role"}),
    "other members": ({**ADA, "id": "x"}, {"/id"}),
    "a list": ([], {""}),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_fields_are_named(call, name):
    body, pointers = ODD[name]
    reply = put(call, "ada", body)

    assert (reply.status, {error["pointer"] for error in reply.json["errors"]}) == (422, pointers)


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"role": None}, {"other": 1}, [], "a", None])
def test_odd_changes_are_refused(call, body):
    assert patch(call, "123", body, if_match='"1"').status == 422


@pytest.mark.parametrize("raw", [rb'{"name": "\ud800", "role": "r"}', b'{"name": "\xff", "role": "r"}', b"{", b"NaN"])
def test_what_is_no_text_is_malformed(call, raw):
    assert put(call, "ada", raw).status == 400


def test_every_other_text_is_kept(call):
    for number, text in enumerate(
        ["é", "e\u0301", "\U0001f600", "\u2028", "\u202e", "\uffff", "'; drop table users", " "]
    ):
        assert put(call, f"odd-{number}", {"name": text, "role": text}).status == 201
        assert call("GET", f"/users/odd-{number}").json["name"] == text
    assert put(call, "long", {"name": "\U0001f600" * 200, "role": "é" * 100}).status == 201


def test_names_and_roles_are_those_of_the_contract(call):
    contract = document()["components"]["schemas"]
    schemas = call("GET", "/openapi.json").json["components"]["schemas"]
    keys = ("type", "minLength", "maxLength", "pattern")

    for model in ("UserFields", "UserChanges"):
        for member in ("name", "role"):
            mine, theirs = schemas[model]["properties"][member], contract[member.title()]
            assert {key: mine[key] for key in keys} == {key: theirs[key] for key in keys}
        assert schemas[model].get("required", []) == contract[model].get("required", [])
        assert schemas[model].get("minProperties") == contract[model].get("minProperties")
