"""The reasons why a stack is not well, one sentence each."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from socket import create_connection
from typing import Any

from local.desired import key_of
from local.machine import Machine
from local.processes.process import log_tail
from local.state import State
from planning.wire import plain
from terminal import debugging
from terminal.status.parts import Row

Status = Mapping[str, Any]
"""The supervisor's own report."""
LISTED = {
    "aws:lambda/function:Function": "functions",
    "aws:sqs/queue:Queue": "queues",
    "aws:dynamodb/table:Table": "tables",
}
"""The section of the report that lists a type's resources."""


def why_down(machine: Machine, status: Status, left: int) -> Iterable[str]:
    """Yields why nothing looks after the stack, if that is not what somebody has asked for."""
    if status:
        log = machine.logs / "supervisor.log"
        yield f"The supervisor has ended, and was not asked to. Its log {log} ends: {log_tail(log, 1, machine.root)}"
    if left:
        yield f"{left} of its processes go on alone. `make up` looks after them again, and `make down` ends them."


def processes(status: Status) -> Iterable[str]:
    for process in status.get("processes", []):
        if process["state"] != "ready":
            yield f"{process['name']} is {process['state']}: {process['message'] or 'it is not ready yet'}"


def deployments(deployments: Iterable[Row], status: Status) -> Iterable[str]:
    for each in deployments:
        observed = status.get("observed", {}).get(key_of("Deployment", each["namespace"], each["name"]), {})
        each |= {"state": observed.get("state"), "message": observed.get("message")}
        if each["desired"] == 0 and observed.get("state") == "ready":
            yield stopped(each["name"])
        elif each["ready"] < each["desired"] or observed.get("state") == "failed":
            reason = observed.get("message") or f"{each['ready']} of {each['desired']} pods are ready."
            yield f"{each['name']}: {reason}"


def stopped(service: str) -> str:
    return f"{service} is stopped. Start it: `./crosscloud start {service}`"


def objects(status: Status) -> Iterable[str]:
    """Yields why other objects don't take effect. A HorizontalPodAutoscaler has the reason of its Deployment."""
    for key, observed in status.get("observed", {}).items():
        if observed["state"] == "failed" and key.split("/")[0] not in ("Deployment", "HorizontalPodAutoscaler"):
            yield f"{key}: {observed['message']}"


def endpoint(machine: Machine, status: Status) -> Iterable[str]:
    """Yields what is wrong with the public port: nobody answers there, or somebody else does."""
    envoy = next((each for each in status.get("processes", []) if each["name"] == "envoy"), {"state": "ready"})
    if envoy["state"] != "ready":
        return
    port = machine.ports.endpoint
    context = ssl.create_default_context(cafile=str(machine.home / "ca.crt"))
    try:
        with create_connection(("127.0.0.1", port), timeout=2) as plain:
            context.wrap_socket(plain, server_hostname="localhost").close()
    except ssl.SSLCertVerificationError:
        yield f"Port {port} is answered by something else than this stack: its certificate is not of .local/ca.crt."
    except OSError as error:
        yield f"Port {port} does not answer: {error}."


def functions(functions: Iterable[Row]) -> Iterable[str]:
    for each in functions:
        if each["version"] is None:
            yield f"{each['name']}: no version has its calls."
        elif each["newest"] != each["version"]:
            yield f"{each['name']}: version {each['version']} has the calls, and the newer {each['newest']} has none."


def unfinished(machine: Machine) -> Iterable[str]:
    """Yields which steps the last `up` did not come to the end of."""
    if machine.state_file.exists():
        unfinished = [entry.name for entry in State(machine.state_file) if entry.custom and entry.status != "ready"]
        if unfinished:
            yield f"The last `up` has not finished {', '.join(unfinished)}. `make up` goes on, or says why it can't."


def missing(machine: Machine, sections: Mapping[str, list[Row]]) -> Iterable[str]:
    """Yields which functions, queues and tables `up` has made and the emulator no longer has."""
    if not machine.state_file.exists():
        return
    for entry in State(machine.state_file):
        kind = LISTED.get(entry.type, "")
        if kind not in sections or entry.status != "ready":
            continue
        name = plain(entry.outputs)["name"]
        if name not in {row["name"] for row in sections[kind]}:
            yield (
                f"{name}, one of the {kind}, is gone: somebody has deleted it. `./crosscloud drift` shows all that "
                "differs, and `./crosscloud up --repair` makes it anew."
            )


def debugged(machine: Machine) -> Iterable[str]:
    for name, port in debugging.ports(machine):
        yield f"{name} waits for a debugger at 127.0.0.1:{port}. Put it back: `./crosscloud debug {name} --off`"


def notes(sections: Mapping[str, list[Row]]) -> Iterable[str]:
    for each in sections.get("queues", []):
        if (name := each["dead_letters_of"]) and (waiting := each["waiting"] + each["in_work"]):
            yield f"{name} has {waiting} dead letter{'s' * (waiting != 1)}: `./crosscloud events dlq --stack local`"
    yield from paused(sections.get("functions", []))


def paused(functions: Iterable[Row]) -> Iterable[str]:
    for each in functions:
        if each.get("events") == "Disabled":
            yield f"{each['name']} is paused: `./crosscloud resume {each['name']}`"
