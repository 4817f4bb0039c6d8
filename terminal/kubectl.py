"""The command lines of `kubectl` that do in a cluster what a command of ours does on this machine."""

from __future__ import annotations

import shlex

from cluster.target import Target


def command(target: Target, namespace: str, *words: str) -> str:
    """Returns a command line as any shell takes it."""
    where = ["--kubeconfig", target.kubeconfig, "--context", target.context, "--namespace", namespace]
    return shlex.join(["kubectl", *where, *words])
