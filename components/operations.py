"""The monitoring of the AWS half: alarms, the people who get them, and the dashboard that an operator opens first."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, ResourceOptions

from components import dashboard_rows
from components.api import Api
from components.aws import alarm_catalogue
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
OLDEST_ARCHIVED = 6 * 3600
"""Seconds that an archived event may wait for a rebuild: then the rebuild was ended in the middle, and is run again."""


@dataclass(frozen=True, kw_only=True)
class OperationsArgs:
    api: Api
    """The gateway that is watched."""
    orchestrator: Orchestrator
    """The function that is watched, with its calls of the services."""
    commerce: Commerce
    """The functions, queues and tables that are watched."""
    settings: MonitoringSettings
    """The people who get alerts: the group `monitoring` of the stack's file."""
    protect: bool
    """True if an engine refuses to delete or replace the key of the topic."""


class Operations(ComponentResource):
    """The alarms, the topic that tells people of them, and the dashboard."""

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
        rows = dashboard_rows.rows(alarms.arns, args.api, args.orchestrator, args.commerce)
        Dashboard(name, DashboardArgs(rows=rows), own)
        self.register_outputs({"topic": topic.arn})


def _watched(args: OperationsArgs) -> list[Alarm]:
    """Returns the alarms of the whole AWS half."""
    orchestrator, commerce = args.orchestrator.function, args.commerce
    functions = {"orchestrator": orchestrator, **commerce.functions, **commerce.workers}
    return [
        *alarm_catalogue.api("gateway", args.api.api_id),
        *(alarm for name, function in functions.items() for alarm in alarm_catalogue.function(name, function)),
        *alarm_catalogue.caller("orchestrator", args.api.services),
        *alarm_catalogue.caller("fulfilment", commerce.services),
        alarm_catalogue.iterator_age("relay", commerce.workers["relay"]),
        alarm_catalogue.queue_age("fulfilment", commerce.queue, seconds=OLDEST_EVENT),
        alarm_catalogue.queue_age("rebuild", commerce.rebuild, seconds=OLDEST_ARCHIVED),
        *(alarm_catalogue.dead_letters(name, queue) for name, queue in commerce.dead_letters.items()),
        *(alarm for name, rule in commerce.rules.items() for alarm in alarm_catalogue.rule(name, rule)),
    ]


def _alarms(account: str) -> Sender:
    """Returns the stack's alarms as a sender, by the beginning of their names.

    Their ARNs are not known yet, since the alarms name the topic.
    """
    region = pulumi.Config("aws").require("region")
    return Sender(
        service="cloudwatch.amazonaws.com",
        source_arn=f"arn:aws:cloudwatch:{region}:{account}:alarm:{prefix()}*",
    )
