"""How the AWS half is doing: alarms, who is told of them, and the dashboard that an operator opens first."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, ResourceOptions

from components import dashboard_rows as overview
from components.api import Api
from components.aws import alarm_catalogue as watch
from components.aws.account import account_id
from components.aws.alarms import Alarm, Alarms, AlarmsArgs, prefix
from components.aws.dashboard import Dashboard, DashboardArgs
from components.aws.resource_policy import Sender
from components.aws.topic import Topic, TopicArgs
from components.commerce import Commerce
from components.orchestrator import Orchestrator
from components.settings.monitoring import MonitoringSettings

OLDEST_EVENT = 900
"""Seconds that an event may wait in fulfilment's queue: a message that failed comes again after as many at most."""


@dataclass(frozen=True, kw_only=True)
class OperationsArgs:
    """With `protect` nobody deletes or replaces the key of the topic by mistake."""

    api: Api
    orchestrator: Orchestrator
    commerce: Commerce
    settings: MonitoringSettings
    protect: bool


class Operations(ComponentResource):
    def __init__(self, name: str, args: OperationsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:Operations", name, {}, opts)
        own, account = ResourceOptions(parent=self), account_id()
        topic = Topic(
            "alerts",
            TopicArgs(
                account=account, protect=args.protect, senders=[_alarms(account)], emails=args.settings.alert_emails
            ),
            own,
        )
        alarms = Alarms(name, AlarmsArgs(alarms=_watched(args), actions=[topic.arn]), own)
        rows = overview.rows(alarms.arns, args.api, args.orchestrator, args.commerce)
        Dashboard(name, DashboardArgs(rows=rows), own)
        self.register_outputs({"topic": topic.arn})


def _watched(args: OperationsArgs) -> list[Alarm]:
    orchestrator, commerce = args.orchestrator.function, args.commerce
    functions = {"orchestrator": orchestrator, **commerce.functions, **commerce.workers}
    return [
        *watch.api("gateway", args.api.api_id),
        *(alarm for name, function in functions.items() for alarm in watch.function(name, function)),
        *watch.caller("orchestrator", args.api.services),
        *watch.caller("fulfilment", commerce.services),
        watch.iterator_age("relay", commerce.workers["relay"]),
        watch.queue_age("fulfilment", commerce.queue, seconds=OLDEST_EVENT),
        *(watch.dead_letters(name, queue) for name, queue in commerce.dead_letters.items()),
    ]


def _alarms(account: str) -> Sender:
    """The stack's alarms can't be asked for their ARNs, since they name the topic: those of its names do."""
    region = pulumi.Config("aws").require("region")
    return Sender(
        service="cloudwatch.amazonaws.com", source_arn=f"arn:aws:cloudwatch:{region}:{account}:alarm:{prefix()}*"
    )
