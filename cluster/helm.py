"""Helm as a program of this machine, and what it keeps of its releases in a cluster.

Each revision of a release is a Secret, whose labels say the release, the revision, its state, and what `--labels` adds:
https://helm.sh/docs/topics/advanced/#storage-backends
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

import yaml

from cluster.api import Api
from local.errors import ProviderError
from local.provider import Properties

LABEL, VALUE = "made-by", "crosscloud"
"""The label by which Helm keeps that this stack made a release. Later revisions inherit it, whoever makes them."""
_TIMEOUT = 660.0
"""Seconds that Helm may take: the chart's own time and some more."""
_DEPLOYED, _DONE = {"deployed", "superseded"}, {"deployed", "superseded", "failed", "uninstalled"}
"""States of revisions that ran once, and of those on which no Helm is at work."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release as the cluster has it."""

    name: str
    ours: bool
    """True if this stack made it."""
    cut_off: bool
    """True if it never ran, or if the last Helm was ended before it was done. Helm does not upgrade such a release: it
    takes it for the work of another Helm, or lacks what only an installation makes."""


def release(api: Api, namespace: str, name: str) -> Release | None:
    """Returns a release, or None."""
    return next(iter(_releases(api, namespace, f"owner=helm,name={name}")), None)


def own_releases(api: Api, namespace: str) -> list[Release]:
    """Returns the releases that this stack made in a namespace."""
    return _releases(api, namespace, f"owner=helm,{LABEL}={VALUE}")


def _releases(api: Api, namespace: str, selector: str) -> list[Release]:
    secrets = api.select("v1", "Secret", namespace=namespace, label_selector=selector)
    revisions = sorted((each["metadata"]["labels"] for each in secrets), key=lambda labels: int(labels["version"]))
    newest = {labels["name"]: labels for labels in revisions}
    ran = {labels["name"] for labels in revisions if labels["status"] in _DEPLOYED}
    return [
        Release(
            name=name,
            ours=labels.get(LABEL) == VALUE,
            cut_off=name not in ran or labels["status"] not in _DONE,
        )
        for name, labels in newest.items()
    ]


def run(api: Api, *words: str, values: Properties | None = None) -> str:
    """Runs Helm against the cluster and returns what it prints. Raises ProviderError."""
    where = ("--kubeconfig", api.target.kubeconfig, "--kube-context", api.target.context)
    try:
        done = subprocess.run(
            [program(), *words, *where],
            input=yaml.safe_dump(values or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
            env={**os.environ, "HELM_DRIVER": "secret"},  # in no other kind of object would releases be found again
        )
    except subprocess.TimeoutExpired:
        raise ProviderError(f"helm {' '.join(words[:4])} has not ended within {_TIMEOUT:.0f} s.") from None
    if done.returncode:
        raise ProviderError(f"helm {' '.join(words[:4])} failed: {done.stderr.strip()}")
    return done.stdout


def program() -> str:
    """Returns Helm's path. Raises ProviderError."""
    path = shutil.which("helm")
    if path is None:
        raise ProviderError(
            "Envoy Gateway is not in the cluster, or this stack has installed it, and that needs `helm` on PATH "
            "(https://helm.sh/docs/intro/install)."
        )
    return path
