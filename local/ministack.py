"""MiniStack that loses nothing which it has answered: run as a script by `local.emulator`, inside MiniStack's process.

MiniStack keeps its state in memory and writes it when SIGTERM ends it. Here no answer to a successful write leaves
before a snapshot that holds the write is on disk. Writes that come while a snapshot is under way share the next one. A
snapshot is what Redis calls BGSAVE (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/): the
process forks, and the child, a copy that stands still, writes one file and renames it into place. So it holds every
service at the same instant: no event without the order that it tells of, no position in a stream past its records.
Without fsync: it survives the end of the process, not that of the machine.

Records of table streams, of which MiniStack saves the readers' positions alone, are part of it: otherwise the readers
would wait at positions that a new stream reaches only after as many records as the old one had.
"""

from __future__ import annotations

import asyncio
import copy
import fcntl
import gc
import json
import os
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ministack import app as emulator  # type: ignore[import-untyped]
from ministack.core import persistence  # type: ignore[import-untyped]
from ministack.services import dynamodb, dynamodb_streams  # type: ignore[import-untyped]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

T = TypeVar("T")

FOLDER = Path(persistence.STATE_DIR)
SNAPSHOT = FOLDER / "snapshot"
"""Newer than MiniStack's own files, one per service, while it is there."""

READS = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet", "Filter")
"""Beginnings of the names of operations that change nothing."""


class Durable:
    """MiniStack's ASGI application; answers to writes wait for their snapshot."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._app = app
        self._waiter = ThreadPoolExecutor(1, "snapshot")
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, self._quiet(receive), _unneeded(send))
            return
        if scope["type"] != "http" or not _writes(scope):
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                await self._saved()
            await send(message)

        await self._app(scope, receive, answer)

    async def _saved(self) -> None:
        """Returns when a snapshot that begins after now is on disk. Raises OSError when there can be none."""
        if self._next is None:
            self._next = asyncio.create_task(self._save(self._running))
        await asyncio.shield(self._next)

    async def _save(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._running, self._next = self._next, None
        status = await asyncio.get_running_loop().run_in_executor(self._waiter, _wait, _fork())
        if status:
            raise OSError(f"The emulator's state can't be written to {SNAPSHOT}; the child ended with {status}.")

    def _quiet(self, receive: Receive) -> Receive:
        """Its own saving at the end begins when no child is writing any more."""

        async def message() -> Message:
            received = await receive()
            if received["type"] == "lifespan.shutdown" and self._running is not None:
                await asyncio.wait([self._next or self._running])
            return received

        return message


def _unneeded(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "lifespan.shutdown.complete":
            SNAPSHOT.unlink(missing_ok=True)
        await send(message)

    return told


def _writes(scope: Message) -> bool:
    """Whether a request of an AWS API may change something. A function that is called does so by its own requests."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if b"authorization" not in headers or scope["path"].startswith("/_") or scope["path"].endswith("/invocations"):
        return False
    operation = headers.get(b"x-amz-target", "").rpartition(".")[2]
    return scope["method"] != "GET" and not operation.startswith(READS)


def _fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns of locks that other threads hold. The child takes none: it reads, writes a file and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _write()
            status = 0
        finally:
            os._exit(status)
    return pid


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _write() -> None:
    gc.disable()  # a collection would touch, and so copy, all of the memory that is shared with the parent
    copy.deepcopy = _itself  # type: ignore[assignment]  # nothing changes in this copy of the process
    states = {name: state() for name, state in emulator._build_persistence_save_dict().items()}
    content = {
        name: {"__ministack_format__": persistence._state_format_version(name), "payload": state}
        for name, state in states.items()
        if state is not None
    }
    temporary = SNAPSHOT.with_suffix(".new")
    temporary.write_text(json.dumps(content, default=persistence._json_default))
    temporary.replace(SNAPSHOT)


def _itself(value: T, *_: object) -> T:
    return value


def _unpack() -> None:
    """Makes MiniStack's own files of the last snapshot, which an orderly end would have removed."""
    if SNAPSHOT.exists():
        for name, state in json.loads(SNAPSHOT.read_bytes()).items():
            (FOLDER / f"{name}.json").write_text(json.dumps(state))
        SNAPSHOT.unlink()


def _stream_records() -> dict[str, Any]:
    return {"trimmed": dynamodb._stream_trimmed, "records": dynamodb._stream_records}


def _restore_stream_records(state: dict[str, Any]) -> None:
    dynamodb._stream_trimmed.update(state["trimmed"])
    dynamodb._stream_records.update(state["records"])


def main() -> None:
    os.umask(0o077)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Children hold it too: after a kill this waits for the snapshot that was under way.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _unpack()
        dynamodb_streams.get_state = _stream_records
        dynamodb_streams.load_persisted_state = _restore_stream_records
        emulator.app = Durable(emulator.app)
        emulator.main()


if __name__ == "__main__":
    main()
