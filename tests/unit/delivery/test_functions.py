"""The queries of CloudWatch by version, and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pytest

from app.contract.metrics import BY_VERSION, DEAD_LETTERS, FAILURES
from components.aws.function import ALIAS as CALLED
from delivery.functions import Functions, Span
from delivery.releases import ALIAS, FunctionRelease
from delivery.verdict import Measured
from tests.support.program import deployed

ORDERS = FunctionRelease(name="orders", setting="", key="", previous="41", targets=(), function="orders-1a2b3c4")
LIVE = {"FunctionName": "orders-1a2b3c4", "Resource": "orders-1a2b3c4:live"}
OWN, LAMBDA = "crosscloud/prod", "AWS/Lambda"
HOUR = Span(begin=0.0, end=3600.0)

Key = tuple[str, str, frozenset[tuple[str, str]]]


def key(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    return namespace, name, frozenset(dimensions.items())


def answering(values: Mapping[Key, Sequence[float]], asked: list[Key] | None = None) -> Functions:
    def results(queries: str) -> Iterator[dict[str, object]]:
        for query in json.loads(queries):
            metric = query["MetricStat"]["Metric"]
            by = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            one = key(metric["Namespace"], metric["MetricName"], by)
            if asked is not None:
                asked.append(one)
            yield {"Id": query["Id"], "Values": list(values.get(one, ()))}

    def run(command: Sequence[str]) -> str:
        return json.dumps({"MetricDataResults": list(results(command[command.index("--metric-data-queries") + 1]))})

    return Functions(names={"orders": "orders-1a2b3c4"}, namespace=OWN, run=run, period=60)


def test_the_two_versions_are_measured_each_for_itself() -> None:
    of = {version: {**LIVE, "ExecutedVersion": version} for version in ("41", "42")}
    values = {
        key(LAMBDA, "Invocations", of["41"]): [50.0, 45.0],
        key(LAMBDA, "Invocations", of["42"]): [5.0],
        key(LAMBDA, "Duration", of["41"]): [20.0, 40.0, 30.0],
        key(LAMBDA, "Duration", of["42"]): [900.0],
        key(OWN, FAILURES, {"service": "orders", "version": "42"}): [2.0, 1.0],
        key(LAMBDA, "Errors", of["42"]): [1.0],
    }
    old, new = answering(values).versions([ORDERS], {"orders": "42"}, HOUR)["orders"]
    assert old == Measured(calls=95, milliseconds=30)
    assert new == Measured(calls=5, failures=3), "one period may be a cold start's; an exception may be logged too"


def test_all_versions_together_are_measured_by_function() -> None:
    values = {
        key(LAMBDA, "Invocations", {"FunctionName": "orders-1a2b3c4"}): [100.0],
        key(LAMBDA, "Errors", {"FunctionName": "orders-1a2b3c4"}): [4.0],
        key(OWN, DEAD_LETTERS, {"service": "orders"}): [1.0],
    }
    assert answering(values).totals(HOUR) == {"orders": Measured(calls=100, failures=4, dead_letters=1)}


def test_it_asks_by_the_dimensions_that_the_functions_write() -> None:
    asked: list[Key] = []
    functions = answering({}, asked)
    functions.totals(HOUR)
    functions.versions([ORDERS], {"orders": "42"}, HOUR)
    own = {tuple(sorted(name for name, _ in by)) for namespace, _, by in asked if namespace == OWN}
    assert own == {tuple(sorted(dimensions)) for dimensions in BY_VERSION}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_functions_and_their_namespace_are_those_of_the_program(stack: str) -> None:
    program = deployed(stack, False)
    steps = [
        {
            "urn": f"urn:pulumi:{stack}::crosscloud::crosscloud:aws:Function$aws:lambda/function:Function::{one.name}",
            "oldState": {"type": "aws:lambda/function:Function", "outputs": {"name": f"{one.name}-1a2b3c4"}},
        }
        for one in program.all("lambda/function:Function")
    ]
    functions = Functions.deployed({"steps": steps}, lambda _: "", period=60)
    spaces = {one["environment.variables"]["METRICS_NAMESPACE"] for one in program.all("lambda/function:Function")}
    assert {functions.namespace} == spaces
    assert functions.names.keys() == {one.name for one in program.all("lambda/function:Function")}


def test_the_alias_is_the_program_s() -> None:
    assert ALIAS == CALLED
