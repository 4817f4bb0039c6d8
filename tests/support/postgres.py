"""A PostgreSQL server for one test session, run from the binaries of the local stack."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from local.postgres import find_binaries
from tests.support.service import free_port
from tests.support.waiting import PATIENCE, eventually

NOBODY = "65534"


@dataclass(frozen=True)
class Server:
    port: int
    password: str

    def url(self, database: str = "postgres", *, role: str = "postgres", password: str | None = None) -> str:
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def new_database(self) -> str:
        """Creates an empty database with an owner of its own and returns the owner's URL."""
        name = f"t{secrets.token_hex(6)}"
        self.execute(f"create role {name} login password '{name}'")
        self.execute(f"create database {name} owner {name}")
        return self.url(name, role=name, password=name)

    def execute(self, *statements: str, url: str | None = None) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(url or self.url())
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """Runs a server until the end of the block, with its files in the folder."""
    bin_ = find_binaries()
    password = secrets.token_hex(16)
    data, password_file = folder / "data", folder / "password"
    folder.mkdir(parents=True, exist_ok=True)
    password_file.write_text(password)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        for path in (folder, password_file):
            os.chown(path, int(NOBODY), int(NOBODY))
    initdb = [bin_ / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", password_file]
    subprocess.run([*_unprivileged(), *initdb, "--no-sync"], check=True, capture_output=True)
    options = [
        "-c",
        "fsync=off",
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "max_connections=60",
    ]
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*_unprivileged(), bin_ / "postgres", "-D", data, "-p", str(port), *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        server = Server(port, password)
        _wait(server, process, folder / "log")
        yield server
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE)
        shutil.rmtree(data, ignore_errors=True)


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    ids = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        try:
            server.execute("select 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    eventually(answers, what="PostgreSQL's first answer")
