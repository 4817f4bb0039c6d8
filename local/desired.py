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

from local.errors import ProviderError
from local.machine import Machine, write_json

Object = dict[str, Any]


def key_of(kind: str, namespace: str, name: str) -> str:
    """`Deployment/shop/users`; cluster-wide objects and the gateway's stage have the namespace `-`."""
    return f"{kind}/{namespace or '-'}/{name}"


def path_of(machine: Machine, key: str) -> Path:
    return machine.objects / f"{key}.json"


def digest_of(value: Object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def put(machine: Machine, key: str, value: Object) -> None:
    write_json(path_of(machine, key), value)


def remove(machine: Machine, key: str) -> None:
    path_of(machine, key).unlink(missing_ok=True)


def get(machine: Machine, key: str) -> Object | None:
    try:
        value: Object = json.loads(path_of(machine, key).read_text())
    except FileNotFoundError:
        return None
    return value


def read_all(machine: Machine) -> dict[str, Object]:
    """Every object by key, in a stable order."""
    found: dict[str, Object] = {}
    for path in sorted(machine.objects.glob("*/*/*.json")):
        if not path.name.startswith("."):
            found[str(path.relative_to(machine.objects).with_suffix(""))] = json.loads(path.read_text())
    return found


def read_status(machine: Machine) -> dict[str, Any]:
    try:
        status: dict[str, Any] = json.loads((machine.run / "status.json").read_text())
    except FileNotFoundError:
        return {}
    return status


def wait(
    machine: Machine,
    key: str,
    value: Object | None,
    *,
    states: Collection[str] = ("ready",),
    timeout: float = 60.0,
) -> None:
    """Until the supervisor reports `key` in one of the states with this content (None: gone).

    Raises ProviderError when it reports a failure for this content, or after `timeout` seconds.
    """
    wanted = digest_of(value) if value is not None else None
    end = time.monotonic() + timeout
    seen: dict[str, Any] = {}
    while time.monotonic() < end:
        seen = read_status(machine).get("observed", {}).get(key) or {}
        if wanted is None and not seen:
            return
        if wanted is not None and seen.get("digest") == wanted:
            if seen["state"] in states:
                return
            if seen["state"] == "failed":
                raise ProviderError(f"{key}: {seen['message']}")
        time.sleep(0.02)
    raise ProviderError(
        f"{key}: not ready after {timeout:.0f} s ({seen.get('message') or 'the supervisor has not seen it'})"
    )
