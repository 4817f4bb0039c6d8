"""Asks the engine what differs from the state: a refresh that only previews, whose events are read.

Its exit status says that something differs and not what, and `--json` says nothing of a change whose provider does not
tell properties (https://github.com/pulumi/pulumi/issues/16278). The engine's log of events has all of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from delivery.commands import DeliveryError, Run
from delivery.preflight import scrubbing
from planning.changes import differences
from planning.drift.finding import Difference, Drifted
from planning.drift.masking import HIDDEN, shown
from planning.wire import SIGNATURE, holds_secret, is_secret

PARALLEL = "32"
"""Reads at a time: they wait for the clouds."""
_ENVIRONMENT = ("env", "PULUMI_DEBUG_COMMANDS=true")
"""The variable that makes the engine know the option `--event-log`; Pulumi's own Automation API sets it too."""
_CODE = re.compile(
    r"\b(?:[A-Z][A-Za-z]{3,40}(?:Exception|Error|Denied|Failed|NotFound|Exceeded)|Forbidden|Unauthorized)\b"
)
"""The names that clouds give their errors."""


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """The answer of the engine."""

    looked: int
    drifted: tuple[Drifted, ...] = ()
    unknown: tuple[str, ...] = ()
    """Sentences about what could not be read."""


def refresh(stack: str, run: Run, *, options: Sequence[str] = ()) -> Refresh:
    """Returns what differs from the state of a stack. Nothing is changed, neither the state nor the clouds."""
    failed = ""
    with TemporaryDirectory() as folder:  # what is in the log may be secret: only its owner may read it, and it goes
        log = Path(folder) / "events"
        command = ["pulumi", "refresh", "--preview-only", "--json", "--event-log", str(log), "--parallel", PARALLEL]
        try:
            run([*_ENVIRONMENT, *command, *options, "--stack", stack, "--non-interactive"])
        except DeliveryError as error:
            failed = str(error)
        text = log.read_text() if log.exists() else ""
    return read(text, failed)


def read(log: str, failed: str = "") -> Refresh:
    """Returns what a log of events says; `failed` is the sentence of a refresh that did not succeed."""
    looked, ended = 0, False
    drifted: list[Drifted] = []
    unknown: list[str] = []
    for each in log.splitlines():
        try:
            event = json.loads(each)
        except ValueError:
            unknown.append("The engine's log of events breaks off within a line: it was killed. Look again.")
            break
        if "resOutputsEvent" in event:
            metadata = event["resOutputsEvent"]["metadata"]
            if (metadata["old"] or {}).get("custom") and not metadata["type"].startswith("pulumi:"):
                looked += 1
                drifted += list(_drifted(metadata))
        elif "diagnosticEvent" in event:
            unknown += _problem(event["diagnosticEvent"])
        elif "summaryEvent" in event:
            ended = True
    if failed and not unknown:
        unknown.append(failed)
    if not ended and not unknown:
        unknown.append("The engine has ended without a summary of what it has read.")
    return Refresh(looked=looked, drifted=tuple(drifted), unknown=tuple(dict.fromkeys(unknown)))


def _drifted(metadata: dict[str, Any]) -> Iterator[Drifted]:
    urn, type_ = metadata["urn"], metadata["type"]
    drifted = Drifted(urn=urn, type=type_, name=urn.rpartition("::")[2], gone=metadata["op"] == "delete")
    if drifted.gone:
        yield drifted
    elif metadata["op"] != "same":
        yield replace(drifted, differences=tuple(_differences(metadata)))


def _differences(metadata: dict[str, Any]) -> Iterator[Difference]:
    """Yields what differs: what of the inputs is other, or else what the provider says."""
    old, new = ((metadata[side] or {}).get("inputs") or {} for side in ("old", "new"))
    by_provider = list(metadata.get("detailedDiff") or metadata.get("diffs") or ())
    secrets = list(_marked(old))
    by_inputs = differences(_hidden(old), _hidden(new))
    agreed = {path: pair for path, pair in by_inputs.items() if any(_within(path, each) for each in by_provider)}
    named = agreed or by_inputs
    for path, (before, after) in named.items():
        secret = any(_within(path, each) or _within(each, path) for each in secrets)
        yield Difference(
            path=scrubbing.plain(path),
            before=shown(path, before, secret=secret),
            after=shown(path, after, secret=secret),
        )
    for path in by_provider:
        if not any(_within(each, path) or _within(path, each) for each in named):
            yield Difference(path=scrubbing.plain(path), before=HIDDEN, after=HIDDEN)


def _marked(value: Any, path: str = "") -> Iterator[str]:
    """Yields the paths at which a secret begins."""
    if is_secret(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _marked(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and holds_secret(value):
        yield path


def _hidden(value: Any) -> Any:
    """Returns a value in which each secret is one text, and without what the engine adds by itself."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return value if not is_secret(value) else "[secret]"
        return {key: _hidden(item) for key, item in value.items() if key != "__defaults"}
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def _within(path: str, whole: str) -> bool:
    """Returns whether a path is another one, or lies below it."""
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def _problem(event: dict[str, Any]) -> Iterator[str]:
    """Yields a sentence about a resource that could not be read, by the name of the error.

    The rest of what a provider says may quote what it was told, secrets too.
    """
    if event["severity"] != "error" or not event.get("urn"):
        return
    _, _, kind, name = event["urn"].split("::")
    code = _CODE.search(event["message"])
    reason = code[0] if code else "the provider says why in `pulumi refresh --preview-only`"
    yield f"{kind.rpartition('$')[2]} {scrubbing.plain(name)}: {reason}"
