"""Looks after the events of a deployed stack: dead letters, replays, consumers. `./crosscloud events`.

It works for the stack of this machine (`--stack local`), and for one in AWS with credentials of its account and a login
to the back end of its state. docs/runbook.md says when to use which command.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from cyclopts import App, Parameter

from delivery import commands
from delivery.commands import DeliveryError
from delivery.dead_letters import DeadLetterQueue, Letter, queues
from delivery.last_try import LETTERS, LastTry, last_try
from delivery.outbox import Outbox
from delivery.rebuilds import Rebuild, described
from delivery.replays import replay as run_replay
from delivery.stack_events import StackEvents, open_stack

app = App(name="./crosscloud events", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@app.command
def dlq(*, stack: str, queue: str | None = None, as_json: Annotated[bool, Parameter("--json")] = False) -> None:
    """Show the messages of the dead-letter queues, with the reason of the last try. They stay there.

    Parameters
    ----------
    stack
        The stack, such as local or prod.
    queue
        Only those that this one gave up: fulfilment, relay or order-notices.
    as_json
        One JSON object per message, whole.
    """
    empty = True
    for each in queues(open_stack(stack), queue):
        letters, whole = each.letters()
        for number, letter in enumerate(letters):
            empty, tried = False, last_try(each, letter, ask=number < LETTERS)
            text = json.dumps(_described(each, letter, tried)) if as_json else _line(each, letter, tried)
            sys.stdout.write(f"{text}\n")
        if not whole:
            sys.stderr.write(f"{each.name} has more dead letters than can be shown in one look.\n")
    if empty and not as_json:
        sys.stdout.write("There are no dead letters.\n")


@app.command
def redrive(
    *,
    stack: str,
    queue: str | None = None,
    message: tuple[str, ...] = (),
    as_json: Annotated[bool, Parameter("--json")] = False,
) -> None:
    """Give dead letters back to what could not work on them. What is refused again stays, with the reason.

    Parameters
    ----------
    stack
        The stack, such as local or prod.
    queue
        Only those that this one gave up: fulfilment, relay or order-notices.
    message
        Only the message with this id; may be given more than once.
    as_json
        As JSON: the ids of the messages by what became of them.
    """
    returned: list[str] = []
    refused: dict[str, str] = {}
    late: list[str] = []
    for each in queues(open_stack(stack), queue):
        done = each.redrive(message)
        returned += done.returned
        refused |= done.refused
        late += sorted(done.late)
        if done.returned and not as_json:
            sys.stdout.write(f"{each.name}: {len(done.returned)} given back.\n")
        if done.late and not as_json:
            sys.stdout.write(f"{each.name}: {len(done.late)} came in the meantime and stay; `dlq` shows them.\n")
    if as_json:
        sys.stdout.write(f"{json.dumps({'returned': returned, 'refused': refused, 'late': late})}\n")
    if missing := sorted(set(message) - {*returned, *refused}):
        raise DeliveryError(f"There is no message {', '.join(missing)}; `dlq` shows what is there.")
    if refused:
        raise DeliveryError("\n".join(f"{id_} stays: {reason}" for id_, reason in refused.items()))
    if not (returned or late or as_json):
        sys.stdout.write("There are no dead letters.\n")


@app.command
def republish(*, stack: str, since: str, until: str | None = None) -> None:
    """Publish the events in the table of orders once more, for those that the stream has forgotten.

    Parameters
    ----------
    stack
        The stack, such as local or prod.
    since
        Time of the first event, such as 2026-11-21T14:00:00Z; without an offset it is the machine's local time.
    until
        Time of the last event; now, when it is left out.
    """
    events, (start, end) = open_stack(stack), _period(since, until)
    outbox = Outbox(events=events, function=events.exported["dead_letters"]["relay"]["function"])
    records = outbox.records_between(start, end)
    outbox.publish(records)
    sys.stdout.write(f"{len(records)} event{'s are' if len(records) != 1 else ' is'} published again.\n")


@app.command
def replay(*, stack: str, since: str, until: str | None = None, rule: str | None = None) -> None:
    """Send events of the archive to their consumers once more. Consumers know them by their ids.

    Parameters
    ----------
    stack
        The stack, such as local or prod.
    since
        Beginning, such as 2026-11-21T14:00:00Z; without an offset it is the machine's local time.
    until
        End; now, when it is left out.
    rule
        Only for the consumer of this rule: fulfilment or order-notices.
    """
    events, (start, end) = open_stack(stack), _period(since, until)
    rules: Sequence[str] = tuple(events.chosen("rules", rule).values()) if rule is not None else ()
    sys.stdout.write(f"{run_replay(events, since=start, until=end, rules=rules)} is completed.\n")


@app.command
def rebuild(
    *,
    stack: str,
    since: str | None = None,
    compare_only: bool = False,
    as_json: Annotated[bool, Parameter("--json")] = False,
) -> None:
    """Make the counts of analytics anew from the archive, compare them with those that are read, and switch to them.

    Summaries are answered from the old counts until the new ones are complete. A rebuild that was ended is run again.

    Parameters
    ----------
    stack
        The stack, such as local or prod.
    since
        Time of the first event that is taken from the archive; that of the archive's making, when it is left out.
        Older events are counted from the database.
    compare_only
        Only say what differs.
    as_json
        As JSON, whole.
    """
    start = _time("--since", since) if since is not None else None
    work = Rebuild(events=open_stack(stack), since=start, compare_only=compare_only)
    comparison = work.run()
    text = (
        json.dumps({**comparison, "unreadable": work.unreadable}) if as_json else described(comparison, work.unreadable)
    )
    sys.stdout.write(f"{text}\n")
    if comparison["contradicting"] and not compare_only:
        raise DeliveryError("Nothing was switched: a person has to find out which content is right.")


@app.command
def pause(consumer: str, *, stack: str) -> None:
    """Give a function no more events. They wait: 4 days in the queue of fulfilment, 24 hours in the stream of relay.

    Parameters
    ----------
    consumer
        The function: fulfilment or relay.
    stack
        The stack, such as local or prod.
    """
    _switch(open_stack(stack), consumer, on=False)


@app.command
def resume(consumer: str, *, stack: str) -> None:
    """Give a function its events again.

    Parameters
    ----------
    consumer
        The function: fulfilment or relay.
    stack
        The stack, such as local or prod.
    """
    _switch(open_stack(stack), consumer, on=True)


def _switch(events: StackEvents, consumer: str, *, on: bool) -> None:
    mapping = events.chosen("mappings", consumer)[consumer]
    events.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=on)
    sys.stdout.write(f"{consumer} gets {'its events again' if on else 'no more events'}.\n")


def _period(since: str, until: str | None) -> tuple[dt.datetime, dt.datetime]:
    start = _time("--since", since)
    end = dt.datetime.now(dt.UTC) if until is None else _time("--until", until)
    if end <= start:
        raise DeliveryError(f"--until must be after --since: {end.isoformat()} is not after {start.isoformat()}.")
    return start, end


def _time(option: str, text: str) -> dt.datetime:
    example = f"{option} must be a time such as 2026-11-21T14:00:00Z"
    try:
        time = dt.datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise DeliveryError(f"{example}, with Z or its distance from UTC, not {text!r}.")
        return time.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise DeliveryError(f"{example}, not {text!r}.") from error


def _described(queue: DeadLetterQueue, letter: Letter, tried: LastTry) -> dict[str, Any]:
    return {
        "queue": queue.name,
        "message_id": letter.message_id,
        "sent": letter.sent.isoformat(timespec="milliseconds"),
        "receives": letter.receives,
        "last_try": asdict(tried),
        "attributes": {name: value.get("StringValue") for name, value in letter.attributes.items()},
        "body": letter.body,
    }


def _line(queue: DeadLetterQueue, letter: Letter, tried: LastTry) -> str:
    """Returns `fulfilment 75c33b93-... 2026-11-21 14:12:07 order.placed {"order_id": ...}`, and the last try below."""
    try:
        event = json.loads(letter.body)
        text = f"{event['detail-type']} {json.dumps(event['detail'])}"
    except (ValueError, KeyError, TypeError):
        text = " ".join(letter.body.split())
    tries = f"{tried.tries} tries" if tried.tries is not None else "tries not known"
    at = f", the last at {tried.at}" if tried.at else ""
    request = f", request {tried.request_id}" if tried.request_id else ""
    forgotten = "no reason is in its log any more" if tried.asked else f"the log is asked for {LETTERS} letters a queue"
    reason = tried.reason or forgotten
    return f"{queue.name} {letter.message_id} {letter.sent:%Y-%m-%d %H:%M:%S} {text}\n  {tries}{at}{request}: {reason}"


def main() -> None:
    """Runs the command line. An error is one sentence on standard error."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - `--help` needs no SDK

    try:
        commands.main(app)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS could not do it: {error}")


if __name__ == "__main__":
    main()
