"""`python -m local up`: starts the processes, applies the program, sends the example request, and times each phase."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import pulumi
import urllib3
from rich.console import Console

from local import desired, documentation, issuer
from local.emulator import aws_access
from local.engine import Engine
from local.errors import LocalError
from local.machine import Machine, write_json
from local.progress import Progress
from local.provider import Package
from local.providers import aws, azure, docker, kubernetes, values
from local.state import State
from local.supervisor import client
from planning.run import run_program
from planning.wire import plain

STACK = "local"
EXAMPLE_CUSTOMER = "123"
EXAMPLE_BODY = '{"user_id": "123"}'
EXAMPLE_SCOPE = "users:read"


class Platform(Protocol):
    """The place of everything that is not AWS's: this machine, or a cluster."""

    modules: Sequence[str]
    """The modules of the system processes in the order of their start."""

    def packages(self) -> list[Package]:
        """Returns the providers of what is there."""

    def config(self) -> Mapping[str, object]:
        """Returns the configuration that is laid over the stack's file, by full keys."""

    def settle(self) -> None:
        """Returns when all that the program has made there is ready."""


class ThisMachine:
    """Pods are processes, and the ingress is one of them."""

    modules: Sequence[str] = client.MODULES

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def packages(self) -> list[Package]:
        return [module.package(self._machine) for module in (azure, docker, kubernetes)]

    def config(self) -> Mapping[str, object]:
        return self._machine.config

    def settle(self) -> None:
        """Has nothing to wait for: pods and routes are objects as all others here."""


def up(machine: Machine, console: Console, platform: Platform | None = None) -> None:
    """Starts the stack or brings it up to date, by default on this machine alone.

    Raises LocalError with every failure of the program.
    """
    platform = platform or ThisMachine(machine)
    with _only_one(machine):
        with _phase(console, "processes"):
            client.ensure(machine, platform.modules)
        apply(machine, console, platform)
        documentation.publish(machine)
        with _phase(console, "pods and routes"):
            platform.settle()
            for key, value in desired.read_all(machine).items():
                desired.wait(machine, key, value)
        with _phase(console, "example request"):
            status, body = example(machine)
    console.print(f"\n[bold]{machine.endpoint_url}[/bold]  API docs: {machine.endpoint_url}{documentation.PATH}\n")
    console.print(curl(machine), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{status} {body}", markup=False, highlight=False, soft_wrap=True)


def apply(machine: Machine, console: Console, platform: Platform) -> None:
    """Runs the program and deletes what it no longer declares.

    Raises LocalError with its failure, or with those of its resources.
    """
    progress = Progress(console)
    packages = [aws.package(machine), values.package(machine), *platform.packages()]
    engine = Engine(State(machine.state_file), packages, progress)
    with _phase(console, "program"):
        try:
            run_program(machine.root, STACK, engine, preview=False, config=platform.config())
            engine.finish()
        except pulumi.RunError as error:
            raise LocalError(str(error)) from error
        except Exception:
            if engine.failures:
                raise LocalError("\n".join(engine.failures)) from None
            raise
        finally:
            progress.append_to(machine.logs / "changes.jsonl")
        write_json(machine.home / "outputs.json", plain(engine.stack_outputs))
        write_json(machine.home / "aws.json", aws_access(machine))
    console.print(f"  {progress.summary()}", highlight=False)


def example(machine: Machine) -> tuple[int, str]:
    """Sends the README's request through the public endpoint and returns the answer's status and body.

    Raises LocalError when there is no answer, or another one than that of the README.
    """
    http = urllib3.PoolManager(ca_certs=str(machine.home / "ca.crt"), retries=False, timeout=30)
    headers = {"Authorization": f"Bearer {_token(machine)}", "Content-Type": "application/json"}
    try:
        response = http.request("POST", f"{machine.endpoint_url}/users", body=EXAMPLE_BODY, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        raise LocalError(f"The example request got no answer: {error}. See `python -m local logs`.") from None
    body = response.data.decode(errors="replace")
    if response.status != 200:
        raise LocalError(f"The example request was answered with {response.status} {body}. See `python -m local logs`.")
    return response.status, body


def curl(machine: Machine) -> str:
    """Returns the example request as a command to paste."""
    return (
        f"curl --cacert {machine.home / 'ca.crt'} {machine.endpoint_url}/users "
        f"-H 'Content-Type: application/json' -H 'Authorization: Bearer {_token(machine)}' -d '{EXAMPLE_BODY}'"
    )


def _token(machine: Machine) -> str:
    return issuer.token(machine, issuer.customer(EXAMPLE_CUSTOMER), scope=EXAMPLE_SCOPE)


@contextmanager
def _phase(console: Console, name: str) -> Iterator[None]:
    started = time.monotonic()
    with console.status(name):
        yield
    console.print(f"[bold]{name}[/bold] {time.monotonic() - started:.1f} s", highlight=False)


@contextmanager
def _only_one(machine: Machine) -> Iterator[None]:
    """Holds the clone's lock, as long as the process lives: two runs at a time would undo each other's work."""
    path = machine.run / "up.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LocalError("Another `make up` of this clone is running. Wait for its end, or stop it.") from None
        yield
