"""The mapping by which messages of a queue become calls of a function."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.aws.function import Function
from components.aws.queue import Queue


@dataclass(frozen=True, kw_only=True)
class QueueSourceArgs:
    queue: Queue
    """The queue whose messages are taken."""
    function: Function
    """The function that is called."""
    max_concurrency: int
    """Calls at a time: what the function calls in its turn gets no more than that. 2 is the least that Lambda takes."""
    batch_size: int = 10
    """Messages of one call, at most."""
    batching_window: int = 0
    """Seconds to wait for more messages."""


class QueueSource(ComponentResource):
    """A mapping whose function answers with the messages that failed (`batchItemFailures`).

    They alone come again, the others are deleted.
    """

    mapping_id: Output[str]
    """The mapping's id."""

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
