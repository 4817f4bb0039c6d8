"""`python -m console ROOT`: serves the console of the clone at ROOT on loopback, until Ctrl-C or `down PURGE=1`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sqlite3
import sys
from pathlib import Path
from typing import IO

import uvicorn

from caches.sqlite import is_damage, remove
from console.app import application
from console.context import Context
from console.emulator import Emulator
from console.follow import follow
from console.place import HOST, Place, hold, open_place
from console.runtime import Watch
from console.store import Store
from console.tail import Tail
from local.errors import LocalError

LAST = 1
"""Seconds that answers under way get when the console ends."""


def main() -> None:
    """Serves the console."""
    parser = argparse.ArgumentParser(prog="./crosscloud console", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    try:
        place = open_place(arguments.root.resolve(), port=arguments.port)
        with hold(place) as lock, _listening(place) as listener:
            sys.stdout.write(f"Console: {place.link}\nIt runs until Ctrl-C.\n")
            sys.stdout.flush()
            asyncio.run(_serve(place, lock, listener))
    except LocalError as error:
        sys.exit(str(error))
    except sqlite3.DatabaseError as error:
        if not is_damage(error):  # it is locked, or the disk is full
            sys.exit(f"The history {place.store} can't be used now: {error}.")
        remove(place.store)
        sys.exit(f"The history was damaged ({error}) and is removed. Start the console again: it is made of the logs.")


def _listening(place: Place) -> socket.socket:
    """Returns the socket on loopback. Raises LocalError when somebody else has the port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, place.port))
        listener.listen()  # from now on requests wait for their answer, so that the printed link works at once
    except OSError as error:
        listener.close()
        raise LocalError(
            f"The console can't listen on {HOST}:{place.port}: {error.strerror}. Choose a free port, which is then "
            f"kept: `./crosscloud console --port {place.port + 1}`."
        ) from None
    return listener


async def _serve(place: Place, lock: IO[str], listener: socket.socket) -> None:
    store = Store(place.store)
    tail = Tail(place.machine.logs, store)
    context = Context(place=place, store=store, tail=tail, watch=Watch(place.machine), emulator=Emulator(place.machine))
    server: uvicorn.Server
    app = application(context, stopping=lambda: server.should_exit)
    settings = uvicorn.Config(
        app, log_level="warning", loop="asyncio", lifespan="off", ws="none", timeout_graceful_shutdown=LAST
    )
    server = uvicorn.Server(settings)
    following = asyncio.create_task(follow(context, lock))
    following.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        await server.serve([listener])
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following
        store.close()


if __name__ == "__main__":
    main()
