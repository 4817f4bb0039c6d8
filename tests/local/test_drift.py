"""Changes and deletions behind the stack's back are shown without secrets, and mended by `up --repair`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest

from local import desired
from local.postgres import administer
from local.providers.aws.client import Aws
from local.state import State
from planning.wire import plain
from tests.support.stack import Done, Stack

PLANTED = "hunter2-planted-by-a-test"
TABLE, QUEUE, ROUTE = "dynamodb/table:Table", "sqs/queue:Queue", "apigatewayv2/route:Route"
CLEAN, DRIFT, LOST = 0, 3, 4


@pytest.fixture(autouse=True)
def _mended(stack: Stack) -> Iterator[None]:
    """Leaves the stack as it was, whatever became of the test."""
    yield
    done = stack.run("up", "--repair", "--levers")
    assert done.code == 0, done.err


def physical(stack: Stack, type_: str, name: str) -> dict[str, Any]:
    """The outputs of a resource, with its id."""
    state = State(stack.machine.state_file)
    entry = next(each for each in state if each.type.endswith(type_) and each.name == name)
    return {**plain(entry.outputs), "id": entry.id}


def report(stack: Stack, code: int) -> dict[str, Any]:
    """The answer of `drift --json`; the lines for a person say the same, and neither shows what was planted."""
    done, lines = stack.run("drift", "--json"), stack.run("drift")
    assert (done.code, lines.code) == (code, code), (done.out, done.err)
    assert PLANTED not in done.out + done.err + lines.out + lines.err
    made: dict[str, Any] = json.loads(done.out)
    for each in (*made["drifted"], *made["lost"], *made["levers"]):
        assert f"{each['type']} {each['name']}" in lines.out
    return made


def names(rows: list[dict[str, Any]]) -> set[tuple[str, str, bool]]:
    return {(row["type"].rpartition(":")[2], row["name"], row["gone"]) for row in rows}


def repaired(stack: Stack) -> Done:
    """Repairs, after which the stack is clean."""
    done = stack.run("up", "--repair")
    assert done.code == 0, done.err
    assert PLANTED not in done.out + done.err
    assert report(stack, CLEAN)["drifted"] == []
    return done


def change_table(stack: Stack, aws: Aws) -> None:
    name = physical(stack, TABLE, "idempotency")["name"]
    off = {"Enabled": False, "AttributeName": "expires_at"}
    aws.call("dynamodb", "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": off})


def change_queue(stack: Stack, aws: Aws) -> None:
    url = physical(stack, QUEUE, "fulfilment")["id"]
    aws.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"VisibilityTimeout": "7"}})


def change_route(stack: Stack, aws: Aws) -> None:
    route = physical(stack, ROUTE, "getOrder")
    open_ = {"ApiId": route["apiId"], "RouteId": route["id"], "AuthorizationType": "NONE"}
    aws.call("apigatewayv2", "UpdateRoute", open_)


def delete_route(stack: Stack, aws: Aws) -> None:
    route = physical(stack, ROUTE, "listOrders")
    aws.call("apigatewayv2", "DeleteRoute", {"ApiId": route["apiId"], "RouteId": route["id"]})


def change_object(stack: Stack, aws: Aws) -> None:
    machine, key = stack.machine, "HTTPRoute/apps/billing"
    route = desired.get(machine, key) or {}
    route["spec"]["rules"][0]["matches"][0]["path"]["value"] = "/elsewhere"
    desired.put(machine, key, route)


def delete_object(stack: Stack, aws: Aws) -> None:
    desired.remove(stack.machine, "Service/apps/users")


def change_image(stack: Stack, aws: Aws) -> None:
    digest = physical(stack, "image:Image", "analytics")["contextDigest"]
    (stack.machine.images / digest / "app" / "planted.py").write_text(f"PASSWORD = '{PLANTED}'\n")


def plant_in_a_secret(stack: Stack, aws: Aws) -> None:
    arn = physical(stack, "secretVersion:SecretVersion", "fulfilment")["secretArn"]
    aws.call("secretsmanager", "PutSecretValue", {"SecretId": arn, "SecretString": PLANTED})


def plant_in_an_object(stack: Stack, aws: Aws) -> None:
    key = "Secret/apps/users-database"
    secret = desired.get(stack.machine, key) or {}
    desired.put(stack.machine, key, {**secret, "stringData": {**secret["stringData"], "password": PLANTED}})


def plant_in_a_function(stack: Stack, aws: Aws) -> None:
    name = physical(stack, "function:Function", "catalog")["name"]
    known = aws.call("lambda", "GetFunctionConfiguration", {"FunctionName": name})["Environment"]["Variables"]
    variables = {"FunctionName": name, "Environment": {"Variables": {**known, "PLANTED": PLANTED}}}
    aws.call("lambda", "UpdateFunctionConfiguration", variables)


CASES: dict[tuple[str, str, bool], tuple[Callable[[Stack, Aws], None], str]] = {
    ("Table", "idempotency", False): (change_table, "ttl.enabled"),
    ("Queue", "fulfilment", False): (change_queue, "visibilityTimeoutSeconds"),
    ("Route", "getOrder", False): (change_route, "authorizationType"),
    ("Route", "listOrders", True): (delete_route, ""),
    ("HTTPRoute", "billing", False): (change_object, "spec.rules[read].matches[0].path.value"),
    ("Service", "users", True): (delete_object, ""),
    ("Image", "analytics", False): (change_image, "contextDigest"),
    ("SecretVersion", "fulfilment", False): (plant_in_a_secret, "secretString"),
    ("Secret", "users-database", False): (plant_in_an_object, "stringData.password"),
    ("Function", "catalog", False): (plant_in_a_function, "environment.variables.PLANTED"),
}


def test_what_is_changed_or_deleted_is_shown_mended_and_gone(stack: Stack, aws: Aws, token: str) -> None:
    assert report(stack, CLEAN)["looked"] > 200
    for act, _ in CASES.values():
        act(stack, aws)
    shown = report(stack, DRIFT)
    assert names(shown["drifted"]) == CASES.keys()
    paths = {
        (row["type"].rpartition(":")[2], row["name"], row["gone"]): {each["path"] for each in row["differences"]}
        for row in shown["drifted"]
    }
    assert {key: path for key, (_, path) in CASES.items() if path and path not in paths[key]} == {}
    plain = stack.run("up")
    assert plain.code == 0, "what holds no data is not in the way of an update"
    repaired(stack)
    assert stack.request("GET", "/users/123", token=token).status == 200
    assert stack.up().changes == []


def test_a_lever_is_known_as_such_and_stays(stack: Stack, aws: Aws) -> None:
    assert stack.run("pause", "relay").code == 0
    assert stack.run("stop", "analytics").code == 0
    function = physical(stack, "function:Function", "orders")["name"]
    none = {"FunctionName": function, "ReservedConcurrentExecutions": 0}
    aws.call("lambda", "PutFunctionConcurrency", none)
    levers = {
        ("EventSourceMapping", "relay", "Stop a consumer"),
        ("Deployment", "analytics", "Stop a service"),
        ("Function", "orders", "Stop a function"),
    }

    def pulled() -> set[tuple[str, str, str]]:
        made = report(stack, DRIFT)
        assert made["drifted"] == []
        return {(each["type"].rpartition(":")[2], each["name"], each["section"]) for each in made["levers"]}

    assert pulled() == levers
    done = stack.run("up", "--repair")
    assert done.code == 0, done.err
    assert "which stays so (docs/runbook.md, Stop a consumer)" in done.out
    assert pulled() == levers
    assert stack.run("start", "analytics").code == 0
    assert pulled() == {each for each in levers if each[1] != "analytics"}
    assert stack.run("up", "--repair", "--levers").code == 0
    report(stack, CLEAN)


def test_lost_data_stop_an_update_until_somebody_asks_for_what_is_empty(stack: Stack, aws: Aws, token: str) -> None:
    table = physical(stack, TABLE, "idempotency")["name"]
    unprotected = {"TableName": table, "DeletionProtectionEnabled": False}
    aws.call("dynamodb", "UpdateTable", unprotected)
    aws.call("dynamodb", "DeleteTable", {"TableName": table})
    aws.call("sqs", "DeleteQueue", {"QueueUrl": physical(stack, QUEUE, "order-notices-dead-letters")["id"]})

    async def drop(connection: asyncpg.Connection) -> None:
        await connection.execute("DROP DATABASE users WITH (FORCE)")

    administer(stack.machine, drop)
    lost = {
        ("Table", "idempotency", True),
        ("Queue", "order-notices-dead-letters", True),
        ("Server", "users", True),
    }
    assert names(report(stack, LOST)["lost"]) == lost
    refused = stack.run("up")
    assert refused.code == 1
    assert "Table idempotency is gone, and with it its items" in refused.err
    assert "`./crosscloud up --repair` makes it anew, empty" in refused.err
    assert names(report(stack, LOST)["lost"]) == lost, "nothing was made"
    done = repaired(stack)
    assert "Table idempotency is gone: it is made anew, EMPTY. Lost: its items." in done.out
    assert stack.request("GET", "/users/123", token=token).status == 200
