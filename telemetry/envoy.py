"""The parts of Envoy's configuration by which the gateway's front and the ingress send spans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.contract.conventions import TRACES
from app.contract.document import read_yaml
from telemetry.place import Place

MILLION = 1_000_000


def parts(place: Place, *, rate: float) -> dict[str, Any]:
    """Returns the collector's cluster, and the tracing of each listener by its name.

    New traces, which begin at the gateway, are recorded at `rate` (0 to 1); others as their callers have decided.
    """
    template = read_yaml(Path(__file__).with_suffix(".yaml").read_text())
    # The gateway's routes are called after the operations: `GET /users/{userId}`.
    listeners = {"gateway": (rate, "%ROUTE_NAME%"), "ingress": (0.0, "%REQ(:METHOD)% %ROUTE_NAME%")}
    return {
        "clusters": [_filled(template["cluster"], {"$port": place.port})],
        "tracing": {
            service: _filled(
                template["tracing"],
                {
                    "$service": service,
                    "$uri": f"{place.endpoint}{TRACES}",
                    "$name": name,
                    "$numerator": round(share * MILLION),
                },
            )
            for service, (share, name) in listeners.items()
        },
    }


def _filled(node: Any, values: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(item, values) for item in node]
    return values.get(node, node) if isinstance(node, str) else node
