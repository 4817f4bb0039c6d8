"""The state: what this machine has, one encrypted entry per resource, saved after every step."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken

from local.errors import LocalError
from local.machine import write_json, write_text
from planning.wire import Wire

VERSION = 3
"""The format. A state of an earlier one is refused: with 1, the services owned their databases; with 2, only secrets
were encrypted."""
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
    """The inputs with their secret marks, which the outputs have too."""
    outputs: Wire = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    retain: bool = False
    status: Status = "ready"
    """The operation that was under way, if a run ended in the middle; else `ready`."""


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
            entry = replace(self._entries.pop(old), urn=new)
            del self._encoded[old]
            self._entries[new], self._encoded[new] = entry, self._encode(entry)
            self._save()

    def _save(self) -> None:
        write_json(self._path, {"version": VERSION, "resources": list(self._encoded.values())})

    def _encode(self, entry: Entry) -> str:
        """Returns the entry encrypted, which is kept: encrypting all entries for each step's file would be slow."""
        return self._fernet.encrypt(json.dumps(asdict(entry)).encode()).decode()

    def _load(self) -> None:
        try:
            content = json.loads(self._path.read_text())
            if content["version"] != VERSION:
                raise LocalError(
                    f"{self._path} has the format {content['version']}; this program reads {VERSION} and can't take "
                    "over what an earlier one made. Start afresh: `make down PURGE=1` (this removes the local "
                    "databases too), then `make up`."
                )
            for encoded in content["resources"]:
                fields = json.loads(self._fernet.decrypt(encoded))
                entry = Entry(**{**fields, "dependencies": tuple(fields["dependencies"])})
                self._entries[entry.urn], self._encoded[entry.urn] = entry, encoded
        except (ValueError, KeyError, TypeError, AttributeError, InvalidToken) as error:
            raise LocalError(
                f"The state file {self._path} is damaged ({type(error).__name__}). Put a copy back, "
                "or start afresh with `make down PURGE=1` (this removes the local databases too)."
            ) from error


def _key(path: Path, *, may_create: bool) -> bytes:
    """Returns the key of the entries; creates it where there is no state yet."""
    if path.exists():
        return path.read_bytes()
    if not may_create:
        raise LocalError(
            f"The state's key {path} is missing, so it can't be read. Start afresh with `make down PURGE=1`."
        )
    key = Fernet.generate_key()
    write_text(path, key.decode())
    return key
