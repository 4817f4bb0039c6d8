"""Asks the command-line tools: each question once, and only questions that change nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from delivery.preflight.processes import Done, Run
from delivery.preflight.read_only import is_read_only
from delivery.preflight.unanswered import UnansweredError, Why, reason, short, unanswered

Json = Any


@dataclass(frozen=True, kw_only=True)
class Ask:
    """The tools of a shell, and the place in both clouds that they are asked about.

    Several threads ask at once; who asks what is being asked waits for that answer. Methods raise UnansweredError.
    """

    run: Run
    region: str
    """The region of AWS."""
    subscription: str
    """The subscription of Azure; empty where the settings leave it to the log-in."""
    _answers: dict[tuple[str, ...], Future[Done]] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def aws(self, *words: str, region: str = "") -> Json:
        """Returns the answer of AWS."""
        return self.json("aws", *words, "--region", region or self.region, "--output", "json")

    def az(self, *words: str) -> Json:
        """Returns the answer of Azure about the stack's subscription."""
        where = ("--subscription", self.subscription) if self.subscription else ()
        return self.json("az", *words, *where, "--output", "json", "--only-show-errors")

    def entra(self, *words: str) -> Json:
        """Returns the answer of Azure about who is logged in and the directory, which take no subscription."""
        return self.json("az", *words, "--output", "json", "--only-show-errors")

    def pulumi(self, *words: str) -> Json:
        """Returns the answer of Pulumi."""
        return self.json("pulumi", *words, "--json", "--non-interactive")

    def json(self, *command: str) -> Json:
        """Returns what a command prints as JSON; nothing stands for an empty object."""
        return self.read(command, self._succeeded(command).out)

    def read(self, command: Sequence[str], out: str) -> Json:
        """Returns the JSON that a command has printed."""
        try:
            return json.loads(out or "{}")
        except (ValueError, RecursionError):  # the latter when it is nested too deeply
            raise unanswered(Why.UNREADABLE, command) from None

    def text(self, *command: str) -> str:
        """Returns what a command prints."""
        return self._succeeded(command).out

    def done(self, *command: str) -> Done:
        """Returns a command that has ended, whatever its exit status. Raises RuntimeError for one that may write."""
        if not is_read_only(command):
            raise RuntimeError(f"`{short(command)}` is not on the list of delivery/preflight/read_only.py.")
        with self._lock:
            first = command not in self._answers
            answer = self._answers.setdefault(command, Future())
        if first:
            try:
                answer.set_result(self.run(command))
            except BaseException as error:  # noqa: BLE001 - whoever waits for this answer gets it too
                answer.set_exception(error)
        return answer.result()

    def _succeeded(self, command: tuple[str, ...]) -> Done:
        done = self.done(*command)
        if done.status:
            raise unanswered(reason(done.err), command, done.err)
        return done


def answer_or(absent: Json, question: Callable[..., Json], *words: str) -> Json:
    """Returns the answer to a question, such as `ask.az`, or `absent` when there is no such thing.

    Raises ValueError for the answer `null`, which says nothing.
    """
    try:
        answer = question(*words)
    except UnansweredError as error:
        if error.why is Why.ABSENT:
            return absent
        raise
    if answer is None:
        raise ValueError("null")
    return answer
