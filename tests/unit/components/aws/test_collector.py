"""The collector of spans as functions and pods get it: its headers are in no place that is not a secret's."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from tests.support.program import STACKS, Program, deployed, run
from tests.support.services import SERVICES, functions

COLLECTOR = "https://otlp.example.com"
FUNCTIONS = sorted(functions())


def with_headers() -> None:
    group = {"endpoint": COLLECTOR, "headers": {"X-Api-Key": "SENSITIVE, =1"}}
    values = {**pulumi.runtime.config.CONFIG.get(), "crosscloud:telemetry": json.dumps(group)}
    pulumi.runtime.set_all_config(values, ["crosscloud:telemetry"])
    runpy.run_path("__main__.py", run_name="__main__")


@pytest.fixture(scope="module")
def program() -> Program:
    return run(with_headers)


def variables(program: Program, function: str) -> dict[str, Any]:
    found: dict[str, Any] = program.one("lambda/function:Function", function)["environment.variables"]
    return found


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def test_every_function_knows_the_collector_and_may_read_its_headers(program: Program) -> None:
    for name in FUNCTIONS:
        found = variables(program, name)
        assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == COLLECTOR
        arn = found["TELEMETRY_HEADERS_SECRET_ARN"]
        policy = json.loads(program.one("RolePolicy", name)["policy"])
        allowed = [each for each in policy["Statement"] if each["Resource"] == arn]
        assert [each["Action"] for each in allowed] == [["secretsmanager:GetSecretValue"]]


def test_the_headers_are_in_secrets_alone_and_marked_as_such(program: Program) -> None:
    holders = {
        (one.type.rpartition(":")[2], one.name, path)
        for one in program.resources
        for path in ("secretString", "stringData")
        if any("SENSITIVE" in text for text in texts(one[path]))
    }
    assert holders == {
        ("SecretVersion", "collector", "secretString"),
        *(("Secret", f"{name}-telemetry", "stringData") for name in SERVICES),
    }
    for one in program.resources:
        for path, value in one.inputs.items():
            if any("SENSITIVE" in text for text in texts(value)):
                assert any(path.startswith(marked.split(".")[0]) for marked in one.secrets), (one.name, path)
                assert (one.type.rpartition(":")[2], one.name, path) in holders
    assert program.one("SecretVersion", "collector")["secretString"] == '{"X-Api-Key": "SENSITIVE, =1"}'


def test_pods_get_them_from_their_secret_and_roll_when_they_change(program: Program) -> None:
    template = program.one("Deployment", "users")["spec.template"]
    (container,) = template["spec"]["containers"]
    found = {each["name"]: each for each in container["env"]}
    assert found["OTEL_EXPORTER_OTLP_HEADERS"]["valueFrom"] == {
        "secretKeyRef": {"name": "users-telemetry", "key": "headers"}
    }
    secret = program.one("Secret", "users-telemetry")["stringData"]
    assert secret == {"headers": "x-api-key=SENSITIVE%2C%20%3D1"}
    assert "crosscloud/telemetry" in template["metadata"]["annotations"]
    assert program.one("Secret", "users-telemetry").urn in program.after(program.one("Deployment", "users"))


@pytest.mark.parametrize("stack", STACKS)
def test_without_a_collector_there_is_nothing_of_it(stack: str) -> None:
    program = deployed(stack, False)
    for name in FUNCTIONS:
        assert not {key for key in variables(program, name) if "OTEL" in key or "TELEMETRY" in key}
    assert not [one for one in program.resources if "telemetry" in one.name or one.name == "collector"]
