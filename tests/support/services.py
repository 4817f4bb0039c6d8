"""The services and functions of the working tree. Tests take their names from here: a new one changes no test."""

from __future__ import annotations

from typing import Any

import yaml

from tests.support.contract import document, operations
from tests.support.program import ROOT


def settings_of(stack: str) -> dict[str, dict[str, Any]]:
    """Returns `crosscloud:services` of the stack's file: settings by the service's name."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    services: dict[str, dict[str, Any]] = config["crosscloud:services"]
    return services


SERVICES = tuple(settings_of("local"))
"""Names of the services in the order of the stack's file."""


def services_of(operation_id: str) -> tuple[str, ...]:
    """Returns the names of the services to which an operation of several parts goes, in the order of the contract."""
    parts = operations(document())[operation_id]["x-orchestration"]["parts"]
    return tuple(part["upstream"] for part in parts.values())


def functions() -> set[str]:
    """Returns the names of the Lambda functions: the folders of `app/functions` that have a handler."""
    return {path.parent.name for path in (ROOT / "app/functions").glob("*/handler.py")}


def upstreams() -> set[str]:
    """Returns the names of the services to which the contract forwards requests."""
    calls = [
        operation["x-orchestration"] for operation in operations(document()).values() if "x-orchestration" in operation
    ]
    return {part["upstream"] for call in calls for part in call.get("parts", {"": call}).values()}


NEW_SERVICE = next(name for name in ("inventory", "stockroom", "warehouse") if name not in SERVICES)
"""The name of a service that `make service` can write here: that of docs/contributing.md, unless there is one."""
