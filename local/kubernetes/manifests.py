"""Kubernetes manifests: finding one, reading what it holds, and the two errors that say what is wrong with one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.desired import Object, key_of
from local.errors import LocalError

Objects = Mapping[str, Object]
"""Every object by its key, `Kind/namespace/name`."""


class RefusedError(LocalError):
    """A manifest asks for something that the local stack can't do truthfully."""


class MissingError(LocalError):
    """A manifest refers to an object that is not there, or not there yet."""


@contextmanager
def wellformed() -> Iterator[None]:
    """Turns what goes wrong in reading a manifest into RefusedError."""
    try:
        yield
    except KeyError as error:
        raise RefusedError(f"The field {error} is missing; the local stack needs it.") from error
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise RefusedError(f"The manifest is malformed: {error!r}.") from error


def of_kind(objects: Objects, kind: str) -> Iterator[tuple[str, Object]]:
    return ((key, value) for key, value in objects.items() if key.startswith(f"{kind}/"))


def find(objects: Objects, kind: str, namespace: str, name: str) -> Object:
    """Returns the object of that name. Raises MissingError."""
    if match := objects.get(key_of(kind, namespace, name)):
        return match
    place = f" in the namespace {namespace!r}" if namespace else ""
    raise MissingError(f"{kind} {name!r} does not exist{place}.")


def name_of(manifest: Object) -> str:
    return str(manifest["metadata"]["name"])


def namespace_of(manifest: Object) -> str:
    return str(manifest["metadata"].get("namespace") or "default")


def key_of_manifest(manifest: Object) -> str:
    return key_of(manifest["kind"], manifest["metadata"].get("namespace", ""), name_of(manifest))


def entries(holder: Object) -> dict[str, bytes]:
    """Returns the content of a Secret or ConfigMap by its keys."""
    encoded, text = ("data", "stringData") if holder["kind"] == "Secret" else ("binaryData", "data")
    decoded = {key: base64.b64decode(value) for key, value in (holder.get(encoded) or {}).items()}
    return decoded | {key: value.encode() for key, value in (holder.get(text) or {}).items()}


def entry(holder: Object, key: str) -> bytes:
    """Returns one content of a Secret or ConfigMap. Raises MissingError."""
    content = entries(holder)
    if key not in content:
        raise MissingError(f"{holder['kind']} {name_of(holder)!r} has no key {key!r}.")
    return content[key]


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Says whether a label selector matches."""
    return (selector.get("matchLabels") or {}).items() <= labels.items()


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def is_duration(value: object) -> bool:
    """Says whether a value is a duration such as `1h30m` (https://gateway-api.sigs.k8s.io/geps/gep-2257/)."""
    return isinstance(value, str) and re.fullmatch(r"([0-9]+(h|ms|m|s))+", value) is not None


def in_seconds(value: Any) -> Any:
    """Returns a part of a manifest with its durations as Envoy writes them: `5400s` for `1h30m`."""
    if isinstance(value, dict):
        return {name: in_seconds(content) for name, content in value.items()}
    if is_duration(value):
        return f"{sum(int(n) * _UNITS[unit] for n, unit in re.findall('([0-9]+)(h|ms|m|s)', value)):g}s"
    return value
