"""The findings: each resource that differs, and the verdict on the whole stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from planning.drift.levers import Lever, lever
from planning.drift.stores import STORES


class Verdict(StrEnum):
    """The verdict on a stack."""

    CLEAN = "clean"
    DRIFT = "drift"
    """Something differs, or a lever is pulled."""
    UNKNOWN = "unknown"
    """Something could not be read, so that nobody may say that it is as it was."""
    LOST = "lost"
    """Something that holds data is gone."""


STATUS = {Verdict.CLEAN: 0, Verdict.UNKNOWN: 1, Verdict.DRIFT: 3, Verdict.LOST: 4}
"""The exit status by verdict. 1 is that of every command that could not do what it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A property that differs. Its values are texts that may be shown."""

    path: str
    before: str
    """The value in the state."""
    after: str
    """The value that is there."""

    def __str__(self) -> str:
        return f"{self.path}: {self.before} → {self.after}"


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """A resource that differs from its state, or is gone."""

    urn: str
    type: str
    name: str
    gone: bool = False
    differences: tuple[Difference, ...] = ()
    lever: Lever | None = None
    """The lever that all of the differences belong to."""

    @property
    def loses(self) -> str | None:
        """The data that are lost with it, if it is gone and holds some."""
        return STORES.get(self.type) if self.gone else None

    def by_lever(self) -> Iterator[Drifted]:
        """Yields it once for each lever that was pulled, and once for the rest of the differences."""
        kinds: dict[Lever | None, list[Difference]] = {}
        for each in self.differences:
            kinds.setdefault(lever(self.type, each.path), []).append(each)
        for kind, differences in kinds.items():
            yield replace(self, differences=tuple(differences), lever=kind)
        if not kinds:
            yield self


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A difference that is meant, with the reason."""

    drifted: Drifted
    because: str


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Everything that was found out about a stack."""

    stack: str
    looked: int
    """The number of resources that were read."""
    drifted: Sequence[Drifted] = ()
    accepted: Sequence[Accepted] = ()
    unknown: Sequence[str] = ()
    """Sentences about what could not be read."""
    stale: Sequence[str] = ()
    """Sentences about accepted differences that have not been there for long."""
    left_out: Sequence[str] = ()
    """Sentences about what is not compared on purpose."""

    @property
    def lost(self) -> list[Drifted]:
        """The resources that hold data and are gone."""
        return [each for each in self.drifted if each.loses]

    @property
    def levers(self) -> list[Drifted]:
        """The resources that differ because a lever is pulled."""
        return [each for each in self.drifted if each.lever]

    @property
    def others(self) -> list[Drifted]:
        """The resources that differ, and neither."""
        return [each for each in self.drifted if not each.loses and not each.lever]

    @property
    def verdict(self) -> Verdict:
        """The gravest of what was found."""
        if self.lost:
            return Verdict.LOST
        if self.unknown:
            return Verdict.UNKNOWN
        return Verdict.DRIFT if self.drifted else Verdict.CLEAN
