"""Stops, starts and restarts a service on this machine, and pauses a consumer of events."""

from __future__ import annotations

import datetime as dt
import sys

from botocore.exceptions import BotoCoreError, ClientError
from cyclopts import App

from cluster.names import SERVICES
from cluster.target import saved
from local import desired
from local.desired import Object
from local.errors import LocalError
from local.machine import Machine
from local.supervisor import client
from terminal import clone, kubectl
from terminal.emulated import Emulated

RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""The annotation of a pod template by which `kubectl rollout restart` makes it another one."""
FORMER = "crosscloud.local/replicas"
"""The annotation of a stopped Deployment that has its former number of replicas."""
SECONDS = 120.0
"""Seconds until the pods must be as they should be."""

app = App()


@app.command
def restart(service: str) -> None:
    """Replace the pods of a service one by one, without losing a request.

    Parameters
    ----------
    service
        The service, such as users.
    """
    machine, key, deployment = _deployment(service, "rollout restart")
    if deployment["spec"].get("replicas") == 0:
        raise LocalError(f"{service} is stopped. Start it: `./crosscloud start {service}`")
    template = deployment["spec"]["template"]["metadata"]
    template["annotations"] = {**(template.get("annotations") or {}), RESTARTED: dt.datetime.now(dt.UTC).isoformat()}
    _bring_about(machine, key, deployment)
    sys.stdout.write(f"The pods of {service} are new.\n")


@app.command
def stop(service: str) -> None:
    """End the pods of a service, until `start` or another version of it. Requests to it are answered with 503.

    Parameters
    ----------
    service
        The service, such as users.
    """
    machine, key, deployment = _deployment(service, "scale", "--replicas=0")
    if deployment["spec"].get("replicas") != 0:
        annotations = deployment["metadata"].get("annotations") or {}
        former = str(deployment["spec"].get("replicas", ""))
        deployment["metadata"]["annotations"] = {**annotations, FORMER: former}
        deployment["spec"]["replicas"] = 0
        _bring_about(machine, key, deployment)
    sys.stdout.write(f"{service} is stopped. Start it: ./crosscloud start {service}\n")


@app.command
def start(service: str) -> None:
    """Start the pods of a service that was stopped.

    Parameters
    ----------
    service
        The service, such as users.
    """
    machine, key, deployment = _deployment(service, "scale", "--replicas=1")
    former = (deployment["metadata"].get("annotations") or {}).pop(FORMER, None)
    if former is not None:
        del deployment["spec"]["replicas"]
        deployment["spec"] |= {"replicas": int(former)} if former else {}
        _bring_about(machine, key, deployment)
    sys.stdout.write(f"{service} runs.\n")


@app.command
def pause(consumer: str) -> None:
    """Give a function no more events. They wait: 4 days in the queue of fulfilment, 24 hours in the stream of relay.

    Parameters
    ----------
    consumer
        The function: fulfilment or relay.
    """
    _switch(consumer, on=False)
    sys.stdout.write(f"{consumer} gets no more events. Give it them again: ./crosscloud resume {consumer}\n")


@app.command
def resume(consumer: str) -> None:
    """Give a function its events again.

    Parameters
    ----------
    consumer
        The function: fulfilment or relay.
    """
    _switch(consumer, on=True)
    sys.stdout.write(f"{consumer} gets its events again.\n")


def _deployment(service: str, verb: str, *options: str) -> tuple[Machine, str, Object]:
    """Returns the machine, and the key and the manifest of a service's Deployment.

    Raises LocalError; for services in a cluster, with the command of `kubectl` that does the same.
    """
    machine = clone.machine()
    if target := saved(machine):
        words = [*verb.split(), f"deployment/{service}", *options]
        raise LocalError(f"The services are in a cluster: `{kubectl.command(target, SERVICES, *words)}`")
    if not client.alive(machine):
        raise LocalError("The stack is down. Start it with `make up`.")
    deployments = {
        value["metadata"]["name"]: (key, value)
        for key, value in desired.read_all(machine).items()
        if key.startswith("Deployment/")
    }
    if service not in deployments:
        raise LocalError(f"No service here is called {service!r}. There are {', '.join(sorted(deployments))}.")
    return machine, *deployments[service]


def _bring_about(machine: Machine, key: str, deployment: Object) -> None:
    desired.put(machine, key, deployment)
    desired.wait(machine, key, deployment, timeout=SECONDS)


def _switch(consumer: str, *, on: bool) -> None:
    """Switches the mapping that gives a function its events. Raises LocalError."""
    emulated = Emulated(clone.machine())
    mappings = emulated.events.get("mappings", {})
    if consumer not in mappings:
        raise LocalError(f"No consumer here is called {consumer!r}. There are {', '.join(sorted(mappings)) or 'none'}.")
    try:
        emulated.client("lambda").update_event_source_mapping(UUID=mappings[consumer], Enabled=on)
    except (BotoCoreError, ClientError) as error:
        raise LocalError(f"The emulator does not do it: {error}. `make up` starts it again.") from None
