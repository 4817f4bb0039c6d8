import pytest
import yaml

from app.contract import generate
from app.services.kit.settings import Settings
from app.services.users import api
from tests.support.asgi import client


@pytest.fixture
def call(server, migrate, environment):
    url = server.new_database()
    assert migrate(url).returncode == 0
    with client(api.create(Settings.from_environment(environment | {"DATABASE_URL": url}))) as made:
        yield made


def test_a_user_is_read(call, lines):
    reply = call("GET", "/users/123", headers={"x-request-id": "caller-0001"})

    assert (reply.status, reply.json) == (200, {"id": "123", "name": "Mark Wells", "role": "Engineer"})
    assert reply.headers["content-type"] == "application/json"
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
    contract = yaml.safe_load(generate.CONTRACT.read_text())["components"]["schemas"]["UserId"]
    parameters = call("GET", "/openapi.json").json["paths"]["/users/{user_id}"]["get"]["parameters"]
    schema = parameters[0]["schema"]

    assert {key: schema[key] for key in ("type", "minLength", "maxLength", "pattern")} == {
        key: contract[key] for key in ("type", "minLength", "maxLength", "pattern")
    }


def test_it_is_ready(call):
    assert call("GET", "/readyz").json == {"status": "ready"}


def test_it_is_not_ready_while_it_drains_and_still_answers(call):
    call.app.state.lifecycle.draining = True

    assert call("GET", "/readyz").json["detail"] == "Not ready: the process is shutting down."
    assert call("GET", "/livez").status == 200
    assert call("GET", "/users/123").status == 200


def test_without_its_database_it_is_alive_and_says_when_to_come_again(call):
    call.loop.run_until_complete(call.app.state.database.close())
    reply = call("GET", "/users/123")

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert reply.json["type"] == "tag:crosscloud,2026:unavailable"
    assert call("GET", "/readyz").status == 503
    assert call("GET", "/livez").status == 200
