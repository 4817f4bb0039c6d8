"""The example request of the README, which `up` sends at its end and shows with its answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from api_docs import page
from local import issuer
from local.machine import Machine
from local.up import Display
from terminal.caller import Caller, new_request_id

CUSTOMER = "123"
"""The user who asks, and who is asked for: the seeds of the databases know this one."""
BODY = '{"user_id": "123"}'
SCOPE = "users:read"


@dataclass(frozen=True, kw_only=True)
class Example:
    """The request that was sent, with its answer."""

    machine: Machine
    token: str
    request_id: str
    status: int
    body: str

    @property
    def documentation(self) -> str:
        """The address of the API's documentation."""
        return f"{self.machine.endpoint_url}{page.PATH}"

    @property
    def curl(self) -> str:
        """The request as a command that any shell takes."""
        machine = self.machine
        words = ["curl", "--cacert", str(machine.home / "ca.crt"), f"{machine.endpoint_url}/users"]
        words += ["-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {self.token}", "-d", BODY]
        return shlex.join(words)

    @property
    def trace(self) -> str:
        """The command that shows the log lines of every hop of the request."""
        return f"./crosscloud logs --request-id {self.request_id}"

    def show(self, console: Console) -> None:
        """Prints the endpoint, the request as a command to paste, the answer, and a command that shows its way."""
        console.print(f"\n[bold]{self.machine.endpoint_url}[/bold]  API docs: {self.documentation}\n")
        console.print(self.curl, markup=False, highlight=False, soft_wrap=True)
        console.print(f"\n{self.status} {self.body}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"\n{self.trace}", markup=False, highlight=False, soft_wrap=True)

    def as_json(self, changes: Mapping[str, int]) -> dict[str, Any]:
        """Returns the same for programs, with the numbers of resources by what became of them."""
        return {
            "endpoint": self.machine.endpoint_url,
            "documentation": self.documentation,
            "authority": str(self.machine.home / "ca.crt"),
            "changes": dict(changes),
            "example": {"command": self.curl, "status": self.status, "body": self.body, "trace": self.trace},
        }


def send(machine: Machine, display: Display) -> Example:
    """Sends the request. Raises LocalError when there is no answer, or it is a failure."""
    token = issuer.token(machine, issuer.customer(CUSTOMER), scope=SCOPE)
    name = new_request_id("example")
    headers = {"Content-Type": "application/json", "X-Request-Id": name}
    with display.phase("example request"):
        answer = Caller(machine, token).send("POST", "/users", body=BODY, headers=headers)
    body = answer.data.decode(errors="replace")
    return Example(machine=machine, token=token, request_id=name, status=answer.status, body=body)
