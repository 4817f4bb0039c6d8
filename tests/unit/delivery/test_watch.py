"""The signals of a function and of a service that has the same name."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from delivery.alarms import Alarms
from delivery.functions import Functions
from delivery.services import Services
from delivery.watch import Times, Watch


@pytest.mark.parametrize(("function", "service"), [(3, 0), (0, 3)])
def test_a_service_with_a_function_s_name_hides_nothing_of_it(function: int, service: int) -> None:
    failures = {"aws": 0, "az": 0}

    def run(command: Sequence[str]) -> str:
        if command[0] == "aws":
            queries = json.loads(command[command.index("--metric-data-queries") + 1])
            counted = {"Invocations": 40.0, "Failures": float(failures["aws"])}
            names = {query["Id"]: query["MetricStat"]["Metric"]["MetricName"] for query in queries}
            results = [{"Id": id_, "Values": [counted.get(name, 0.0)]} for id_, name in names.items()]
            return json.dumps({"MetricDataResults": results})
        series = [
            {"metric": {"signal": signal, "job": "orders", "track": "stable"}, "value": [0, str(value)]}
            for signal, value in (("calls", 40), ("failures", failures["az"]))
        ]
        return json.dumps({"data": {"result": series}})

    watch = Watch(
        alarms=Alarms(names=(), groups=(), run=run),
        functions=Functions(names={"orders": "orders-1a2b3c4"}, namespace="crosscloud/prod", run=run, period=60),
        services=Services(endpoint="https://query.example", names=("orders",), namespace="apps", run=run),
        times=Times(),
        clock=lambda: 3600.0,
    )
    watch.begin([])
    failures |= {"aws": function, "az": service}
    expected = ["orders: 3 of 40 calls failed since the delivery began; before, it was 0 of 40."]
    assert list(watch.reasons()) == expected
