"""A view: what a page shows, cut into panels that are sent again one by one when they change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.context import Context


class MissingError(Exception):
    """There is nothing at an address. The message says what to do instead."""


@dataclass(frozen=True, kw_only=True)
class View:
    """The content of a page."""

    template: str
    """The page's template in `templates/views`, which says where its panels are."""
    title: str
    area: str
    """The page's place in the navigation."""
    panels: Mapping[str, Mapping[str, Any]]
    """The values of each panel, by the name of its template in `templates/panels`."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Values of the page outside of its panels, such as those of a form: they are not sent again."""
    command: str = ""
    """The command that prints the same in a terminal."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """The address of a page."""

    parameters: Mapping[str, str]
    """The named parts of the path."""
    query: Mapping[str, str]


Show = Callable[[Context, Address], Awaitable[View]]
"""Returns the view of an address. Raises MissingError."""
