"""`python -m local.supervisor --root DIR`: supervises one clone until SIGTERM. `client.ensure` starts it."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import resource
import sys
import time
from pathlib import Path
from typing import IO

import psutil

from local.errors import LocalError
from local.setup import open_machine
from local.supervisor.client import LOCK, MODULES, identity_of
from local.supervisor.supervisor import Supervisor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--modules", nargs="*", default=MODULES)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        machine = open_machine(arguments.root, create=False)
        with (machine.run / LOCK).open("a") as lock:
            _hold(lock)
            _raise_descriptor_limit()
            created = psutil.Process().create_time()
            identity = {"pid": os.getpid(), "created": created, **identity_of(machine, arguments.modules)}
            removed = lambda: os.fstat(lock.fileno()).st_nlink == 0  # noqa: E731
            asyncio.run(Supervisor(machine, arguments.modules, identity, removed).run())
    except LocalError as error:
        sys.exit(str(error))
    except ExceptionGroup as group:
        known, others = group.split(LocalError)
        if others or not known:
            raise
        sys.exit(str(known.exceptions[0]))


def _hold(lock: IO[str]) -> None:
    """Takes the lock for the life of this process. A client that looks who has it may have it for an instant."""
    end = time.monotonic() + 0.5
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise LocalError("Another supervisor of this clone is running.") from None
            time.sleep(0.02)


def _raise_descriptor_limit() -> None:
    """Raises this process's limit of open files as far as it may; Envoy inherits it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
