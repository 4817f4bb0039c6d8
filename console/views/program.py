"""The program's resources as a graph, one of them with its outputs, and what each `make up` has changed."""

from __future__ import annotations

import re

from console import changes, graph, program
from console.context import Context
from console.views.view import Address, MissingError, View

NUMBER = re.compile("[0-9]{1,6}")


async def show(context: Context, address: Address) -> View:
    """Returns the graph of the components, and the resources below each."""
    known, problem = await context.program()
    words = address.query.get("q", "").lower().split()
    matching = [
        each for each in known.resources.values() if all(word in f"{each.type} {each.name}".lower() for word in words)
    ]
    return View(
        template="resources",
        title="Resources",
        area="resources",
        panels={
            "graph": {"graph": graph.of_components(known), "problem": problem, "count": len(known.resources)},
            "tree": {"program": known, "matching": matching if words else None},
        },
        fixed={"q": address.query.get("q", "")},
        command="make plan STACK=local",
    )


async def show_one(context: Context, address: Address) -> View:
    """Returns a resource with its outputs, without secrets, and with what it needs and what needs it."""
    known, _ = await context.program()
    number = address.parameters["number"]
    resource = known.by_number(int(number)) if NUMBER.fullmatch(number) else None
    if resource is None:
        raise MissingError(f"The program has no resource number {number!r}: see the list of all.")
    above: list[program.Resource] = []
    parent = known.resources.get(resource.parent)
    while parent is not None:
        above.insert(0, parent)
        parent = known.resources.get(parent.parent)
    return View(
        template="resource",
        title=f"{resource.kind} {resource.name}",
        area="resources",
        panels={
            "neighbours": {
                "graph": graph.of_resource(known, resource),
                "needs": [known.resources[urn] for urn in resource.dependencies if urn in known.resources],
                "needed": known.dependents(resource),
                "resource": resource,
            },
            "resource": {
                "resource": resource,
                "content": program.content(context.store, resource.urn),
                "children": known.children.get(resource.urn, []),
            },
        },
        fixed={"resource": resource, "above": above},
    )


async def show_changes(context: Context, address: Address) -> View:
    """Returns what the last `make up` has changed, or the one that the address names."""
    runs = changes.runs(context.place.machine.logs)
    chosen = next((run for run in runs if run.id == address.query.get("run")), runs[0] if runs else None)
    known, _ = await context.program()
    numbers = {urn: resource.number for urn, resource in known.resources.items()}
    return View(
        template="changes",
        title="Changes",
        area="changes",
        panels={"changes": {"runs": runs, "chosen": chosen, "numbers": numbers}},
        command="make up",
    )
