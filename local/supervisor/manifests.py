"""Kubernetes manifests read strictly: what this machine can't do truthfully is refused, never skipped."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.desired import Object, key_of
from local.errors import LocalError

Objects = Mapping[str, Object]
"""Every object by its key, `Kind/namespace/name`."""


class RefusedError(LocalError):
    """The manifest asks for something that has no truthful equivalent here."""


class MissingError(LocalError):
    """The manifest refers to an object that is not there, or not yet."""


@contextmanager
def wellformed() -> Iterator[None]:
    """Turns what goes wrong in reading a manifest that is no manifest into RefusedError."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise RefusedError(f"The manifest is malformed: {error!r}.") from error


def only(value: Object, allowed: set[str], where: str) -> Object:
    """`value` when it has no other keys. Raises RefusedError."""
    if unknown := sorted(value.keys() - allowed):
        raise RefusedError(
            f"{where}.{unknown[0]} is not supported by the local stack; it knows {', '.join(sorted(allowed))}."
        )
    return value


def of_kind(objects: Objects, kind: str) -> Iterator[tuple[str, Object]]:
    return ((key, value) for key, value in objects.items() if key.startswith(f"{kind}/"))


def find(objects: Objects, kind: str, namespace: str, name: str) -> Object:
    """Raises MissingError."""
    found = objects.get(key_of(kind, namespace, name))
    if found is None:
        place = f" in the namespace {namespace!r}" if namespace else ""
        raise MissingError(f"{kind} {name!r} does not exist{place}.")
    return found


def namespace_of(manifest: Object) -> str:
    return str(manifest["metadata"].get("namespace") or "default")


def entries(holder: Object) -> dict[str, bytes]:
    """The content of a Secret or ConfigMap by key."""
    encoded = "data" if holder["kind"] == "Secret" else "binaryData"
    text = "stringData" if holder["kind"] == "Secret" else "data"
    found = {key: base64.b64decode(value) for key, value in (holder.get(encoded) or {}).items()}
    return found | {key: value.encode() for key, value in (holder.get(text) or {}).items()}


def entry(holder: Object, key: str) -> bytes:
    """Raises MissingError."""
    content = entries(holder)
    if key not in content:
        raise MissingError(f"{holder['kind']} {holder['metadata']['name']!r} has no key {key!r}.")
    return content[key]


def selects(selector: Object, labels: Mapping[str, str], where: str) -> bool:
    """Whether a label selector matches; `matchExpressions` are refused."""
    wanted = only(selector, {"matchLabels"}, where).get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(duration: str, where: str) -> float:
    """`1h30m`, `20s`, `500ms` (https://gateway-api.sigs.k8s.io/geps/gep-2257/). Raises RefusedError."""
    if not re.fullmatch(r"(\d+(h|ms|m|s))+", duration):
        raise RefusedError(f"{where}: {duration!r} is no duration such as 20s or 500ms.")
    return sum(int(amount) * _UNITS[unit] for amount, unit in re.findall(r"(\d+)(h|ms|m|s)", duration))


def tail(path: Path, lines: int = 3) -> str:
    """The last lines of a log file that are not empty, joined by ` | `."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 4096))
            content = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return " | ".join([line.strip() for line in content.splitlines() if line.strip()][-lines:])
