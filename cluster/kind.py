"""A cluster of kind, made where there is none: https://kind.sigs.k8s.io."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from local.errors import LocalError
from local.machine import Machine

NAME = "crosscloud"
"""The cluster's name."""
CONTEXT = f"kind-{NAME}"
"""The context that kind gives it."""
_START = 600.0
"""Seconds that making a cluster may take; most of it is the download of the node's image."""


def kubeconfig(machine: Machine) -> Path:
    """Returns the path of the cluster's kubeconfig, which is there once a clone has asked for the cluster."""
    return machine.home / "kind.kubeconfig"


def ensure(machine: Machine) -> Path:
    """Makes the cluster unless it is there, and returns its kubeconfig. Raises LocalError."""
    program = shutil.which("kind")
    if program is None:
        raise LocalError("CLUSTER=kind needs `kind` on PATH (https://kind.sigs.k8s.io/docs/user/quick-start).")
    file = kubeconfig(machine)
    if NAME in _kind(program, "get", "clusters").split():
        _kind(program, "export", "kubeconfig", "--name", NAME, "--kubeconfig", str(file))
    else:
        _kind(program, "create", "cluster", "--name", NAME, "--kubeconfig", str(file))
    return file


def _kind(program: str, *words: str) -> str:
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=_START)
    except subprocess.TimeoutExpired:
        raise LocalError(f"kind {' '.join(words[:2])} has not ended within {_START:.0f} s.") from None
    if done.returncode:
        raise LocalError(f"kind {' '.join(words[:2])} failed: {done.stderr.strip()}")
    return done.stdout
