"""A bus for the system's events, and an archive from which they can be replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from app.contract.events.types import REBUILD

ReplayNames = Sequence[Mapping[str, Any]]
"""Patterns for the name of the replay that an event comes by
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-event-pattern-operators.html)."""
NO_REBUILD: ReplayNames = ({"exists": False}, {"anything-but": {"prefix": REBUILD}})
"""Events that happen now, and those of replays other than a rebuild."""
ONLY_REBUILD: ReplayNames = ({"prefix": REBUILD},)
"""Events of the replay of a rebuild."""


@dataclass(frozen=True, kw_only=True)
class EventBusArgs:
    description: str
    """The purpose of the bus, a phrase."""
    archive_days: int
    """Days for which every event is kept, to be replayed."""


@dataclass(frozen=True, kw_only=True)
class RuleName:
    """A rule as EventBridge counts for it."""

    bus: Input[str]
    """The name of the rule's bus."""
    rule: Input[str]
    """The rule's name."""


class EventBus(ComponentResource):
    """A bus to which the senders' own policies let them send; no other account is let in."""

    bus_name: Output[str]
    """The bus's name."""
    arn: Output[str]
    """The bus's ARN."""
    archive_name: Output[str]
    """The archive's name."""
    archive_arn: Output[str]
    """The archive's ARN, by which it is replayed."""

    def __init__(self, name: str, args: EventBusArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:EventBus", name, {}, opts)
        own = ResourceOptions(parent=self)
        bus = aws.cloudwatch.EventBus(name, description=args.description, opts=own)
        archive = aws.cloudwatch.EventArchive(
            name, event_source_arn=bus.arn, retention_days=args.archive_days, opts=own
        )
        self.bus_name, self.arn = bus.name, bus.arn
        self.archive_name, self.archive_arn = archive.name, archive.arn
        self.register_outputs({"bus": bus.name, "archive": archive.name})
