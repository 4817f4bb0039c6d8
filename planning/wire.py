"""Values as they travel between the program and its engine: plain JSON, with marked secrets, archives and unknowns.

The marks are Pulumi's own (https://github.com/pulumi/pulumi/blob/master/sdk/python/lib/pulumi/runtime/rpc.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2

from planning.errors import PlanningError

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public mark, not a secret
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Wire = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A file of the program (Lambda zip), compared by its content."""

    path: Path
    sha256: str


def decode(message: struct_pb2.Struct) -> Wire:
    """Returns a protobuf Struct as a dict without null values, which mean absent; whole floats become ints."""
    value = _normal(json_format.MessageToDict(message))
    return value if isinstance(value, dict) else {}


def encode(value: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(value), struct_pb2.Struct())


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def secret(value: Any) -> Wire:
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def holds_secret(value: Any) -> bool:
    """Returns whether a secret lies anywhere in the value."""
    if isinstance(value, dict):
        return is_secret(value) or any(map(holds_secret, value.values()))
    return isinstance(value, list) and any(map(holds_secret, value))


def holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    return value == UNKNOWN or (isinstance(value, list) and any(map(holds_unknown, value)))


def plain(value: Any) -> Any:
    """Returns the value without marks: secrets in clear, references to resources as ids, archives as `Archive`."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get(SIGNATURE):
        case None:
            return {key: plain(item) for key, item in value.items()}
        case signature if signature == SECRET:
            return plain(value.get("value"))
        case signature if signature == RESOURCE:
            return value.get("id") or value["urn"]
        case signature if signature in (ARCHIVE, ASSET) and "path" in value:
            path = Path(value["path"]).resolve()
            return Archive(path=path, sha256=value.get("hash") or file_digest(path))
        case _:
            raise PlanningError(
                "The local stack takes archives and assets that are files (pulumi.FileArchive, pulumi.FileAsset) only."
            )


def pinned(value: Any) -> Any:
    """Returns the value with a digest in every archive and asset: they compare by content and not by path."""
    if isinstance(value, list):
        return [pinned(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) in (ARCHIVE, ASSET) and "path" in value:
        return {**value, "hash": file_digest(Path(value["path"]).resolve())}
    return {key: pinned(item) for key, item in value.items()}


def file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PlanningError(f"The program names the archive {path}, which can't be read: {error.strerror}.") from error
