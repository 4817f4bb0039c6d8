"""The mapping by which changes of a table become calls of a function, in order per item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.dead_letter_queue import DeadLetterQueue
from components.aws.function import Function
from components.aws.table import Table

MAX_AGE = 22 * 3600
"""Seconds after which a batch that fails is given up. The stream forgets after 24 hours: two are left to look at the
records that the dead-letter queue tells of."""


@dataclass(frozen=True, kw_only=True)
class StreamSourceArgs:
    table: Table
    """The table, which has a stream."""
    function: Function
    """The function that is called."""
    dead_letters: DeadLetterQueue
    """The queue that gets shard and sequence numbers of a batch that was given up; it does not get the records."""
    filters: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    """Event patterns over a record of the stream, of which one must match. Default: every record counts."""
    batch_size: int = 10
    """Records of one call, at most."""


class StreamSource(ComponentResource):
    """A mapping whose function raises when a record could not be worked on.

    The batch then comes again, halved, until it has passed or is too old: the function must bear repetition. There is
    no limit of tries: an outage of what the function calls may last, and records that wait in the stream are not lost.
    A record that can never pass is the function's to put aside.

    A function that reported failed items instead would lose them on the emulator, which ignores such a report.
    """

    mapping_id: Output[str]
    """The mapping's id."""

    def __init__(self, name: str, args: StreamSourceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:StreamSource", name, {}, opts)
        filters = [
            aws.lambda_.EventSourceMappingFilterCriteriaFilterArgs(pattern=json.dumps(pattern))
            for pattern in args.filters
        ]
        mapping = aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=args.table.stream_arn,
            function_name=Output.concat(args.function.function_name, ":", args.function.alias),
            # Not LATEST: what was written before the mapping was there is worked on too.
            starting_position="TRIM_HORIZON",
            batch_size=args.batch_size,
            maximum_retry_attempts=-1,
            maximum_record_age_in_seconds=MAX_AGE,
            bisect_batch_on_function_error=True,
            destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
                on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(
                    destination_arn=args.dead_letters.arn
                )
            ),
            filter_criteria=aws.lambda_.EventSourceMappingFilterCriteriaArgs(filters=filters) if filters else None,
            opts=ResourceOptions(parent=self),
        )
        self.mapping_id = mapping.uuid
        self.register_outputs({"mapping": mapping.uuid})
