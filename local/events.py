"""`python -m local events`: shows dead letters, moves them back to where they failed, and replays an archive.

The cloud's form of the same is in docs/runbook.md.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from local.errors import LocalError
from local.machine import Machine
from local.providers.aws.client import Aws, connect
from local.providers.aws.messages import Message, held, move
from local.providers.aws.replays import replay as run_replay
from local.setup import open_machine
from local.state import outputs_of

ROOT = Path(__file__).resolve().parent.parent

app = App(name="events", help="Look into dead-letter queues, redrive, replay.")


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """A dead-letter queue."""

    name: str
    url: str
    source: str | None
    """The URL of the queue whose messages it keeps; None for that of a stream, which keeps notes of batches and not the
    records."""


@app.command
def dlq(*, queue: str | None = None, as_json: Annotated[bool, Parameter("--json", negative=())] = False) -> None:
    """Show the messages of the dead-letter queues. They stay there.

    Parameters
    ----------
    queue
        Only of this dead-letter queue.
    as_json
        One JSON object per message, whole.
    """
    aws, queues = _open(queue)
    empty = True
    for dead_letters in queues:
        with held(aws, dead_letters.url) as messages:
            for message in messages:
                empty = False
                line = json.dumps(_described(dead_letters, message)) if as_json else _line(dead_letters, message)
                sys.stdout.write(f"{line}\n")
    if empty and not as_json:
        sys.stdout.write(f"{_names(queues)}: no message.\n")


@app.command
def redrive(*, queue: str | None = None, message: Annotated[tuple[str, ...], Parameter(negative=())] = ()) -> None:
    """Move messages of the dead-letter queues back to the queues where they failed.

    Parameters
    ----------
    queue
        Only of this dead-letter queue.
    message
        Only the message with this id; may be given more than once.
    """
    aws, queues = _open(queue)
    if queue is not None and queues[0].source is None:
        raise LocalError(
            f"{queue} holds notes of batches that a stream's reader gave up, not messages of a queue: nothing can be "
            "moved back. `events dlq` shows which records they were; docs/runbook.md says how to send them again."
        )
    moved: set[str] = set()
    for dead_letters in queues:
        if dead_letters.source is not None and (ids := move(aws, dead_letters.url, dead_letters.source, message)):
            moved.update(ids)
            sys.stdout.write(f"{len(ids)} from {dead_letters.name} to {dead_letters.source.rpartition('/')[2]}\n")
    if missing := sorted(set(message) - moved):
        raise LocalError(f"No message {', '.join(missing)} in {_names(queues)}; `events dlq` shows what is there.")
    if not moved:
        sys.stdout.write(f"{_names(queues)}: no message.\n")


@app.command
def replay(*, since: str, until: str | None = None, archive: str | None = None) -> None:
    """Send events of the archive to their bus once more. Consumers know them by their ids.

    Parameters
    ----------
    since
        Beginning, such as 2026-11-21T14:00:00Z; without an offset it is the machine's local time.
    until
        End; now, when it is left out.
    archive
        Only of this archive.
    """
    machine = open_machine(ROOT, create=False)
    start = _time("--since", since)
    end = dt.datetime.now(dt.UTC) if until is None else _time("--until", until)
    if end <= start:
        raise LocalError(f"--until must be after --since: {end.isoformat()} is not after {start.isoformat()}.")
    archives = {
        each["name"]: each for each in outputs_of(machine.state_file, "aws:cloudwatch/eventArchive:EventArchive")
    }
    for name in _chosen("archive", archives, archive):
        source = archives[name]
        replayed = run_replay(
            connect(machine), archive_arn=source["arn"], bus_arn=source["eventSourceArn"], start=start, end=end
        )
        sys.stdout.write(f"{name}: {replayed} is completed.\n")


def _open(queue: str | None) -> tuple[Aws, list[DeadLetters]]:
    """Returns the emulator's API and the chosen dead-letter queues."""
    machine = open_machine(ROOT, create=False)
    queues = {each.name: each for each in dead_letters(machine)}
    return connect(machine), [queues[name] for name in _chosen("dead-letter queue", queues, queue)]


def dead_letters(machine: Machine) -> list[DeadLetters]:
    """Returns the stack's dead-letter queues: those that a queue's redrive policy or a stream's mapping names."""
    queues = {queue["arn"]: queue for queue in outputs_of(machine.state_file, "aws:sqs/queue:Queue")}
    sources: dict[str, str | None] = {}
    for mapping in outputs_of(machine.state_file, "aws:lambda/eventSourceMapping:EventSourceMapping"):
        if failed := mapping.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn"):
            sources[failed] = None
    for queue in queues.values():
        if policy := queue.get("redrivePolicy"):
            sources[json.loads(policy)["deadLetterTargetArn"]] = queue["url"]
    declared = [(queues[arn], source) for arn, source in sources.items() if arn in queues]
    all_ = [DeadLetters(name=queue["name"], url=queue["url"], source=source) for queue, source in declared]
    return sorted(all_, key=lambda each: each.name)


def _chosen(kind: str, known: Iterable[str], name: str | None) -> list[str]:
    """Returns the one with this name, or all. Raises LocalError when there is none."""
    names = sorted(known)
    if not names:
        raise LocalError(f"The local stack has no {kind} yet; `make up` makes what the program declares.")
    if name is not None and name not in names:
        raise LocalError(f"There is no {kind} {name}; there are {', '.join(names)}.")
    return names if name is None else [name]


def _time(option: str, text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise LocalError(f"{option} must be a time such as 2026-11-21T14:00:00Z, not {text!r}.") from error


def _described(queue: DeadLetters, message: Message) -> dict[str, Any]:
    return {
        "queue": queue.name,
        "message_id": message.message_id,
        "sent": message.sent.isoformat(timespec="milliseconds"),
        "attributes": {name: value.get("StringValue") for name, value in message.attributes.items()},
        "body": message.body,
    }


def _line(queue: DeadLetters, message: Message) -> str:
    """Returns `fulfilment-dead-letters 75c33b93-... 2026-11-21 14:12:07 order-placed {"order": ...}`."""
    try:
        event = json.loads(message.body)
        text = f"{event['detail-type']} {json.dumps(event['detail'])}"
    except (ValueError, KeyError, TypeError):
        text = " ".join(message.body.split())
    return f"{queue.name} {message.message_id} {message.sent:%Y-%m-%d %H:%M:%S} {text}"


def _names(queues: Iterable[DeadLetters]) -> str:
    return ", ".join(queue.name for queue in queues)
