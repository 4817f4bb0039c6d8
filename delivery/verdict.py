"""Judges what is new: whether its failures, its latency or its appetite say that it is worse than what it replaces.

A share of all calls would hide a rare operation of which each call fails, so that the least number of failures is
small. What the previous version fails at too is not the new version's fault, so that chance is allowed for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

LEAST_FAILURES = 2
"""Failures of what is new for which it may be returned. One may be chance."""
DEVIATIONS = 3
"""Standard deviations by which the failures must exceed those that are expected at the previous version's rate."""
LEAST_CALLS = 10
"""Calls of what is new before its latency is judged: the first ones are slow, when code and connections are cold."""
SLOWER, SLOWER_MILLISECONDS = 2, 500
"""The new version is slow when nine of ten calls take SLOWER times as long as before and this much longer."""
GREEDIER = 2
"""The new version leaks when one of its pods uses GREEDIER times as much as any pod of the previous version does ..."""
SPARE_MEMORY, SPARE_FILES = 64 * 2**20, 100
"""... and so many bytes of memory, or open files, besides."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The measurements of one version of a function or service, or of all its versions together."""

    calls: float = 0
    failures: float = 0
    """Calls that failed with an exception or a 5xx, and messages that could not be worked on."""
    dead_letters: float = 0
    """Messages that can never be worked on."""
    restarts: float = 0
    """Containers that ended by themselves and were started again."""
    milliseconds: float | None = None
    """The time that nine of ten calls took at most; None without enough data."""
    memory: float = 0
    """Bytes of memory of the largest pod."""
    files: float = 0
    """Open files of the pod that has most of them."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A function or service, and what was measured of it."""

    name: str
    before: Measured
    """All versions together, in the time before the delivery."""
    now: Measured
    """All versions together, since the delivery began."""
    old: Measured | None = None
    """The previous version since the delivery began; None where nothing is new."""
    new: Measured | None = None
    """The new version; None where nothing is new."""


def complaints(subject: Subject) -> Iterator[str]:
    """Yields a sentence for each reason to return."""
    name = subject.name
    if worse(subject.now.dead_letters, subject.now.calls, _dead(subject.before), least=1):
        yield f"{name}: {subject.now.dead_letters:.0f} messages can never be worked on."
    if subject.new is not None and subject.old is not None:
        yield from _of_the_new(name, subject.old, subject.new)
    if worse(subject.now.failures, subject.now.calls, _failed(subject.before), least=LEAST_FAILURES):
        yield (
            f"{name}: {subject.now.failures:.0f} of {subject.now.calls:.0f} calls failed since the delivery began; "
            f"before, it was {subject.before.failures:.0f} of {subject.before.calls:.0f}."
        )


def worse(failures: float, calls: float, rate: float, *, least: int) -> bool:
    """Returns whether there are more failures than the rate explains by chance, and at least `least`."""
    expected = max(calls, 0) * rate
    return failures >= least and failures > expected + DEVIATIONS * math.sqrt(expected)


def _of_the_new(name: str, old: Measured, new: Measured) -> Iterator[str]:
    if worse(new.failures, new.calls, _failed(old), least=LEAST_FAILURES):
        yield (
            f"{name}: {new.failures:.0f} of {new.calls:.0f} calls of the new version failed; "
            f"of the previous one it was {old.failures:.0f} of {old.calls:.0f}."
        )
    if new.restarts >= 1:
        yield f"{name}: a pod of the new version ended by itself ({new.restarts:.0f} restarts)."
    if _slow(old, new):
        yield f"{name}: nine of ten calls take up to {new.milliseconds:.0f} ms, and {old.milliseconds:.0f} ms before."
    if new.memory > GREEDIER * old.memory + SPARE_MEMORY and old.memory:
        yield f"{name}: a pod uses {new.memory / 2**20:.0f} MiB of memory, and {old.memory / 2**20:.0f} before."
    if new.files > GREEDIER * old.files + SPARE_FILES and old.files:
        yield f"{name}: a pod has {new.files:.0f} open files, and {old.files:.0f} before."


def _slow(old: Measured, new: Measured) -> bool:
    if old.milliseconds is None or new.milliseconds is None or new.calls < LEAST_CALLS:
        return False
    return new.milliseconds > max(SLOWER * old.milliseconds, old.milliseconds + SLOWER_MILLISECONDS)


def _failed(measured: Measured) -> float:
    return measured.failures / measured.calls if measured.calls else 0.0


def _dead(measured: Measured) -> float:
    return measured.dead_letters / measured.calls if measured.calls else 0.0
