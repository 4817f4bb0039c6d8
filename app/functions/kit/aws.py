"""Clients of AWS, made with the botocore that the Lambda runtime has."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.functions.kit.spans import Spans

CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 3.0
"""Seconds that one attempt may take. DynamoDB and EventBridge answer in milliseconds."""
ATTEMPTS = 3
"""The number of attempts. The SDK makes exponential pauses, and has a budget that an outage uses up
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html)."""

BUDGET = 10.0
"""Seconds after which a request begins no further call. One call takes up to 12 more, and the gateway waits for 30."""

Client = Any
"""A client of botocore, which has no types."""


def client(service: str, environment: Mapping[str, str], spans: Spans | None = None) -> Client:
    """Returns a client of the service, in the region and with the credentials of the environment.

    AWS_ENDPOINT_URL is followed. Its calls are noted in `spans`. Raises KeyError without AWS_REGION.
    """
    from botocore.config import Config  # noqa: PLC0415 - what is tested without AWS needs no SDK

    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
        user_agent_extra="crosscloud",
    )
    made = _session().create_client(service, region_name=environment["AWS_REGION"], config=config)
    if spans is not None:
        from app.functions.kit.aws_spans import note  # noqa: PLC0415 - no function without a collector pays for it

        note(made, spans)
    return made


@functools.cache
def _session() -> Any:
    from botocore.session import get_session  # noqa: PLC0415

    return get_session()
