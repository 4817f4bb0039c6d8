"""The clone that a cluster belongs to, as an object of the cluster says it: two clones would undo each other's work."""

from __future__ import annotations

from cluster import names
from cluster.api import Api, Object, describe
from cluster.connection import LostError
from cluster.ownership import is_ours, refuse_others, remove
from local.errors import LocalError
from local.machine import Machine

_CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": names.CLAIM, "namespace": names.CLAIM_NAMESPACE},
}


def claim(api: Api, machine: Machine, clone: str) -> None:
    """Says in the cluster that it has the stack of the clone.

    Raises LocalError when it has another one's, or does not say whose.
    """
    if other := _another(api, clone):
        raise LocalError(
            f"The cluster of the context {api.target.context} has the stack of the clone in {other}. Remove it there "
            f"with `make down PURGE=1`, or use another cluster. If that clone is gone, delete the namespaces "
            f"{', '.join(names.EVERY)} and the {describe(_CLAIM)}; nothing was changed."
        )
    refuse_others(api, _CLAIM)
    api.apply({**_CLAIM, "data": {"clone": clone, "folder": str(machine.root)}})


def check(api: Api, clone: str) -> None:
    """Raises LostError when the cluster has another clone's stack by now, LocalError when it does not say whose."""
    if other := _another(api, clone):
        raise LostError(
            f"The cluster of the context {api.target.context} has the stack of another clone by now, that in {other}."
        )


def release(api: Api) -> None:
    """Says no more that the cluster has the stack of this clone."""
    remove(api, _CLAIM)


def _another(api: Api, clone: str) -> str:
    """Returns the folder of the other clone that the cluster belongs to; empty: none. Raises LocalError."""
    config_map = api.get(_CLAIM)
    if config_map is None or not is_ours(config_map):
        return ""
    data = config_map.get("data") or {}
    owner = data.get("clone")
    if not owner:
        raise LocalError(
            f"The {describe(_CLAIM)} in the cluster of the context {api.target.context} is damaged: it must say in "
            "`clone` which clone's stack the cluster has. If it has this one's, or nobody's any more, delete it "
            f"(kubectl delete configmap {names.CLAIM} --namespace {names.CLAIM_NAMESPACE}) and run the command again."
        )
    return "" if owner == clone else str(data.get("folder") or "a folder that it does not name")
