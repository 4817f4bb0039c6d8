"""The connections that a PostgreSQL server takes, and those that a service's pods open.

https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits#maximum-connections
"""

from __future__ import annotations

import re
from math import ceil

PER_POD = 10
"""Connections of a pod, at most: as `POOL_SIZE` of app/services/kit, and one for its readiness."""
KEPT_FREE = 3
"""Connections that pods leave to others: two to the migrations of a new image, one to a person."""
SURGE = 0.25
"""The share of the pods that a roll-out adds before it takes old ones away, rounded up."""

_BURSTABLE = {"B1ms": 35, "B2s": 414, "B2ms": 844, "B4ms": 1703, "B8ms": 3422}
_BY_CORES = {"D": {2: 844, 4: 1703, 8: 3422}, "E": {2: 1703, 4: 3422}}
_LARGE = 4985
_OTHERS = re.compile(r"([DE])([0-9]+)[a-z]*_v[0-9]+")


def taken_by(sku: str) -> int | None:
    """Returns the connections that a server of the size leaves to users. None: the size is not in the table."""
    size = sku.removeprefix("Standard_")
    if size in _BURSTABLE:
        return _BURSTABLE[size]
    if match := _OTHERS.fullmatch(size):
        return _BY_CORES[match[1]].get(int(match[2]), _LARGE)
    return None


def pods_in_a_roll_out(replicas: int) -> int:
    """Returns the most pods that there are at a time while `replicas` are replaced."""
    return replicas + ceil(replicas * SURGE)


def most_replicas(connections: int, *, tracks: int = 1) -> int:
    """Returns the most pods of each of `tracks` whose connections fit, also in a roll-out, with KEPT_FREE to spare."""
    room = connections - KEPT_FREE
    candidates = range(room // PER_POD, 0, -1)
    return next((n for n in candidates if tracks * pods_in_a_roll_out(n) * PER_POD <= room), 0)
