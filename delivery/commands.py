"""Runs the commands of a delivery: `pulumi`, `aws`, `az`."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from cyclopts import App

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed. Raises DeliveryError."""
TRIES = 3
"""Times that a command which only reads is run until it succeeds: a lost answer is no reason to take a release back."""
PAUSE_SECONDS = 2.0
"""Seconds between two tries."""
SECONDS = {"pulumi": 2700.0}
"""Seconds that a command may take, by its program. The longest update is that of a new cluster, some 40 minutes; a job
of two hours then still has time for a return."""
OTHER_SECONDS = 120.0
"""Seconds that any other command may take: those of the clouds are one request each, and give up after a minute."""
GRACE_SECONDS = 60.0
"""Seconds that an interrupted command has to end by itself: Pulumi then waits for what it is changing, writes the state
and gives its lock back, without which no return is possible."""


class DeliveryError(Exception):
    """A delivery failed; says what happened and what is deployed now."""


def main(app: App) -> None:
    """Runs a command line of the delivery. An error is one sentence; a closed pipe ends it without a word."""
    try:
        app()
        sys.stdout.flush()
    except DeliveryError as error:
        sys.exit(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered goes nowhere
        sys.exit(128 + signal.SIGPIPE)


def run(command: Sequence[str]) -> str:
    """Runs a command, whose messages go to the terminal, and returns its output. Raises DeliveryError."""
    words = _without_variables(command)
    limit = SECONDS.get(words[0], OTHER_SECONDS)
    try:
        # In a session of its own, so that an interrupt of the delivery reaches it once, by `_end`: twice makes Pulumi
        # stop without giving the lock of the state back.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603 - every argument is made here
    except FileNotFoundError:
        raise DeliveryError(f"`{words[0]}` is not on PATH; docs/deploy.md names the tools.") from None
    name = _name(words)
    with process:
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _end(process)
            raise DeliveryError(f"`{name}` has not ended within {limit:g} s, and was stopped.") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise DeliveryError(f"`{name}` failed with exit status {process.returncode}.")
    return output


def _without_variables(command: Sequence[str]) -> Sequence[str]:
    """Returns a command without `env NAME=value` before it."""
    if command[0] != "env":
        return command
    return [*itertools.dropwhile(lambda word: "=" in word, command[1:])]


def _end(process: subprocess.Popen[str]) -> None:
    """Interrupts a command, and kills it with all that it has started when it does not end."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def read(run: Run, command: Sequence[str], sleep: Callable[[float], None] = time.sleep) -> Any:
    """Returns the answer of a command that changes nothing, which is run again when it fails.

    Raises DeliveryError after TRIES failures; an answer that is not JSON is one.
    """
    for _ in range(TRIES - 1):
        try:
            return answer_of(run, command)
        except DeliveryError:
            sleep(PAUSE_SECONDS)
    return answer_of(run, command)


def answer_of(run: Run, command: Sequence[str]) -> Any:
    """Runs a command once, and returns what it prints as JSON. Raises DeliveryError."""
    return parsed(run(command), f"`{_name(command)}`")


def parsed(text: str, source: str) -> Any:
    """Returns the JSON that a source, such as a command, has answered with. Raises DeliveryError for any other text.

    The error does not show the text, which may hold credentials.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # the latter when it is nested too deeply
        reason = f"{error.msg} in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise DeliveryError(
            f"{source} did not answer with JSON ({reason}): ask it by hand, and look at what comes."
        ) from None


def _name(command: Sequence[str]) -> str:
    return " ".join(command[:3])
