"""Pulumi's option `ignore_changes`: properties at these paths keep the values that they had."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from planning.run import Registration
from planning.wire import Wire


def with_ignored(registration: Registration, before: Wire) -> Wire:
    """Returns the inputs, with the values of `before` at the paths where the program says `ignore_changes`.

    Paths are Pulumi's: `spec.replicas`, `pools[0].count`, `pools[*].count`.
    """
    return restored(registration.inputs, before, registration.ignore_changes)


def restored(inputs: Wire, before: Wire, paths: Sequence[str]) -> Wire:
    """Returns properties with the values of `before` at some paths."""
    new: Wire = copy.deepcopy(inputs)
    for path in paths:
        _restore(new, before, re.findall(r"[^.\[\]]+", path))
    return new


def _restore(new: Any, old: Any, path: list[str]) -> None:
    """Puts the old value at `path` into `new`, or takes away what was not there."""
    head, *rest = path
    if isinstance(new, list) and isinstance(old, list):
        indices = range(min(len(new), len(old))) if head == "*" else [int(head)]
        pairs: list[tuple[Any, Any, Any]] = [(new, old, index) for index in indices if index < min(len(new), len(old))]
    elif isinstance(new, dict) and isinstance(old, dict):
        pairs = [(new, old, key) for key in ({*new, *old} if head == "*" else {head})]
    else:
        pairs = []
    for target, source, key in pairs:
        if rest:
            here, there = (s.get(key) if isinstance(s, dict) else s[key] for s in (target, source))
            _restore(here, there, rest)
        elif isinstance(source, dict) and key not in source:
            target.pop(key, None)
        else:
            target[key] = source[key]
