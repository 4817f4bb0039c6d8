"""The example request of the README, which `up` sends at its end and shows with its answer."""

from __future__ import annotations

import shlex

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


def show(machine: Machine, console: Console, display: Display) -> None:
    """Sends the request, and prints the endpoint, the request as a command to paste, and the answer.

    Raises LocalError when there is no answer, or another one than that of the README.
    """
    with display.phase("example request"):
        token = issuer.token(machine, issuer.customer(CUSTOMER), scope=SCOPE)
        status, body = _send(machine, token)
    console.print(f"\n[bold]{machine.endpoint_url}[/bold]  API docs: {machine.endpoint_url}{documentation.PATH}\n")
    console.print(_curl(machine, token), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{status} {body}", markup=False, highlight=False, soft_wrap=True)


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


def _curl(machine: Machine, token: str) -> str:
    """Returns the request as a command that any shell takes."""
    words = ["curl", "--cacert", str(machine.home / "ca.crt"), f"{machine.endpoint_url}/users"]
    words += ["-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {token}", "-d", BODY]
    return shlex.join(words)
