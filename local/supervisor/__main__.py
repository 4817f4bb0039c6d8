"""`python -m local.supervisor --root DIR`: supervises one clone until SIGTERM. `client.ensure` starts it."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import fcntl
import json
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
from local.supervisor.client import LOCK, MODULES, code_digest
from local.supervisor.supervisor import Supervisor


class _JsonLines(logging.Formatter):
    """Log records as JSON objects, one a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line = {
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": "supervisor",
            "message": record.getMessage(),
        }
        return json.dumps(line | ({"error": self.formatException(record.exc_info)} if record.exc_info else {}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--modules", nargs="*", default=MODULES)
    arguments = parser.parse_args()
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        machine = open_machine(arguments.root, create=False)
        with (machine.run / LOCK).open("a") as lock:
            _hold(lock)
            _raise_descriptor_limit()
            created = psutil.Process().create_time()
            identity = {"pid": os.getpid(), "created": created, "code": code_digest()}
            removed = lambda: os.fstat(lock.fileno()).st_nlink == 0  # noqa: E731
            asyncio.run(Supervisor(machine, arguments.modules, identity, removed).run())
    except LocalError as error:
        logging.error("%s", error)  # noqa: TRY400 - a message for people, no traceback
        sys.exit(1)


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
