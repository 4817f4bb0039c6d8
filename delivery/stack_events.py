"""The events of one stack as its program exports them, in its AWS account or in the emulator of this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from delivery.commands import DeliveryError, Run, answer_of, run

LOCAL = "local"
"""The stack of this machine."""
HOME = Path(__file__).resolve().parents[1] / ".local"
"""The folder in which the stack of this machine keeps its program's exports and the access to its emulator."""

_OF_NOBODY = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""The variables of a session that knows nothing of the user's own profiles, for the emulator."""

Client = Any
"""A client of botocore, which has no types."""


@dataclass(frozen=True, kw_only=True)
class StackEvents:
    """The bus, the queues and the functions of one stack."""

    exported: Mapping[str, Any]
    """The output `events` of the program: `components.commerce.Commerce.events`."""
    access: Mapping[str, str]
    """The arguments of botocore's clients besides the region: endpoint and key of the emulator. Empty for AWS, whose
    credentials are found as every tool of AWS finds them."""

    def client(self, service: str) -> Client:
        """Returns a client of an AWS service in the region of the stack's bus."""
        return self._session.create_client(service, region_name=self.exported["bus"].split(":")[3], **self.access)

    def chosen(self, kind: str, name: str | None) -> dict[str, Any]:
        """Returns the members of `dead_letters`, `mappings` or `rules`, or the one with this name.

        Raises DeliveryError.
        """
        members: dict[str, Any] = self.exported[kind]
        if name is not None and name not in members:
            words = kind.replace("_", " ")
            raise DeliveryError(f"The stack has no {words} {name!r}; it has {', '.join(sorted(members))}.")
        return members if name is None else {name: members[name]}

    @cached_property
    def _session(self) -> Any:
        from botocore.session import Session  # noqa: PLC0415 - other commands of the delivery need no SDK

        return Session(_OF_NOBODY if self.access else None)


def open_stack(stack: str, *, run: Run = run, home: Path = HOME) -> StackEvents:
    """Returns the events of a stack. Raises DeliveryError when the stack is not deployed or not up to date."""
    if stack == LOCAL:
        exported, access = _of_this_machine(home)
    else:
        exported = answer_of(run, ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"])
        access = {}
    if "events" not in exported:
        command = "make up" if stack == LOCAL else f"pulumi up --stack {stack}"
        raise DeliveryError(f"The stack {stack} does not say where its events are. Bring it up to date: `{command}`.")
    return StackEvents(exported=exported["events"], access=access)


def _of_this_machine(home: Path) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        return json.loads((home / "outputs.json").read_text()), json.loads((home / "aws.json").read_text())
    except FileNotFoundError as error:
        raise DeliveryError(f"There is no {error.filename}: start the local stack with `make up`.") from None
