"""Envoy as a process of the local stack: command line, start configuration, admin socket."""

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
from local.envoy.template import Json, fill, from_file
from local.errors import LocalError
from local.machine import Machine, write_json
from local.processes import ProcessSpec

_LONGEST_SOCKET_PATH = 100
"""Bytes; the system's limit is 108 on Linux and 104 on macOS (unix(7), sys/un.h)."""
_MOST_CONNECTIONS = 512


def xds(machine: Machine) -> Path:
    """Returns the folder of the dynamic files. It holds nothing else: Envoy reads it again at each rename there."""
    return machine.run / "xds"


def admin(machine: Machine) -> Admin:
    return Admin(_socket(machine))


def spec(machine: Machine) -> ProcessSpec:
    """Returns how to run Envoy. Raises LocalError when there is none for this platform."""
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
        ports=(machine.ports.endpoint, machine.ports.ingress),
        ready=admin(machine).ready,
        prepare=lambda: _prepare(xds(machine)),
    )


def _prepare(folder: Path) -> None:
    """Makes the files that Envoy needs at its start; those that were published before stay as they are."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("lds", "cds"):
        if not (folder / f"{name}.json").exists():
            write_json(folder / f"{name}.json", {"version_info": "0", "resources": []})


def _bootstrap(machine: Machine) -> Json:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    bootstrap: Json = fill(
        "process",
        admin_socket=str(_socket(machine)),
        most_connections=min(_MOST_CONNECTIONS, (soft - 100) // 2),
        lds_file=from_file(xds(machine), "lds"),
        cds_file=from_file(xds(machine), "cds"),
    )
    return bootstrap


def _socket(machine: Machine) -> Path:
    """Returns a path in the run folder, or in a private folder of the system's temporary one if that is too long."""
    path = machine.run / "envoy.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(machine.home)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"crosscloud-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise LocalError(f"{folder} must be a folder of yours with mode 0700. Remove it and try again.")
    return folder / "envoy.sock"
