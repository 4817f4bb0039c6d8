"""MiniStack that loses no write that it has answered, and tells the versions of a function apart.

`local.emulator` runs this script as MiniStack's process.

MiniStack keeps its state in memory and writes it when SIGTERM ends it. Here no answer to a successful write leaves
before a snapshot that holds the write is on disk. Writes that come while a snapshot is under way share the next one. A
snapshot is what Redis calls BGSAVE (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/): the
process forks, and the child, a copy that stands still, writes one file and renames it into place. So it holds every
service at the same instant: no event without the order that it tells of, no position in a stream past its records.
Without fsync: it survives the end of the process, not that of the machine.

Records of table streams, of which MiniStack saves the readers' positions alone, are part of it: otherwise the readers
would wait at positions that a new stream reaches only after as many records as the old one had.

The calls of an alias are shared out by its weights and counted by version, and the metrics in a function's log lines
become CloudWatch's. MiniStack itself keeps the weights, and counts only some calls, by function. What a function prints
is written to a file too, beside the log files of the other processes.

Lambda gets the byte code of its own interpreter in the zip. Here another version of Python may run a function: its
workers, which unpack the zip anew each, get the byte code of that one, made once for each zip.

Metrics and log events are not saved: each write would wait longer, the longer the stack has been running.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import datetime as dt
import fcntl
import functools
import gc
import importlib.util
import io
import itertools
import json
import marshal
import multiprocessing
import os
import random
import time
import warnings
import zipfile
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from ministack import app as emulator  # type: ignore[import-untyped]
from ministack.core import lambda_runtime, persistence  # type: ignore[import-untyped]
from ministack.services import (  # type: ignore[import-untyped]
    cloudwatch,
    cloudwatch_logs,
    dynamodb,
    dynamodb_streams,
    lambda_svc,
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FOLDER = Path(persistence.STATE_DIR)
SNAPSHOT = FOLDER / "snapshot"
"""The file that, while it is there, is newer than MiniStack's own files, one per service."""
FUNCTION_LOG = Path(os.environ["FUNCTION_LOG"])
"""The file of what functions print, one JSON object a line."""

DEBUGGED = Path.home() / "debugged.json"
"""The ports of the functions that run under a debugger, by function; `./crosscloud debug` writes it."""
PATIENCE = 3600
"""The timeout of a function under a debugger in seconds, for somebody who thinks at a breakpoint."""
_ATTACHABLE = """
import contextlib, json, os
if "DEBUG_PORT" in os.environ:
    copy = os.path.join(os.path.dirname(os.path.abspath(__file__)), "code")
    os.environ["PATHS_FROM_ECLIPSE_TO_PYTHON"] = json.dumps([[os.environ["DEBUG_ROOT"], copy]])
    import debugpy
    with contextlib.suppress(RuntimeError):  # another worker of the function, which has the port
        debugpy.listen(("127.0.0.1", int(os.environ["DEBUG_PORT"])))
"""
"""The beginning of a worker's program; a debugger shows the clone's sources in the place of their copies."""

POINTS = 2000
"""The values of a metric that are kept: those of the last minutes, which is what a delivery looks at."""
_STATE_OF_CLOUDWATCH = cloudwatch.get_state
_STATE_OF_LOGS = cloudwatch_logs.get_state
_RECORD_OF_VERSION = lambda_svc._effective_func_record_for_qualifier
_DISPATCH = lambda_svc._execute_function_dispatch
_ACQUIRE = lambda_svc.acquire_worker
_MAKE_WORKER = lambda_runtime.Worker.__init__
_WORKER = lambda_runtime._PYTHON_WORKER_SCRIPT
_ATTACHED: dict[str, int | None] = {}
"""The port of each function whose workers were made since."""
_TOLD = 'Exception as e:\n        _real_stdout.write(json.dumps({"status": "error", "error": str(e)})'
_TOLD_WHOLE = f"Base{_TOLD}".replace("str(e)", "traceback.format_exc()")
"""The same as _TOLD, the part of the worker's program that tells why a function can't be imported, with the stack trace
and also for SystemExit."""

ZIPS = 16
"""The zips whose byte code is kept: more than there are functions, with a canary of each."""
UNCHECKED = (0b01).to_bytes(4, "little")
"""The flags of byte code that is not compared with its source (https://peps.python.org/pep-0552/)."""

READS = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet", "Filter")
"""Beginnings of the names of operations that change nothing."""


