"""Finds the route of a request by its method and path, where the framework tries one route after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.services.kit.direct import Direct
from app.services.kit.plain import direct
from app.services.kit.routing import JsonRoute

_PARAMETER = re.compile(r"{(\w+)}")


class _Form(NamedTuple):
    """The form of the requests that a route takes."""

    methods: frozenset[str]
    segments: tuple[str | None, ...]
    """The constants in the path between slashes, None for each parameter."""
    names: tuple[str, ...]
    """The names of the parameters."""

    @classmethod
    def of(cls, route: BaseRoute) -> _Form | None:
        """Returns the form of a route, None when a segment of its path is neither a constant nor a plain parameter."""
        if not isinstance(route, APIRoute):
            return None
        segments = route.path.split("/")
        names = [match[1] if (match := _PARAMETER.fullmatch(segment)) else None for segment in segments]
        if any(name is None and "{" in segment for name, segment in zip(names, segments, strict=True)):
            return None
        constants = (segment if name is None else None for name, segment in zip(names, segments, strict=True))
        return cls(frozenset(route.methods or ()), tuple(constants), tuple(name for name in names if name is not None))

    def meets(self, other: _Form) -> bool:
        """Tells whether a request may be of both forms."""
        return (
            not self.methods.isdisjoint(other.methods)
            and len(self.segments) == len(other.segments)
            and all(None in pair or pair[0] == pair[1] for pair in zip(self.segments, other.segments, strict=True))
        )

    def parameters(self, segments: list[str]) -> dict[str, str] | None:
        """Returns the parameters in a path with as many segments, None when it is not of this form."""
        values = []
        for own, given in zip(self.segments, segments, strict=True):
            if own is None and given:
                values.append(given)
            elif own != given:
                return None
        return dict(zip(self.names, values, strict=True))


class Table:
    """The routes that have a direct way, in front of the application that takes all other requests.

    A route that is behind another one for some of its requests is left to that application.
    """

    def __init__(self, routes: Sequence[BaseRoute], otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._ways: dict[tuple[str, int], list[tuple[_Form, Direct]]] = {}
        before: list[_Form | None] = []
        for route in routes:
            form = _Form.of(route)
            way = direct(route) if isinstance(route, JsonRoute) else None
            if way is not None and form is not None and not any(each is None or each.meets(form) for each in before):
                for method in form.methods:
                    self._ways.setdefault((method, len(form.segments)), []).append((form, way))
            before.append(form)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope.get("root_path"):
            segments = scope["path"].split("/")
            for form, way in self._ways.get((scope["method"], len(segments)), ()):
                parameters = form.parameters(segments)
                if parameters is not None:
                    await way(parameters, scope, receive, send, otherwise=self._otherwise)
                    return
        await self._otherwise(scope, receive, send)
