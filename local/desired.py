"""Desired state between the providers and the supervisor: one JSON file per object, reconciled level by level.

A provider writes or removes an object and waits until the supervisor has observed exactly that content. The supervisor
reports in `run/status.json` under `observed`, keyed like the object: the content's digest, a state and a message.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from local.errors import LocalError, ProviderError
from local.machine import Machine, read_json, write_json
from local.processes.process import adopt_recorded

Object = dict[str, Any]
_LIVENESS = 1.0
"""Seconds between two looks of who waits whether the supervisor lives."""


def key_of(kind: str, namespace: str, name: str) -> str:
    """Returns `Deployment/shop/users`; cluster-wide objects and the gateway's stage have the namespace `-`."""
    return f"{kind}/{namespace or '-'}/{name}"


def path_of(machine: Machine, key: str) -> Path:
    """Returns the object's file."""
    return machine.objects / f"{key}.json"


def digest_of(value: Object) -> str:
    """Returns the digest by which the supervisor names the content that it has observed."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def put(machine: Machine, key: str, value: Object) -> None:
    """Writes an object."""
    write_json(path_of(machine, key), value)


def remove(machine: Machine, key: str) -> None:
    """Removes an object, if there is one."""
    path_of(machine, key).unlink(missing_ok=True)


def get(machine: Machine, key: str) -> Object | None:
    """Returns an object, or None when there is none. Raises LocalError when its file is damaged."""
    path = path_of(machine, key)
    try:
        value: Object | None = read_json(path)
    except ValueError as error:
        raise LocalError(
            f"{path} is damaged: it is no JSON. Remove it; `./crosscloud up --repair` then makes it anew."
        ) from error
    return value


def read_all(machine: Machine) -> dict[str, Object]:
    """Returns every object by key, in a stable order. Raises LocalError when a file is damaged."""
    objects: dict[str, Object] = {}
    for path in sorted(machine.objects.glob("*/*/*.json")):
        key = str(path.relative_to(machine.objects).with_suffix(""))
        if not path.name.startswith(".") and (value := get(machine, key)) is not None:  # it may go meanwhile
            objects[key] = value
    return objects


def read_status(machine: Machine) -> dict[str, Any]:
    """Returns what the supervisor reports; nothing before its first report."""
    return read_json(machine.run / "status.json") or {}


def wait(
    machine: Machine,
    key: str,
    value: Object | None,
    *,
    states: Collection[str] = ("ready",),
    timeout: float = 60.0,
) -> None:
    """Waits until the supervisor reports `key` in one of the states with this content (None: gone).

    Raises ProviderError when it reports a failure for this content, when it has ended, or after `timeout` seconds.
    """
    digest = digest_of(value) if value is not None else None
    end = time.monotonic() + timeout
    observed: dict[str, Any] = {}
    look_again = time.monotonic() + _LIVENESS
    while time.monotonic() < end:
        status = read_status(machine)
        observed = status.get("observed", {}).get(key) or {}
        if digest is None and not observed:
            return
        if digest is not None and observed.get("digest") == digest:
            if observed["state"] in states:
                return
            if observed["state"] == "failed":
                raise ProviderError(f"{key}: {observed['message']}")
        if time.monotonic() > look_again:
            look_again += _LIVENESS
            if (supervisor := status.get("supervisor")) and adopt_recorded(supervisor) is None:
                raise ProviderError(f"{key}: the supervisor has ended, so nobody brings it about. `make up` starts it.")
        time.sleep(0.02)
    raise ProviderError(
        f"{key}: not ready after {timeout:.0f} s ({observed.get('message') or 'the supervisor has not seen it'})"
    )
