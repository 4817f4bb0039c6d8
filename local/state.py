"""The state: what this machine has, one entry per resource, saved after every step, secrets encrypted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from cryptography.fernet import Fernet, InvalidToken

from local.errors import LocalError
from local.machine import write_text
from planning.wire import SECRET, SIGNATURE, Wire, is_secret, plain

VERSION = 2
"""The format. A state of an earlier one is refused: with 1, the services owned their databases."""
Status = Literal["creating", "ready", "updating", "deleting"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str = ""
    id: str = ""
    inputs: Wire = field(default_factory=dict)
    """With their secret marks, as are the outputs."""
    outputs: Wire = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    retain: bool = False
    status: Status = "ready"
    """What was under way, if a run ended in the middle."""

    @cached_property
    def input_values(self) -> dict[str, Any]:
        """The inputs without marks."""
        values: dict[str, Any] = plain(self.inputs)
        return values

    @cached_property
    def output_values(self) -> dict[str, Any]:
        """The outputs without marks."""
        values: dict[str, Any] = plain(self.outputs)
        return values


class State:
    """The entries in the order in which they were first registered. It may be used from several threads."""

    def __init__(self, path: Path) -> None:
        """Reads `path` if it is there. Raises LocalError when it is damaged or its key is missing."""
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._encoded: dict[str, str] = {}
        self._fernet = Fernet(_key(path.with_name("state.key"), may_create=not path.exists()))
        if path.exists():
            self._load()

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, urn: str) -> Entry | None:
        """Returns the entry, or None when there is none."""
        return self._entries.get(urn)

    def put(self, entry: Entry) -> None:
        """Adds or replaces the entry and saves."""
        encoded = self._encode(entry)
        with self._lock:
            self._entries[entry.urn] = entry
            self._encoded[entry.urn] = encoded
            self._save()

    def remove(self, urn: str) -> None:
        """Removes the entry and saves."""
        with self._lock:
            del self._entries[urn], self._encoded[urn]
            self._save()

    def rename(self, old: str, new: str) -> None:
        """Gives an entry the URN under which the program declares it now, after naming the old one as its alias."""
        with self._lock:
            self._entries = {
                new if u == old else u: replace(e, urn=new) if u == old else e for u, e in self._entries.items()
            }
            self._encoded = {urn: self._encode(entry) for urn, entry in self._entries.items()}
            self._save()

    def _save(self) -> None:
        resources = ",\n".join(self._encoded.values())
        write_text(self._path, f'{{"version": {VERSION}, "resources": [\n{resources}\n]}}\n')

    def _encode(self, entry: Entry) -> str:
        """Returns the entry as JSON, which is kept: encoding all entries for each step's file would be slow."""
        return json.dumps(_with_secrets(asdict(entry), self._seal), sort_keys=True)

    def _load(self) -> None:
        try:
            content = json.loads(self._path.read_text())
            if content["version"] != VERSION:
                raise LocalError(
                    f"{self._path} has the format {content['version']}; this program reads {VERSION} and can't take "
                    "over what an earlier one made. Start afresh: `make down PURGE=1` (this removes the local "
                    "databases too), then `make up`."
                )
            for raw in content["resources"]:
                opened = _with_secrets(raw, self._open)
                entry = Entry(**{**opened, "dependencies": tuple(opened["dependencies"])})
                self._entries[entry.urn], self._encoded[entry.urn] = entry, json.dumps(raw, sort_keys=True)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidToken) as error:
            raise LocalError(
                f"The state file {self._path} is damaged ({type(error).__name__}). Put a copy back, "
                "or start afresh with `make down PURGE=1` (this removes the local databases too)."
            ) from error

    def _seal(self, mark: Wire) -> Wire:
        token = self._fernet.encrypt(json.dumps(mark["value"]).encode()).decode()
        return {SIGNATURE: SECRET, "ciphertext": token}

    def _open(self, mark: Wire) -> Wire:
        return {SIGNATURE: SECRET, "value": json.loads(self._fernet.decrypt(mark["ciphertext"]))}


def _with_secrets(value: Any, change: Callable[[Wire], Wire]) -> Any:
    """Returns the value with each secret in it changed."""
    if is_secret(value):
        return change(value)
    if isinstance(value, dict):
        return {key: _with_secrets(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_secrets(item, change) for item in value]
    return value


def _key(path: Path, *, may_create: bool) -> bytes:
    """Returns the key of the secrets; creates it where there is no state yet."""
    if path.exists():
        return path.read_bytes()
    if not may_create:
        raise LocalError(
            f"The state's key {path} is missing, so its secrets can't be read. Start afresh with `make down PURGE=1`."
        )
    key = Fernet.generate_key()
    write_text(path, key.decode())
    return key
