"""Calls to the AWS emulator for a person who waits: each is made once, and given up after seconds."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from botocore.config import Config

from local.emulator import aws_access
from local.machine import REGION, Machine, read_json
from local.providers.aws.client import session

SECONDS = 3
"""Seconds until a call is given up, unless its caller says otherwise."""


class Emulated:
    """The services of AWS on this machine, and what the program exports of them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def client(self, service: str, *, seconds: float = SECONDS) -> Any:
        """Returns botocore's client of a service; each call is given up after some seconds."""
        once = Config(connect_timeout=1, read_timeout=seconds, retries={"total_max_attempts": 1}, proxies={})
        return session().create_client(service, region_name=REGION, **aws_access(self._machine), config=once)

    @cached_property
    def events(self) -> dict[str, Any]:
        """The program's output `events`; empty where no `up` has come to its end yet."""
        outputs = read_json(self._machine.home / "outputs.json") or {}
        return dict(outputs.get("events", {}))
