"""Envoy as a process of the local stack: bootstrap, command line, admin socket."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import stat
import tempfile
from pathlib import Path

from local.envoy.admin import Admin
from local.envoy.binary import find_envoy
from local.envoy.parts import Json, from_file, typed
from local.errors import LocalError
from local.machine import Machine, write_json
from local.processes import ProcessSpec

_LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 108 on Linux and 104 on macOS (unix(7), sys/un.h)."""
_MOST_CONNECTIONS = 512


def xds(machine: Machine) -> Path:
    """The folder of the dynamic files; nothing else may be in it, each rename there is read by Envoy."""
    return machine.run / "xds"


def admin(machine: Machine) -> Admin:
    return Admin(_socket(machine))


def spec(machine: Machine) -> ProcessSpec:
    """Raises LocalError when there is no Envoy for this platform."""
    options = {
        "--config-yaml": json.dumps(_bootstrap(machine)),
        "--concurrency": "1",
        "--file-flush-interval-msec": "200",
        "--drain-time-s": "2",
        "--drain-strategy": "immediate",
        "--log-level": "warning",
    }
    flags = ("--disable-hot-restart", "--reject-unknown-dynamic-fields")
    return ProcessSpec(
        name="envoy",
        argv=(str(find_envoy()), *(word for option in options.items() for word in option), *flags),
        env={"PATH": os.defpath},
        cwd=machine.run,
        log=machine.logs / "envoy.log",
        ready=admin(machine).ready,
        prepare=lambda: _prepare(xds(machine)),
    )


def _prepare(folder: Path) -> None:
    """The files that Envoy wants to find at its start; they stay as they were published last."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("lds", "cds"):
        if not (folder / f"{name}.json").exists():
            write_json(folder / f"{name}.json", {"version_info": "0", "resources": []})


def _bootstrap(machine: Machine) -> Json:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = typed(
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=min(_MOST_CONNECTIONS, (soft - 100) // 2),
    )
    monitor = {"name": "envoy.resource_monitors.global_downstream_max_connections", "typed_config": limit}
    return {
        "node": {"id": "local", "cluster": "local"},
        "admin": {"address": {"pipe": {"path": str(_socket(machine)), "mode": 0o600}}},
        "overload_manager": {"resource_monitors": [monitor]},
        "dynamic_resources": {
            "lds_config": from_file(xds(machine), "lds"),
            "cds_config": from_file(xds(machine), "cds"),
        },
    }


def _socket(machine: Machine) -> Path:
    """In the run folder; a private one under the system's temporary folder when that path would be too long."""
    path = machine.run / "envoy.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(machine.home)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"crosscloud-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise LocalError(f"{folder} must be a folder of yours with mode 0700. Remove it and try again.")
    return folder / "envoy.sock"
