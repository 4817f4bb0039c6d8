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
from typing import NamedTuple

import asyncpg

from local.postgres import find_binaries
from tests.support.service import free_port
from tests.support.waiting import PATIENCE, eventually

NOBODY = "65534"


class Urls(NamedTuple):
    """The URLs of a service's database: with the role that owns it, and with the role of the service."""

    migrations: str
    service: str


@dataclass(frozen=True, kw_only=True)
class Server:
    port: int
    password: str
    process: _Process

    def url(self, database: str = "postgres", *, role: str = "postgres", password: str | None = None) -> str:
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def new_database(self) -> str:
        """Creates an empty database with an owner of its own and returns the owner's URL."""
        name = f"t{secrets.token_hex(6)}"
        self.execute(f"create role {name} login password '{name}'")
        self.execute(f"create database {name} owner {name}")
        return self.url(name, role=name, password=name)

    def new_service(self) -> Urls:
        """Creates the administrator of a server, as Azure has one, and returns URLs of a database that its migrations
        will make, with a role that they will make."""
        name = f"t{secrets.token_hex(6)}"
        owner = f"{name}_migrations"
        self.execute(f"create role {owner} login createdb createrole password '{owner}'")
        return Urls(self.url(name, role=owner, password=owner), self.url(name, role=name, password=name))

    def execute(self, *statements: str, url: str | None = None) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(url or self.url())
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    def stop(self) -> None:
        """Ends the server and every connection at once, as a failover does."""
        self.process.stop(signal.SIGINT)

    def start(self) -> None:
        """Starts the server again, with all that was committed."""
        self.process.start()
        _wait(self)


@dataclass(kw_only=True)
class _Process:
    """The server's process, which can be ended and started again."""

    argv: list[str]
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def stop(self, number: signal.Signals) -> None:
        if self.child is not None:
            self.child.send_signal(number)
            self.child.wait(PATIENCE)
            self.child = None


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
    argv = [*_unprivileged(), str(bin_ / "postgres"), "-D", str(data), "-p", str(port), *options]
    process = _Process(argv=argv, log=folder / "log")
    process.start()
    try:
        server = Server(port=port, password=password, process=process)
        _wait(server)
        yield server
    finally:
        process.stop(signal.SIGQUIT)
        shutil.rmtree(data, ignore_errors=True)


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    ids = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]


def _wait(server: Server) -> None:
    def answers() -> bool:
        child = server.process.child
        if child is None or child.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{server.process.log.read_text()}")
        try:
            server.execute("select 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True

    eventually(answers, what="PostgreSQL's first answer")
