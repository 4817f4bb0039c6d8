"""Lambda: functions, their versions, and the aliases that lead to them.

The emulator runs a function on its own interpreter, whatever `runtime` says, with the packages that are installed next
to it. It stores and ignores architectures, memory, VPC, tracing and the log format.
"""

from __future__ import annotations

import base64
import hashlib
import json

from app.contract.dry_run import EVENT
from local.cause import cause, text_of
from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import SilentError
from local.providers.aws.resource import Description, Resource
from local.providers.aws.shapes import agrees, parameters
from planning.wire import Archive

START_SECONDS = 10
"""Seconds that a version has for its import, besides its timeout, when it is called for the first time."""
_ENDED = "Worker process exited immediately. stderr:"
"""The emulator's words for a function that ends its process while it is imported, before what it has printed."""
_LINES = 5
"""The last lines of it that are told: Python prints the reason of an exit at the end."""


class Function(Resource):
    """Each change of code or configuration publishes a version when `publish` is set; the same again publishes none."""

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        published = {"publish": None, "publishes": view.get("publish")}
        return {**view, **published, "publishedVersion": view.get("version", "$LATEST")}

    def make(self, view: Properties) -> None:
        self.call(self.table.calls.create, {**view, "package": {"zip": self._code(view)}})

    def change(self, view: Properties) -> None:
        existing, code = self.find(view) or {}, self._code(view)
        same_code = existing.get("CodeSha256") == base64.b64encode(hashlib.sha256(code).digest()).decode()
        if not (same_code and self._agrees("UpdateFunctionCode", view, existing)):
            self.call("UpdateFunctionCode", {**view, "zip": code})
        if not self._agrees("UpdateFunctionConfiguration", view, existing):
            self.call("UpdateFunctionConfiguration", view)

    def settle(self, view: Properties) -> None:
        """Sets the concurrency and publishes. The emulator takes the next change at once: it has no state Pending."""
        reserved = int(view.get("reservedConcurrentExecutions", -1))
        self.call("PutFunctionConcurrency" if reserved >= 0 else "DeleteFunctionConcurrency", view)
        version = self.call("PublishVersion", {"name": view["name"]})["Version"] if view["publishes"] else "$LATEST"
        view["publishedVersion"] = version

    def _agrees(self, operation: str, view: Properties, existing: Description) -> bool:
        shape = self.aws.shape(self.table.service, operation)
        return agrees(shape, parameters(shape, view, self.table.names), existing)

    def _code(self, view: Properties) -> bytes:
        archive = view.get("code")
        if not isinstance(archive, Archive):
            raise ProviderError(f"{self.label(view['name'])}: its code must be a zip file (pulumi.FileArchive).")
        try:
            return archive.path.read_bytes()
        except OSError as error:
            raise ProviderError(f"{self.label(view['name'])}: {archive.path}: {error.strerror}.") from error


class Alias(Resource):
    """An alias leads to another version only when that answers a dry event. Else it stays where it is."""

    def make(self, view: Properties) -> None:
        self._try(view)
        super().make(view)

    def change(self, view: Properties) -> None:
        if (self.find(view) or {}).get("FunctionVersion") != view["functionVersion"]:
            self._try(view)
        super().change(view)

    def _try(self, view: Properties) -> None:
        """Calls the version. Raises ProviderError, with the place in its code, when it fails or hangs."""
        function, version = view["functionName"], view["functionVersion"]
        named, service = {"FunctionName": function, "Qualifier": version}, self.table.service
        seconds = self.aws.call(service, "GetFunctionConfiguration", named)["Timeout"] + START_SECONDS
        call = {**named, "LogType": "Tail", "Payload": json.dumps(EVENT)}
        try:
            called = self.aws.call(service, "Invoke", call, seconds=seconds)
        except SilentError as error:
            silence = f"has not answered within {seconds} s: it hangs while it is imported or called."
            raise ProviderError(f"{function}: version {version} {silence}") from error
        content, log = json.loads(called["Payload"].read()), base64.b64decode(called.get("LogResult", ""))
        answer = content if isinstance(content, dict) else {}
        if "FunctionError" in called or answer.get("statusCode", 200) >= 500:
            printed = "\n".join([str(answer.get("errorMessage", "")), log.decode(errors="replace")]).strip()
            status = f"it answers with {answer.get('statusCode')}"
            reason = (cause(printed, self.aws.machine.root) or _reason(printed)) if printed else status
            raise ProviderError(f"{function}: version {version} fails before it is called: {reason}")


def _reason(printed: str) -> str:
    """Returns what a function without a stack trace has printed at its end, or that it has ended its own process."""
    _, ended, rest = printed.rpartition(_ENDED)
    if not ended:
        return text_of(printed.splitlines()[-1])
    lines = [text_of(line.strip()) for line in rest.splitlines() if line.strip()]
    return ": ".join(["its process ends while it is imported", *([" ".join(lines[-_LINES:])] if lines else [])])
