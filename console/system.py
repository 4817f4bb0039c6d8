"""The map of the system: its parts on both clouds, what flowed between them, and where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from console.figures import Figures
from console.letters import Queue
from console.plots import duration
from console.runtime import Runtime

WIDTH, HEIGHT = 1096, 226
NODE = 116, 50
"""Width and height of a node."""
COLUMNS = {"gateway": 16, "api": 152, "tables": 288, "relay": 424, "queue": 560, "fulfilment": 696, "ingress": 832}
SERVICES = 968
"""The column of the services."""
ROWS = 30, 96, 162
MOST_SERVICES = 6
CLOUDS = (("AWS", 4, 812), ("Azure", 820, 1092))
"""The clouds with their left and right edges."""
_API = ("orchestrator", "catalog", "orders")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A part of the system."""

    name: str
    what: str
    x: float
    y: float
    height: float = NODE[1]
    flow: str = ""
    """The rate and the durations in words."""
    state: str = "idle"
    """`ok`, `idle` where nothing came by, `bad` where something failed, `away` where it does not run."""
    badge: int = 0
    """Failures, or dead letters."""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Map:
    """Nodes, and the ways between them as paths of SVG."""

    nodes: Sequence[Node]
    ways: Sequence[str] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    node_width: int = NODE[0]
    clouds: Sequence[tuple[str, int, int]] = CLOUDS


def system(figures: Mapping[str, Figures], runtime: Runtime, queues: Sequence[Queue], minutes: float) -> Map:
    """Returns the map. `figures` are those of the parts in the last `minutes`."""
    made: dict[str, Node] = {}

    def part(name: str, what: str, x: float, y: float, **more: float) -> None:
        seen = figures.get(name)
        made[name] = Node(
            name=name,
            what=what,
            x=x,
            y=y,
            flow=f"{_rate(seen.count, minutes)} · {duration(seen.p95)}" if seen else "no calls",
            state="away" if not runtime.up else "bad" if seen and seen.failed else "ok" if seen else "idle",
            badge=seen.failed if seen else 0,
            link=f"/logs?part={name}" + ("&level=ERROR" if seen and seen.failed else ""),
            **more,
        )

    part("gateway", "Envoy · TLS, JWT", COLUMNS["gateway"], ROWS[1])
    for name, y in zip(_API, ROWS, strict=True):
        part(name, "Lambda", COLUMNS["api"], y)
    waiting = sum(queue.total for queue in queues if not queue.is_dead)
    dead = sum(queue.total for queue in queues if queue.is_dead)
    up = "idle" if runtime.up else "away"
    made["tables"] = Node(
        name="tables",
        what="DynamoDB",
        flow="orders, products",
        x=COLUMNS["tables"],
        y=ROWS[2],
        state=up,
        link="/orders",
    )
    part("relay", "Lambda · stream", COLUMNS["relay"], ROWS[2])
    made["queue"] = Node(
        name="queue",
        what="EventBridge, SQS",
        flow=f"{waiting} wait · {dead} dead",
        x=COLUMNS["queue"],
        y=ROWS[2],
        state="bad" if dead else up,
        badge=dead,
        link="/queues",
    )
    part("fulfilment", "Lambda", COLUMNS["fulfilment"], ROWS[2])
    part("ingress", "Envoy · mutual TLS", COLUMNS["ingress"], ROWS[0])
    services = _services(made, part, runtime)
    pairs = [
        *(("gateway", name) for name in _API),
        ("orchestrator", "ingress"),
        ("catalog", "tables"),
        ("orders", "tables"),
        ("tables", "relay"),
        ("relay", "queue"),
        ("queue", "fulfilment"),
        ("fulfilment", "ingress"),
        *(("ingress", name) for name in services),
    ]
    return Map(nodes=list(made.values()), ways=[_way(made[start], made[end]) for start, end in pairs])


def _services(made: dict[str, Node], part: Callable[..., None], runtime: Runtime) -> list[str]:
    """Adds the services, in their column one below the other, and returns their names."""
    deployments = sorted(runtime.deployments, key=lambda each: str(each["name"]))[:MOST_SERVICES]
    room = ROWS[2] + NODE[1] - ROWS[0]
    height = min(NODE[1], (room - 8 * (len(deployments) - 1)) / max(len(deployments), 1))
    gap = (room - height * len(deployments)) / max(len(deployments) - 1, 1)
    names = []
    for number, deployment in enumerate(deployments):
        name, ready, desired = str(deployment["name"]), deployment["ready"], deployment["desired"]
        y = ROWS[0] + number * (height + gap)
        part(name, f"{ready}/{desired} pods", SERVICES, y, height=height)
        names.append(name)
        if ready < desired or not desired:
            made[name] = Node(**{**vars(made[name]), "state": "bad", "link": "/parts"})
    return names


def _way(start: Node, end: Node) -> str:
    """Returns the path from the right edge of one node to the left edge of another, or up where they are above."""
    x1, y1, x2, y2 = start.x + NODE[0], start.y + start.height / 2, end.x - 5, end.y + end.height / 2
    if start.name == "fulfilment":
        x2, y2 = end.x + NODE[0] / 2, end.y + end.height + 5
        return f"M{x1},{y1} C{x2},{y1} {x2},{y1} {x2},{y2}"
    if start.name == "catalog":
        x2, y2 = end.x + NODE[0] / 2, end.y - 5
        return f"M{x1},{y1} C{x2},{y1} {x2},{y1} {x2},{y2}"
    middle = (x1 + x2) / 2
    return f"M{x1},{y1} C{middle},{y1} {middle},{y2} {x2},{y2}"


def _rate(count: int, minutes: float) -> str:
    each = count / minutes
    return f"{each:.0f}/min" if each >= 10 else f"{each:.1f}/min"
