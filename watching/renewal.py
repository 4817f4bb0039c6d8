"""Registers functions and images again, and what is named after their new versions, without running the program.

An alias leads to a version of its function, and a Deployment's containers are of an image: these two follow at once.
Whatever else is made of what has changed is left to the program, and said to be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from local.engine import Engine
from local.providers.docker import IMAGE
from planning.errors import PlanningError
from watching.packed import FUNCTION
from watching.record import Made, Record
from watching.rollout import DEPLOYMENT

FOLLOWER: Mapping[str, str] = {FUNCTION: "aws:lambda/alias:Alias", IMAGE: DEPLOYMENT}
"""The type that is named after a new version, by the type that gets one."""
AT_ONCE = 8
"""Resources that are registered at a time."""


@dataclass(kw_only=True)
class Renewal:
    """The end of a renewal."""

    failures: list[str] = field(default_factory=list)
    is_whole: bool = True
    """False if something else is made of what has changed, so that the program has to run once more."""


def renew(record: Record, engine: Engine, urns: Collection[str]) -> Renewal:
    """Registers the resources and their followers. Where something fails, the record stays as it was."""
    before, done = dict(record.made), Renewal()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for failures, is_whole in pool.map(lambda urn: _renew(record, engine, before, urn), urns):
            done.failures += failures
            done.is_whole &= is_whole
    if done.failures:
        record.made = before
    return done


def _renew(record: Record, engine: Engine, before: Mapping[str, Made], urn: str) -> tuple[list[str], bool]:
    """Registers a resource and its followers, and returns the failures and whether nothing else follows."""
    former = before[urn]
    try:
        outputs = engine.register(former.registration).outputs
    except PlanningError as error:
        return [str(error)], True
    old, new = _leaves(former.outputs), _leaves(outputs)
    changed = {old[path]: new[path] for path in old.keys() & new.keys() if old[path] != new[path]}
    failures: list[str] = []
    is_whole = not _holds(record.stack_outputs, changed)
    for each in before.values():
        made_of_it = {key for key, urns in each.registration.property_dependencies.items() if urn in urns}
        if not made_of_it:
            continue
        # A follower is registered in any case: that of an update before may have failed.
        if each.registration.type != FOLLOWER[former.registration.type]:
            same = set(old.values()) - changed.keys()
            is_whole &= not changed or all(
                _is_known(each.registration.inputs[key], same, changed) for key in made_of_it
            )
            continue
        inputs = {
            key: _replaced(value, changed) if key in made_of_it else value
            for key, value in each.registration.inputs.items()
        }
        try:
            engine.register(replace(each.registration, inputs=inputs))
        except PlanningError as error:
            failures.append(str(error))
    return failures, is_whole


def _is_known(value: Any, same: Collection[str], changed: Collection[str]) -> bool:
    """Returns whether an input shows what it is made of, and that this has not changed."""
    leaves = set(_leaves(value).values())
    return bool(leaves & set(same)) and not _holds(value, changed)


def _holds(value: Any, texts: Collection[str]) -> bool:
    return any(leaf in texts for leaf in _leaves(value).values())


def _leaves(value: Any) -> dict[tuple[str | int, ...], str]:
    """Returns the texts in a value by their paths."""
    return dict(_walk(value, ()))


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, (*path, number))


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """Returns a value with other texts in the place of some."""
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, list):
        return [_replaced(item, texts) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, texts) for key, item in value.items()}
    return value
