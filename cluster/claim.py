"""The clone that a cluster belongs to, as an object of the cluster says it: two clones would undo each other's work."""

from __future__ import annotations

from cluster import names
from cluster.api import Api, Object
from cluster.connection import LostError
from cluster.ownership import is_ours, refuse_others, remove
from local.errors import LocalError
from local.machine import Machine

_CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "crosscloud", "namespace": "default"},
}


def claim(api: Api, machine: Machine, clone: str) -> None:
    """Says in the cluster that it has the stack of the clone. Raises LocalError when it has another one's."""
    if other := _another(api, clone):
        raise LocalError(
            f"The cluster of the context {api.target.context} has the stack of the clone in {other}. Remove it there "
            f"with `make down PURGE=1`, or use another cluster. If that clone is gone, delete the namespaces "
            f"{', '.join(names.EVERY)} and the ConfigMap default/crosscloud; nothing was changed."
        )
    refuse_others(api, _CLAIM)
    api.apply({**_CLAIM, "data": {"clone": clone, "folder": str(machine.root)}})


def check(api: Api, clone: str) -> None:
    """Raises LostError when the cluster has another clone's stack by now."""
    if other := _another(api, clone):
        raise LostError(
            f"The cluster of the context {api.target.context} has the stack of another clone by now, that in {other}."
        )


def release(api: Api) -> None:
    """Says no more that the cluster has the stack of this clone."""
    remove(api, _CLAIM)


def _another(api: Api, clone: str) -> str:
    """Returns the folder of the other clone that the cluster belongs to; empty: none."""
    found = api.get(_CLAIM)
    if found is None or not is_ours(found) or found["data"]["clone"] == clone:
        return ""
    return str(found["data"]["folder"])