class Durable:
    """MiniStack's ASGI application; answers to writes wait for their snapshot."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._app = app
        self._snapshot = asyncio.Lock()
        self._writes = 0
        """Successful writes until now."""
        self._saved = 0
        """Writes that are on disk."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300:
                await asyncio.shield(self._save())
            await send(message)

        async def message() -> Message:
            received = await receive()
            if received["type"] == "lifespan.shutdown":  # its own saving begins when no child writes any more
                await self._snapshot.acquire()
            return received

        async def ended(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":  # its own files are newer now
                SNAPSHOT.unlink(missing_ok=True)
            await send(message)

        if scope["type"] == "lifespan":
            await self._app(scope, message, ended)
        else:
            await self._app(scope, receive, answer if _writes(scope) else send)

    async def _save(self) -> None:
        """Returns when a snapshot that began after now is on disk. Raises OSError when there can be none."""
        self._writes += 1
        own = self._writes
        async with self._snapshot:
            if own <= self._saved:
                return
            covered, child = self._writes, multiprocessing.get_context("fork").Process(target=_write)
            with warnings.catch_warnings():
                # Python 3.12 warns of locks that other threads hold. The child takes none: it reads and writes a file.
                warnings.simplefilter("ignore", DeprecationWarning)
                child.start()
            await asyncio.to_thread(child.join)
            if child.exitcode:
                raise OSError(f"The emulator's state can't be written to {SNAPSHOT}; its log says why.")
            self._saved = covered


def _writes(scope: Message) -> bool:
    """Returns whether a request may change something. A function that is called does so by its own requests."""
    if scope["type"] != "http":
        return False
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if b"authorization" not in headers or scope["path"].startswith("/_") or scope["path"].endswith("/invocations"):
        return False
    operation = headers.get(b"x-amz-target", "").rpartition(".")[2]
    return scope["method"] != "GET" and not operation.startswith(READS)


def _write() -> None:
    """Writes the snapshot, in the child.

    Each service's `get_state` copies all of its items, for which MiniStack has no option. In this copy of the process
    nothing changes any more, so that the copies are left out: they would take most of the time.
    """
    gc.disable()  # a collection would touch, and so copy, all of the memory that is shared with the parent
    copy.deepcopy = lambda value, *_: value
    states = {name: state() for name, state in emulator._build_persistence_save_dict().items()}
    content = {
        name: {"__ministack_format__": persistence._state_format_version(name), "payload": state}
        for name, state in states.items()
        if state is not None
    }
    temporary = SNAPSHOT.with_suffix(".new")
    temporary.write_text(json.dumps(content, default=persistence._json_default))
    temporary.replace(SNAPSHOT)


def _unpack() -> None:
    """Makes MiniStack's own files of the last snapshot, if the process did not end in order."""
    if SNAPSHOT.exists():
        for name, state in json.loads(SNAPSHOT.read_bytes()).items():
            (FOLDER / f"{name}.json").write_text(json.dumps(state))
        SNAPSHOT.unlink()


def _logs_without_events() -> dict[str, Any]:
    """Returns the log groups and streams, empty, as a state that MiniStack saves."""
    state: dict[str, Any] = _STATE_OF_LOGS() | {"log_records": {}}
    for _, group in state["log_groups"].all_items():
        for stream in group["streams"].values():
            stream["events"] = []
    return state


def _stream_records() -> dict[str, Any]:
    """Returns the records of table streams, as a state that MiniStack saves."""
    return {"trimmed": dynamodb._stream_trimmed, "records": dynamodb._stream_records}


def _restore_stream_records(state: dict[str, Any]) -> None:
    """Brings back what `_stream_records` returned."""
    dynamodb._stream_trimmed.update(state["trimmed"])
    dynamodb._stream_records.update(state["records"])


def _by_weight(function: Any, qualifier: str | None) -> Any:
    """Returns the version that takes a call of an alias."""
    weights = (function or {}).get("aliases", {}).get(qualifier, {}).get("RoutingConfig") or {}
    drawn = random.random()  # noqa: S311 - no secret
    for version, weight in weights.get("AdditionalVersionWeights", {}).items():
        drawn -= weight
        if drawn < 0:
            return _RECORD_OF_VERSION(function, version)
    return _RECORD_OF_VERSION(function, qualifier)


def _counted(function: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
    """Calls a function, keeps its log lines, and counts the call as Lambda does, and what the lines count."""
    answer = _DISPATCH(function, config, event, request_id, started)
    name, version = config["FunctionName"], config["Version"]
    by_version = {"FunctionName": name, "Resource": f"{name}:live", "ExecutedVersion": version}
    values = {"Invocations": 1, "Errors": int(bool(answer.get("error"))), "Duration": (time.time() - started) * 1000}
    for metric, value in values.items():
        for dimensions in ({"FunctionName": name}, by_version):
            _record("AWS/Lambda", metric, value, dimensions)
    printed = answer.get("log") or ""
    told = str(answer["body"]["errorMessage"]) if answer.get("error") else ""
    ids = {"aws_request_id": request_id, **_ids(event)} if told else _ids(event)
    # What a killed call has printed does not say that it was killed; its one line, at the end, is missing.
    lines = [_parsed(name, t, ids) for t in (printed if told in printed else f"{printed}\n{told}".strip()).splitlines()]
    with FUNCTION_LOG.open("a") as log:
        log.write("".join(f"{json.dumps(line)}\n" for line in lines))
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names, metric in itertools.product(directive["Dimensions"], directive["Metrics"]):
                dimensions = {dimension: str(line[dimension]) for dimension in names}
                _record(directive["Namespace"], metric["Name"], line[metric["Name"]], dimensions)
    return answer


def _attachable(name: str, config: Any, code: bytes, **rest: Any) -> Any:
    """Leases a worker. One of a function under a debugger is made for that, and the former ones are ended."""
    debugged = json.loads(DEBUGGED.read_text()) if DEBUGGED.exists() else {}
    if debugged.get(name) != _ATTACHED.get(name):
        _ATTACHED[name] = debugged.get(name)
        lambda_runtime.invalidate_worker(name)
    if name in debugged:
        own = {"DEBUG_PORT": str(debugged[name]), "DEBUG_ROOT": os.environ["CLONE"]}
        variables = {**config.get("Environment", {}).get("Variables", {}), **own}
        config = {**config, "Timeout": PATIENCE, "Environment": {"Variables": variables}}
    return _ACQUIRE(name, config, code, **rest)


def _worker_with_byte_code(worker: Any, name: str, config: Any, code: bytes) -> None:
    _MAKE_WORKER(worker, name, config, with_byte_code(code))


@functools.lru_cache(maxsize=ZIPS)
def with_byte_code(code: bytes) -> bytes:
    """Returns the zip with the byte code of this interpreter: a worker would compile it anew at each cold start."""
    target = io.BytesIO(code)
    with zipfile.ZipFile(target, "a") as archive:
        names = frozenset(archive.namelist())
        for name in sorted(names):
            cached = importlib.util.cache_from_source(name) if name.endswith(".py") else name
            if cached not in names:
                source = archive.read(name)
                with contextlib.suppress(SyntaxError, ValueError):  # the worker that imports it says what is wrong
                    content = marshal.dumps(compile(source, name, "exec", dont_inherit=True))
                    digest = importlib.util.source_hash(source)
                    archive.writestr(cached, importlib.util.MAGIC_NUMBER + UNCHECKED + digest + content)
    return target.getvalue()


def _ids(event: Any) -> dict[str, str]:
    """Returns the ids of the request that an event of a function belongs to: by its headers, or by its first record."""
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
        holder = {name.replace("-", "_"): value for name, value in event.get("headers", {}).items()}
        for record in event.get("Records", ())[:1]:
            told = json.loads(record["body"] if "body" in record else record["dynamodb"]["NewImage"]["document"]["S"])
            holder = told.get("detail", told)
        ids = {"request_id": holder.get("x_request_id") or holder.get("request_id"), "order_id": holder.get("order_id")}
        ids["trace_id"], ids["parent_id"] = [*str(holder.get("traceparent", "")).split("-"), "", "", ""][1:3]
        return {name: str(value) for name, value in ids.items() if value}
    return {}


def _parsed(function: str, text: str, ids: dict[str, str]) -> dict[str, Any]:
    """Returns a function's JSON line; another one, such as a part of a stack trace, becomes the message of one."""
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if isinstance(line, dict):
        return line
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    level = {"level": "ERROR"} if text.startswith("Task timed out") else {}
    return {"timestamp": now, **level, "service": function, **ids, "message": text}


def _record(namespace: str, name: str, value: float, dimensions: dict[str, str]) -> None:
    cloudwatch.record_metric(namespace, name, value, dimensions=dimensions)
    points = cloudwatch._metric_bucket((namespace, name, cloudwatch._dims_key(dimensions)))
    del points[:-POINTS]


def main() -> None:
    """Runs MiniStack until it is stopped."""
    os.umask(0o077)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Children hold it too: after a kill this waits for the snapshot that was under way.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _unpack()
        cloudwatch.get_state = lambda: {**_STATE_OF_CLOUDWATCH(), "metrics": {}}
        cloudwatch_logs.get_state = _logs_without_events
        lambda_svc._effective_func_record_for_qualifier = _by_weight
        lambda_svc._execute_function_dispatch = _counted
        lambda_svc._emit_lambda_metrics = lambda *_, **__: None
        lambda_runtime.Worker.__init__ = _worker_with_byte_code
        lambda_runtime._PYTHON_WORKER_SCRIPT = _ATTACHABLE + _WORKER.replace(_TOLD, _TOLD_WHOLE)
        lambda_svc.acquire_worker = _attachable
        dynamodb_streams.get_state = _stream_records
        dynamodb_streams.load_persisted_state = _restore_stream_records
        emulator.app = Durable(emulator.app)
        emulator.main()


if __name__ == "__main__":
    main()
