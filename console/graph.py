"""Graphs of resources as boxes in layers from left to right: what something needs stands to its left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from console.program import Program, Resource

WIDTH, HEIGHT = 170, 40
"""Width and height of a box in pixels."""
GAP_X, GAP_Y = 44, 12
MOST = 6
"""Neighbours on each side that are drawn; the page lists all."""

_CLOUDS = {"aws": "aws", "azure-native": "azure", "docker": "azure", "kubernetes": "kubernetes"}
"""The place of a provider's resources."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A resource, or a component with the number of its resources."""

    resource: Resource
    x: float
    y: float
    note: str
    cloud: str
    """`aws`, `azure`, `kubernetes` or `other`: where most of it is."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Boxes, and the ways between them as paths of SVG."""

    boxes: Sequence[Box]
    ways: Sequence[str]
    width: float
    height: float
    box: tuple[int, int] = (WIDTH, HEIGHT)


def of_components(program: Program) -> Graph:
    """Returns the components that `__main__.py` names: one needs another where a resource of it does."""
    components = {each.urn: each for each in program.components}
    sizes: dict[str, int] = defaultdict(int)
    needs: dict[str, set[str]] = {urn: set() for urn in components}
    for resource in program.resources.values():
        own = program.component_of(resource.urn)
        if own is None:
            continue
        sizes[own.urn] += resource.custom
        for urn in resource.dependencies:
            other = program.component_of(urn)
            if other is not None and other.urn != own.urn:
                needs[own.urn].add(other.urn)
    layers = _layers(needs)
    notes = {urn: f"{each.kind} · {sizes[urn]}" for urn, each in components.items()}
    return _drawn(program, [[components[urn] for urn in layer] for layer in layers], _direct(needs), notes)


def _direct(needs: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Returns what is needed at first hand: without what one of the others needs anyway, which would hide the rest."""
    whole: dict[str, set[str]] = {}

    def all_of(urn: str, above: frozenset[str]) -> set[str]:
        if urn not in whole:
            below = [all_of(other, above | {urn}) for other in needs[urn] if other not in above]
            whole[urn] = needs[urn].union(*below)
        return whole[urn]

    return {
        urn: {one for one in others if not any(one in all_of(other, frozenset({urn})) for other in others - {one})}
        for urn, others in needs.items()
    }


def of_resource(program: Program, resource: Resource) -> Graph:
    """Returns a resource between those that it needs and those that need it."""
    before = [program.resources[urn] for urn in resource.dependencies if urn in program.resources][:MOST]
    after = program.dependents(resource)[:MOST]
    needs = {resource.urn: {each.urn for each in before}} | {each.urn: {resource.urn} for each in after}
    layers = [layer for layer in (before, [resource], after) if layer]
    return _drawn(program, layers, needs, {each.urn: each.kind for layer in layers for each in layer})


def _layers(needs: Mapping[str, set[str]]) -> list[list[str]]:
    """Returns the nodes by the length of the longest way to them, each as near as may be to what it needs."""
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError:  # components may need each other, by different resources
        order = list(needs)
    depth: dict[str, int] = {}
    for urn in order:
        depth[urn] = max((depth[other] + 1 for other in needs[urn] if other in depth), default=0)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for urn in order:
        layers[depth[urn]].append(urn)
    place: dict[str, float] = {}
    for layer in layers:
        layer.sort(key=lambda urn: sum(place.get(other, 0.0) for other in needs[urn]) / max(len(needs[urn]), 1))
        place |= {urn: (number + 0.5) / len(layer) for number, urn in enumerate(layer)}
    return layers


def _cloud(program: Program, resource: Resource) -> str:
    """Returns where a resource is, or where most of a component's resources are."""
    if resource.custom:
        return _CLOUDS.get(resource.package, "other")
    below = [resource]
    found: Counter[str] = Counter()
    while below:
        children = program.children.get(below.pop().urn, [])
        below += children
        found.update(_CLOUDS.get(child.package, "other") for child in children if child.custom)
    return found.most_common(1)[0][0] if found else "other"


def _drawn(
    program: Program, layers: Sequence[Sequence[Resource]], needs: Mapping[str, set[str]], notes: Mapping[str, str]
) -> Graph:
    tallest = max((len(layer) for layer in layers), default=0)
    height = tallest * (HEIGHT + GAP_Y) + GAP_Y
    boxes: dict[str, Box] = {}
    for column, layer in enumerate(layers):
        room = height / max(len(layer), 1)
        for row, resource in enumerate(layer):
            x, y = 8 + column * (WIDTH + GAP_X), row * room + (room - HEIGHT) / 2
            boxes[resource.urn] = Box(
                resource=resource, x=x, y=y, note=notes[resource.urn], cloud=_cloud(program, resource)
            )
    ways = [_way(boxes[other], boxes[urn]) for urn, others in needs.items() for other in sorted(others) if urn in boxes]
    return Graph(boxes=list(boxes.values()), ways=ways, width=len(layers) * (WIDTH + GAP_X) - GAP_X + 16, height=height)


def _way(start: Box, end: Box) -> str:
    x1, y1, x2, y2 = start.x + WIDTH, start.y + HEIGHT / 2, end.x - 4, end.y + HEIGHT / 2
    middle = min(GAP_X, abs(x2 - x1)) / 2
    return f"M{x1},{y1:.1f} C{x1 + middle},{y1:.1f} {x2 - middle},{y2:.1f} {x2},{y2:.1f}"
