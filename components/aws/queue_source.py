"""Messages of a queue as calls of a function."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.function import Function
from components.aws.queue import Queue


@dataclass(frozen=True, kw_only=True)
class QueueSourceArgs:
    """At most `max_concurrency` calls at a time, each of up to `batch_size` messages: what the function calls in its
    turn gets no more than that. 2 is the least that Lambda takes."""

    queue: Queue
    function: Function
    max_concurrency: int
    batch_size: int = 10
    batching_window: int = 0


class QueueSource(ComponentResource):
    """The function answers with the messages that failed (`batchItemFailures`): they alone come again, the others are
    deleted."""

    mapping_id: Output[str]

    def __init__(self, name: str, args: QueueSourceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:aws:QueueSource", name, {}, opts)
        mapping = aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=args.queue.arn,
            function_name=Output.concat(args.function.function_name, ":", args.function.alias),
            batch_size=args.batch_size,
            maximum_batching_window_in_seconds=args.batching_window,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(maximum_concurrency=args.max_concurrency),
            opts=ResourceOptions(parent=self),
        )
        self.mapping_id = mapping.uuid
        self.register_outputs({"mapping": mapping.uuid})
