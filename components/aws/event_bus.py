"""A bus for the system's events, and an archive from which they can be replayed."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions


@dataclass(frozen=True, kw_only=True)
class EventBusArgs:
    """Every event is kept for `archive_days`."""

    description: str
    archive_days: int


class EventBus(ComponentResource):
    """Who may send is said by the senders' own policies; no other account is let in."""

    bus_name: Output[str]
    arn: Output[str]
    archive_name: Output[str]

    def __init__(self, name: str, args: EventBusArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:EventBus", name, {}, opts)
        own = ResourceOptions(parent=self)
        bus = aws.cloudwatch.EventBus(name, description=args.description, opts=own)
        archive = aws.cloudwatch.EventArchive(
            name, event_source_arn=bus.arn, retention_days=args.archive_days, opts=own
        )
        self.bus_name, self.arn, self.archive_name = bus.name, bus.arn, archive.name
        self.register_outputs({"bus": bus.name, "archive": archive.name})
