"""The command `debug`: a debugger for Python can be attached to a service or a function, until `--off` ends that.

The debugger is debugpy (https://github.com/microsoft/debugpy), by which VS Code and other editors attach. A service
gets one pod in the place of all, without the probes that would end it while it stands still at a breakpoint. A function
gets a timeout of an hour.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from botocore.exceptions import BotoCoreError, ClientError
from cyclopts import App

from app.contract.dry_run import EVENT
from cluster.target import saved
from local import desired
from local.desired import Object
from local.emulator import debugged
from local.errors import LocalError
from local.free_ports import choose_port, is_free
from local.kubernetes.container import DEBUG_PORT
from local.machine import Machine, read_json, write_json
from local.supervisor import client
from terminal import clone
from terminal.emulated import Emulated
from terminal.status.parts import ALIAS

BEFORE = "crosscloud.local/before-debug"
"""The annotation of a Deployment that was changed for a debugger, with its manifest before."""
START = 60.0
"""Seconds until a pod or a worker must listen."""
SLOW = 20.0
"""Seconds that a function's import may take under a debugger."""

app = App()


@app.default
def debug(name: str, *, port: int | None = None, off: bool = False) -> None:
    """Let a debugger be attached to a service or a function, or with --off put everything back.

    Parameters
    ----------
    name
        The service or the function, such as users or orders.
    port
        TCP port on loopback at which the debugger is attached; a free one where nothing is said.
    off
        Put everything back as it was.
    """
    machine = clone.machine()
    if not client.alive(machine):
        raise LocalError("The stack is down. Start it with `make up`.")
    if port is not None and not (port in range(1024, 65536) and is_free(port)):
        raise LocalError(f"--port must be a free TCP port of this machine, from 1024 to 65535, not {port}.")
    services, functions = _services(machine), _functions(machine)
    if name not in services and name not in functions:
        raise LocalError(
            f"No service or function here is called {name!r}. There are {', '.join(sorted({*services, *functions}))}."
        )
    begin, end = (_begin_service, _end_service) if name in services else (_begin_function, _end_function)
    if off:
        end(machine, name)
        sys.stdout.write(f"{name} runs without a debugger.\n")
        return
    debug_port = dict(ports(machine)).get(name)
    if debug_port is None:
        debug_port = port or choose_port(asdict(machine.ports).values())
        begin(machine, name, debug_port)
    sys.stdout.write(
        f"{name}: attach a debugger to 127.0.0.1:{debug_port}. Put it back: ./crosscloud debug {name} --off\n"
        f"{_snippet(name, debug_port)}\n"
    )


def ports(machine: Machine) -> Iterator[tuple[str, int]]:
    """Yields each service and function to which a debugger can be attached, with the port."""
    for service, (_, deployment) in _deployments(machine).items():
        variables = deployment["spec"]["template"]["spec"]["containers"][0].get("env") or ()
        for variable in variables:
            if variable["name"] == DEBUG_PORT:
                yield service, int(variable["value"])
    yield from _functions_under_debuggers(machine).items()


def _snippet(name: str, port: int) -> str:
    """Returns the entry of VS Code's `.vscode/launch.json`."""
    entry = {"name": name, "type": "debugpy", "request": "attach", "connect": {"host": "127.0.0.1", "port": port}}
    return json.dumps({**entry, "justMyCode": False}, indent=2)


# ---- a service


def _deployments(machine: Machine) -> dict[str, tuple[str, Object]]:
    return {
        value["metadata"]["name"]: (key, value)
        for key, value in desired.read_all(machine).items()
        if key.startswith("Deployment/")
    }


def _services(machine: Machine) -> dict[str, tuple[str, Object]]:
    """Returns the Deployments. Those in a cluster are left alone: there is none then."""
    return {} if saved(machine) else _deployments(machine)


def _begin_service(machine: Machine, name: str, port: int) -> None:
    """Replaces the pods by one that a debugger can be attached to."""
    key, deployment = _deployments(machine)[name]
    if deployment["spec"].get("replicas") == 0:
        raise LocalError(f"{name} is stopped. Start it: `./crosscloud start {name}`")
    changed = copy.deepcopy(deployment)
    annotations = deployment["metadata"].get("annotations") or {}
    changed["metadata"]["annotations"] = {**annotations, BEFORE: json.dumps(deployment)}
    container = changed["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [*(container.get("env") or ()), {"name": DEBUG_PORT, "value": str(port)}]
    for probe in ("readinessProbe", "livenessProbe"):
        container.pop(probe, None)
    desired.put(machine, key, changed)
    desired.wait(machine, key, changed, timeout=START * 2)
    _await(port, name)


def _end_service(machine: Machine, name: str) -> None:
    """Puts the manifest back. One that `up` has written since is left as it is."""
    key, deployment = _deployments(machine)[name]
    before = (deployment["metadata"].get("annotations") or {}).get(BEFORE)
    if before:
        restored: Object = json.loads(before)
        desired.put(machine, key, restored)
        desired.wait(machine, key, restored, timeout=START * 2)


# ---- a function


def _functions(machine: Machine) -> list[str]:
    try:
        pages = Emulated(machine).client("lambda").get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"The emulator does not answer: {error}. `make up` starts it again.") from None


def _functions_under_debuggers(machine: Machine) -> dict[str, int]:
    """Returns the port of each function to which a debugger can be attached."""
    return dict(read_json(debugged(machine)) or {})


def _begin_function(machine: Machine, name: str, port: int) -> None:
    """Gives a function another worker, which a debugger can be attached to, and starts that with a dry event."""
    write_json(debugged(machine), {**_functions_under_debuggers(machine), name: port})
    _call(machine, name)
    _await(port, name)


def _end_function(machine: Machine, name: str) -> None:
    """Ends the worker under the debugger; a dry event makes the emulator look."""
    others = {key: value for key, value in _functions_under_debuggers(machine).items() if key != name}
    write_json(debugged(machine), others)
    _call(machine, name)


def _call(machine: Machine, name: str) -> None:
    """Calls a function with a dry event. Raises LocalError."""
    try:
        Emulated(machine).client("lambda", seconds=SLOW).invoke(
            FunctionName=name, Qualifier=ALIAS, Payload=json.dumps(EVENT)
        )
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"{name} does not answer a dry event: {error}. `./crosscloud debug {name} --off` puts everything back."
        ) from None


def _await(port: int, name: str) -> None:
    """Waits until somebody listens at the port. Raises LocalError."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        if not is_free(port):  # a connection would begin a session of the debugger
            return
        time.sleep(0.1)
    raise LocalError(
        f"No debugger listens at 127.0.0.1:{port} after {START:g} s. `./crosscloud logs --service {name}` may say why; "
        f"`./crosscloud debug {name} --off` puts everything back."
    )
