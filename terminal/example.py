"""The example request of the README, which `up` sends at its end and shows with its answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from rich.console import Console

from local import documentation, issuer
from local.errors import LocalError
from local.machine import Machine
from local.up import Display

CUSTOMER = "123"
"""The user who asks, and who is asked for: the seeds of the databases know this one."""
BODY = '{"user_id": "123"}'
SCOPE = "users:read"
SECONDS = 30
"""Seconds that the answer may take, as at the gateway."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """The request that was sent, with its answer."""

    machine: Machine
    token: str
    status: int
    body: str

    @property
    def documentation(self) -> str:
        """The address of the API's documentation."""
        return f"{self.machine.endpoint_url}{documentation.PATH}"

    @property
    def curl(self) -> str:
        """The request as a command that any shell takes."""
        machine = self.machine
        words = ["curl", "--cacert", str(machine.home / "ca.crt"), f"{machine.endpoint_url}/users"]
        words += ["-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {self.token}", "-d", BODY]
        return shlex.join(words)

    def show(self, console: Console) -> None:
        """Prints the endpoint, the request as a command to paste, and the answer."""
        console.print(f"\n[bold]{self.machine.endpoint_url}[/bold]  API docs: {self.documentation}\n")
        console.print(self.curl, markup=False, highlight=False, soft_wrap=True)
        console.print(f"\n{self.status} {self.body}", markup=False, highlight=False, soft_wrap=True)

    def as_json(self, changes: Mapping[str, int]) -> dict[str, Any]:
        """Returns the same for programs, with the numbers of resources by what became of them."""
        return {
            "endpoint": self.machine.endpoint_url,
            "documentation": self.documentation,
            "authority": str(self.machine.home / "ca.crt"),
            "changes": dict(changes),
            "example": {"command": self.curl, "status": self.status, "body": self.body},
        }


def send(machine: Machine, display: Display) -> Example:
    """Sends the request. Raises LocalError when there is no answer, or another one than that of the README."""
    with display.phase("example request"):
        token = issuer.token(machine, issuer.customer(CUSTOMER), scope=SCOPE)
        status, body = _send(machine, token)
    return Example(machine=machine, token=token, status=status, body=body)


def _send(machine: Machine, token: str) -> tuple[int, str]:
    http = urllib3.PoolManager(ca_certs=str(machine.home / "ca.crt"), retries=False, timeout=SECONDS)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        response = http.request("POST", f"{machine.endpoint_url}/users", body=BODY, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        raise LocalError(f"The example request got no answer: {error}. See `./crosscloud logs`.") from None
    body = response.data.decode(errors="replace")
    if response.status != 200:
        raise LocalError(f"The example request was answered with {response.status} {body}. See `./crosscloud logs`.")
    return response.status, body
