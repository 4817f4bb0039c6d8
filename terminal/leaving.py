"""The way out of a cluster: what `down` does there, and what it does where that cluster is gone."""

from __future__ import annotations

from rich.console import Console

from cluster.names import CLAIM, CLAIM_NAMESPACE, EVERY
from cluster.target import saved
from local.errors import LocalError
from local.machine import Machine


def leave(machine: Machine, console: Console, *, purge: bool, forget: bool) -> None:
    """Ends what the stack has in a cluster, if it is in one. With `purge` it is removed there.

    What can't be found any more is left and named, and so is everything with `forget`. Raises LocalError when the
    cluster, which may still have the stack, can't be asked.
    """
    try:
        target = saved(machine)
    except LocalError as error:
        if not purge:
            raise
        _tell(console, f"{error}", "that cluster")
        return
    if target is None:
        return
    where = f"the cluster of the context {target.context} in {target.kubeconfig}"
    if forget:
        _tell(console, "The cluster is not asked.", where)
        return
    from cluster.connection import LostError
    from cluster.platform import down

    try:
        down(machine, target, console, purge=purge)
    except LostError as error:
        if not purge:
            raise
        _tell(console, f"{error}", where)
    except LocalError as error:
        if not purge:
            raise
        raise LocalError(
            f"{error}\nThe stack is not removed from {where}, and nothing of it is forgotten. Run `make down PURGE=1` "
            "again, or leave there what is there: `make down PURGE=1 FORGET=1`."
        ) from None


def _tell(console: Console, why: str, where: str) -> None:
    """Says what stays in a cluster, and why."""
    console.print(
        f"{why}\nWhat the stack has in {where} stays there, in the namespaces {', '.join(EVERY)}. No other clone can "
        f"use that cluster until the ConfigMap {CLAIM_NAMESPACE}/{CLAIM}, which says whose it is, is deleted there.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
