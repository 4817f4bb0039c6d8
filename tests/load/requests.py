"""The requests of a load: plain data, so that another process can send them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

FRESH_ID = "@id@"
"""Stands in a header's value or in a body for a UUID that each request gets anew."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. An answer with a status that is not `expected` counts as lost."""

    method: str = "GET"
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    expected: frozenset[int] = frozenset({200})

    def with_fresh_id(self) -> Request:
        """Returns the request with a new UUID in the places of FRESH_ID, all of them the same."""
        fresh = str(uuid.uuid4())
        return replace(
            self,
            headers=tuple((name, value.replace(FRESH_ID, fresh)) for name, value in self.headers),
            body=self.body.replace(FRESH_ID.encode(), fresh.encode()),
        )


def get(*paths: str, headers: tuple[tuple[str, str], ...] = ()) -> tuple[Request, ...]:
    """Returns a GET of each path."""
    return tuple(Request(path=path, headers=headers) for path in paths)


def post(path: str, content: Any, *, headers: tuple[tuple[str, str], ...] = (), expected: int = 201) -> Request:
    """Returns a POST of the content as JSON."""
    return Request(
        method="POST",
        path=path,
        headers=(("content-type", "application/json"), *headers),
        body=json.dumps(content).encode(),
        expected=frozenset({expected}),
    )


@dataclass(frozen=True, kw_only=True)
class Part:
    """Requests that are sent in turn. In a mix `weight` of every sum of weights are of this part."""

    requests: Sequence[Request]
    weight: int = 1


@dataclass(frozen=True)
class Mix:
    """Requests by number, from parts with weights, whose turns are spread evenly."""

    parts: tuple[Part, ...]

    def __call__(self, number: int) -> Request:
        """Returns the request with this number, with a fresh id."""
        round_, turn = divmod(number, len(self._turns))
        index = self._turns[turn]
        part = self.parts[index]
        earlier = round_ * part.weight + self._turns[:turn].count(index)
        return part.requests[earlier % len(part.requests)].with_fresh_id()

    @cached_property
    def _turns(self) -> tuple[int, ...]:
        """Returns the parts, by their index, in the order of one round."""
        moments = [
            ((turn + 0.5) / part.weight, index) for index, part in enumerate(self.parts) for turn in range(part.weight)
        ]
        return tuple(index for _, index in sorted(moments))


def mix(*parts: Part | Sequence[Request]) -> Mix:
    """Returns a mix of the parts. Requests without a part of their own have the weight 1."""
    return Mix(tuple(part if isinstance(part, Part) else Part(requests=part) for part in parts))
