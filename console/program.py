"""The resources of the program, as the state had them when somebody last looked, and how they hang together."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.store import Store
from local.machine import Machine

COLUMNS = ("urn", "number", "type", "name", "parent", "custom", "status", "dependencies", "content")
STAMP = "state"
"""The note that says which state file the table was made of."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource, or a component that has others."""

    number: int
    """Its place in the state, by which an address names it."""
    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    status: str
    dependencies: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The last part of the type: `Function` of `aws:lambda/function:Function`."""
        return self.type.rpartition(":")[2]

    @property
    def package(self) -> str:
        """The first part of the type, which is the provider's name."""
        return self.type.partition(":")[0]


@dataclass(frozen=True, kw_only=True)
class Program:
    """All resources with the ways between them."""

    resources: Mapping[str, Resource]
    """The resources by URN."""
    children: Mapping[str, list[Resource]]

    def by_number(self, number: int) -> Resource | None:
        return next((each for each in self.resources.values() if each.number == number), None)

    def dependents(self, resource: Resource) -> list[Resource]:
        """Returns what needs a resource."""
        return [each for each in self.resources.values() if resource.urn in each.dependencies]

    @property
    def components(self) -> list[Resource]:
        """The components that `__main__.py` names: those with no other one above them."""
        return [each for each in self.resources.values() if not each.custom and each.parent not in self.resources]

    def component_of(self, urn: str) -> Resource | None:
        """Returns the topmost component above a resource; None for one that has none."""
        resource = self.resources.get(urn)
        while resource is not None and resource.parent in self.resources:
            resource = self.resources[resource.parent]
        return None if resource is None or resource.custom else resource


def program(store: Store) -> Program:
    """Returns the resources in the order of the state."""
    found: dict[str, Resource] = {}
    children: dict[str, list[Resource]] = defaultdict(list)
    names = [name for name in COLUMNS if name not in ("content", "dependencies", "custom")]
    for row in store.rows("select * from resources order by number"):
        dependencies = tuple(json.loads(row["dependencies"]))
        fields = {name: row[name] for name in names}
        resource = Resource(**fields, custom=bool(row["custom"]), dependencies=dependencies)
        found[resource.urn] = resource
        children[resource.parent].append(resource)
    return Program(resources=found, children=children)


def content(store: Store, urn: str) -> dict[str, Any]:
    """Returns id, outputs and inputs of a resource, without secrets."""
    for row in store.rows("select content from resources where urn = ?", [urn]):
        value: dict[str, Any] = json.loads(row["content"])
        return value
    return {}


async def refresh(store: Store, machine: Machine) -> str:
    """Takes the resources over when the state file has changed, and returns what is wrong, if anything."""
    try:
        status = machine.state_file.stat()
    except FileNotFoundError:
        return ""
    stamp = f"{status.st_mtime_ns} {status.st_size}"
    if [row["value"] for row in store.rows("select value from notes where name = ?", [STAMP])] == [stamp]:
        return ""
    command = (sys.executable, "-m", "console.export", str(machine.root))
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    if process.returncode:
        return err.decode(errors="replace").strip()
    rows = [json.loads(line) for line in out.splitlines()]
    insert = f"insert into resources values ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    store.write(
        [
            ("delete from resources", ()),
            *((insert, [row[name] for name in COLUMNS]) for row in rows),
            ("insert or replace into notes values (?, ?)", (STAMP, stamp)),
        ]
    )
    return ""
