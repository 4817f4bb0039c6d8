"""The cluster that a clone's stack is in: chosen once, with somebody's consent, and kept in `.local/cluster.json`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import yaml

from local.errors import LocalError
from local.machine import Machine, write_json

DISPOSABLE = ("kind-", "k3d-", "minikube")
"""Beginnings of the names that makers of disposable clusters give to contexts."""
OFFICIAL_POSTGRES = "postgres:17.6@sha256:00bc86618629af00d2937fdc5a5d63db3ff8450acf52f0636ec813c7f4902929"
"""The image of the databases where nothing else is chosen (https://hub.docker.com/_/postgres)."""
OWN_POSTGRES = "debian"
"""The choice of an image that is built from `cluster/postgres`, for clusters that can pull nothing."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """One cluster, and how images come to it."""

    kubeconfig: str
    """The absolute path of the kubeconfig."""
    context: str
    """The context in it."""
    images: str = ""
    """The way of images to the nodes (`cluster.images`); empty: as the context's name says."""
    postgres: str = OFFICIAL_POSTGRES
    """The image of the databases, or OWN_POSTGRES."""
    identity: str = ""
    """The uid of the cluster's namespace kube-system, which no other cluster has."""
    clone: str = ""
    """The text by which the cluster knows this clone (`cluster.claim`); empty before it was applied to."""


def _file(machine: Machine) -> Path:
    return machine.home / "cluster.json"


def saved(machine: Machine) -> Target | None:
    """Returns the cluster that the clone's stack is in; None: it is on this machine, or nowhere yet.

    Raises LocalError when the file is damaged.
    """
    file = _file(machine)
    if not file.exists():
        return None
    try:
        return Target(**json.loads(file.read_text()))
    except (ValueError, TypeError, OSError) as error:
        raise LocalError(f"{file} is damaged. Start afresh with `make down PURGE=1`.") from error


def save(machine: Machine, target: Target) -> None:
    """Keeps the cluster for every later command of the clone."""
    write_json(_file(machine), asdict(target))


def chosen(
    machine: Machine,
    *,
    kubeconfig: Path | None,
    context: str | None,
    images: str | None,
    postgres: str | None,
    consent: bool,
) -> Target | None:
    """Returns the cluster to apply the stack to: the given one, else the saved one; None: this machine.

    Raises LocalError for a kubeconfig without that context, for a cluster that is not known to be disposable, and for
    a clone whose stack is elsewhere already.
    """
    before = saved(machine)
    if kubeconfig is None:
        if before is None and (context or images or postgres):
            raise LocalError(
                "CONTEXT, IMAGES and POSTGRES say something about a cluster: name it with KUBECONFIG=path."
            )
        if before is not None:
            refuse_moving(machine, before.kubeconfig, context)
        target = before
    else:
        file = _absolute(kubeconfig)
        target = Target(kubeconfig=str(file), context=_context(file, context))
    if target is None:
        return None
    target = replace(target, **{key: value for key, value in (("images", images), ("postgres", postgres)) if value})
    refuse_moving(machine, target.kubeconfig, target.context)
    if before is None:
        _ask(target, consent)
    else:
        target = replace(before, images=images or before.images, postgres=postgres or before.postgres)
    return target


def refuse_moving(machine: Machine, kubeconfig: str, context: str | None = None) -> None:
    """Raises LocalError for a clone whose stack is elsewhere already: on this machine alone, or in another cluster."""
    before = saved(machine)
    if before is None:
        if machine.state_file.exists():
            raise LocalError(
                "The stack of this clone runs on this machine alone. Remove it with `make down PURGE=1` before you "
                "apply it to a cluster, or use another clone."
            )
    elif before.kubeconfig != kubeconfig or context not in (None, before.context):
        raise LocalError(
            f"The stack of this clone is in the cluster of the context {before.context} in {before.kubeconfig}. "
            "Remove it with `make down PURGE=1` before you apply it to another one, or use another clone."
        )


def _absolute(kubeconfig: Path) -> Path:
    try:
        return kubeconfig.expanduser().resolve()
    except RuntimeError as error:  # of a person who is not known, or a circle of links
        raise LocalError(f"KUBECONFIG must name a file; {kubeconfig} names none: {error}.") from None


def _context(kubeconfig: Path, context: str | None) -> str:
    """Returns the context to use, by default the file's current one. Raises LocalError."""
    try:
        content = yaml.safe_load(kubeconfig.read_text())
        names = [each["name"] for each in content["contexts"]]
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"KUBECONFIG must name a file that can be read: {error}.") from None
    except (yaml.YAMLError, KeyError, TypeError):
        raise LocalError(f"KUBECONFIG must name a kubeconfig; {kubeconfig} is none, or it has no contexts.") from None
    name = context or content.get("current-context")
    if name not in names:
        raise LocalError(f"CONTEXT must be one of those in {kubeconfig}, {', '.join(names)}; it is {name!r}.")
    return str(name)


def _ask(target: Target, consent: bool) -> None:
    """Raises LocalError unless the cluster is disposable by its context's name, or somebody says that it is."""
    if consent or target.context.startswith(DISPOSABLE):
        return
    if sys.stdin.isatty():
        sys.stderr.write(
            f"Everything of this stack goes into the cluster of the context {target.context!r} in {target.kubeconfig}, "
            "into namespaces of its own, with policies for the namespace of Envoy Gateway.\n"
            "Write the context's name if that cluster is disposable: "
        )
        sys.stderr.flush()
        if sys.stdin.readline().strip() == target.context:
            return
    raise LocalError(
        f"The context {target.context!r} is not known to be a disposable cluster: those of kind, k3d and minikube are, "
        "by their names. If it is one, say YES_THIS_CLUSTER=1. Nothing was changed."
    )
