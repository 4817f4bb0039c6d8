"""A port of this machine that leads, byte by byte, to an address elsewhere: to the ingress of a real cluster."""

from __future__ import annotations

from local import desired
from local.desired import Object
from local.envoy.template import Files, fill
from local.machine import Machine

KIND = "Relay"


def put(machine: Machine, port: int, host: str, host_port: int) -> None:
    """Declares that TCP connections to `port` of the loopback go to `host_port` of `host`."""
    desired.put(machine, desired.key_of(KIND, "", str(port)), {"port": port, "host": host, "host_port": host_port})


def relay(value: Object) -> Files:
    """Returns Envoy's listener and cluster of a relay."""
    files: Files = fill("relay", **value)
    return files
