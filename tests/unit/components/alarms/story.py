"""Stories of what happens to something that is watched, as the metrics tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.clouds import computed
from tests.support.program import Declared, Program
from tests.unit.components.alarms.samples import Metric, Published


@dataclass(frozen=True, kw_only=True)
class Story:
    """Something that happens, with all that is published of it."""

    text: str
    """The sentence that says what happens."""
    published: Published
    """The samples of each metric."""
    minutes: int = 60
    """The length of the story, in minutes."""


@dataclass(frozen=True, kw_only=True)
class Stories:
    """Stories of which an alarm tells people, and others of which it does not."""

    fires: tuple[Story, ...]
    """Stories of a trouble that begins and ends: people are told of either once."""
    quiet: tuple[Story, ...]
    """Stories that nobody need be told of."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The thing that an alarm watches, in the program of a stack."""

    program: Program
    """All that the stack has."""
    named: Mapping[str, str]
    """The parts of the alarm's name, by the names of the groups of the case's pattern."""

    def function(self) -> Declared:
        """Returns the function that the alarm's name begins with."""
        return self.program.one("lambda/function:Function", self.named["function"])

    def of_function(self, name: str) -> Metric:
        """Returns a metric that Lambda publishes of the function."""
        dimensions = {"FunctionName": physical_name(self.function())}
        return Metric(namespace="AWS/Lambda", name=name, dimensions=frozenset(dimensions.items()))

    def of_log_lines(self, name: str, **dimensions: str) -> Metric:
        """Returns a metric that the function's log lines publish."""
        namespace = self.function()["environment.variables"]["METRICS_NAMESPACE"]
        by = {"service": self.named["function"], **dimensions}
        return Metric(namespace=namespace, name=name, dimensions=frozenset(by.items()))

    def of_queue(self, queue: str, name: str) -> Metric:
        """Returns a metric that SQS publishes of a queue."""
        dimensions = {"QueueName": physical_name(self.program.one("sqs/queue:Queue", queue))}
        return Metric(namespace="AWS/SQS", name=name, dimensions=frozenset(dimensions.items()))

    def of_rule(self, name: str) -> Metric:
        """Returns a metric that EventBridge publishes of the rule that the alarm's name begins with."""
        rule = self.program.one("cloudwatch/eventRule:EventRule", self.named["rule"])
        dimensions = {"EventBusName": rule["eventBusName"], "RuleName": physical_name(rule)}
        return Metric(namespace="AWS/Events", name=name, dimensions=frozenset(dimensions.items()))

    def of_api(self, name: str) -> Metric:
        """Returns a metric that API Gateway publishes of the API."""
        stage = self.program.one("apigatewayv2/stage:Stage")
        dimensions = {"ApiId": stage["apiId"], "Stage": stage["name"]}
        return Metric(namespace="AWS/ApiGateway", name=name, dimensions=frozenset(dimensions.items()))

    def of_database(self, name: str) -> Metric:
        """Returns a metric that Azure publishes of the service's database server."""
        server = self.program.one("dbforpostgresql:Server", self.named["service"])
        return Metric(namespace=computed(server.type, server.name, server.inputs)["id"], name=name)


Case = Callable[[Watched], Stories]


def physical_name(resource: Declared) -> str:
    """Returns the name by which the cloud knows a resource."""
    return str(computed(resource.type, resource.name, resource.inputs)["name"])
