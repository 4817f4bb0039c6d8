"""A client of the Debug Adapter Protocol, as an editor has it (https://microsoft.github.io/debug-adapter-protocol)."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.waiting import PATIENCE

Message = dict[str, Any]


class Debugger:
    """A session at a debugger that listens on loopback."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._sent = 0
        self._received: queue.Queue[Message | None] = queue.Queue()
        self._events: list[Message] = []
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        self.ask("initialize", adapterID="test", linesStartAt1=True, columnsStartAt1=True, pathFormat="path")
        attached = self._send("attach", justMyCode=False)
        self.event("initialized")
        self._attached = attached
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.ask("disconnect", terminateDebuggee=False)
        self._socket.close()

    def break_at(self, file: Path, line: int) -> None:
        """Sets a breakpoint in a file of the clone, and begins the session."""
        answer = self.ask("setBreakpoints", source={"path": str(file)}, breakpoints=[{"line": line}])
        assert answer["breakpoints"][0]["verified"], answer
        self.ask("configurationDone")
        self._until(lambda each: each.get("request_seq") == self._attached)

    def stopped(self) -> tuple[str, int, dict[str, str]]:
        """Waits for a stop; returns the file, the line, and the local variables as texts."""
        self.thread = self.event("stopped")["body"]["threadId"]
        frame = self.ask("stackTrace", threadId=self.thread)["stackFrames"][0]
        scopes = self.ask("scopes", frameId=frame["id"])["scopes"]
        local = next(scope for scope in scopes if scope["name"] == "Locals")
        variables = self.ask("variables", variablesReference=local["variablesReference"])["variables"]
        return frame["source"]["path"], frame["line"], {each["name"]: each["value"] for each in variables}

    def go_on(self) -> None:
        self.ask("continue", threadId=self.thread)

    def go_on_if_stopped(self) -> None:
        """Goes on with a call that stands still by now, if one does."""
        with contextlib.suppress(queue.Empty):
            self._keep(self._received.get(timeout=0.1))
        if any(each["event"] == "stopped" for each in self._events):
            self.stopped()
            self.go_on()

    def ask(self, command: str, **arguments: Any) -> Message:
        """Sends a request and returns the body of its answer."""
        number = self._send(command, **arguments)
        answer = self._until(lambda each: each.get("request_seq") == number)
        assert answer["success"], answer
        body: Message = answer.get("body") or {}
        return body

    def event(self, name: str) -> Message:
        """Returns the next event of a name that nobody has waited for."""
        for each in self._events:
            if each["event"] == name:
                self._events.remove(each)
                return each
        found = self._until(lambda each: each.get("event") == name)
        self._events.remove(found)
        return found

    def _send(self, command: str, **arguments: Any) -> int:
        self._sent += 1
        content = {"seq": self._sent, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(content).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self._sent

    def _until(self, wanted: Callable[[Message], bool]) -> Message:
        """Returns the first message that is wanted; events are kept."""
        while not wanted(message := self._keep(self._received.get(timeout=PATIENCE))):
            continue
        return message

    def _keep(self, message: Message | None) -> Message:
        assert message is not None, "The debugger has ended the session."
        if message["type"] == "event":
            self._events.append(message)
        return message

    def _read(self) -> None:
        """Reads messages until the end of the session."""
        with contextlib.suppress(OSError):
            while header := self._file.readline():
                name, _, value = header.partition(b":")
                if name == b"Content-Length":
                    self._file.readline()
                    self._received.put(json.loads(self._file.read(int(value))))
        self._received.put(None)
