"""Takes a request of a route without FastAPI's solver, which costs more than all the rest of the request.

A route's parameters and dependencies are known when it is declared. `kit/plain.py` lists them; here they are read, by
FastAPI's own validators, and the functions are called. A request that is refused has had no effect yet: it goes
FastAPI's way, which says what is wrong with it. What this saves is in
docs/decisions/0023-good-requests-are-taken-directly.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi import Request, Response
from fastapi.routing import APIRoute, serialize_response
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract import ijson
from app.contract.problems import ProblemError
from app.services.kit.routing import JSON, JsonRequest

if TYPE_CHECKING:
    from fastapi._compat import ModelField

PATH, QUERY, HEADERS = range(3)
"""The places of parameters."""
_NO_QUERY: Mapping[str, str] = {}


class Parameter(NamedTuple):
    """A parameter that is read from the request."""

    name: str
    """Its name in the function."""
    place: int
    alias: Any
    """Its name in the request: bytes in lower case for a header, else a text."""
    field: ModelField
    required: bool
    default: Any


class Step(NamedTuple):
    """The call of a dependency, or of the route's function."""

    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    request: str | None
    """The function's parameter that gets the request itself."""
    results: tuple[tuple[str, int], ...]
    """The function's parameters that get the results of earlier steps, with the numbers of these."""


class _RefusedError(Exception):
    """The request is for FastAPI to answer."""


class Direct:
    """The direct way of a route: its `steps`, of which the last one calls the route's function."""

    def __init__(self, route: APIRoute, steps: tuple[Step, ...]) -> None:
        self._route = route
        self._steps = steps
        self._body = route.body_field and route.dependant.body_params[0]
        self._asks_query = any(parameter.place == QUERY for step in steps for parameter in step.parameters)

    async def __call__(
        self, path: dict[str, str], scope: Scope, receive: Receive, send: Send, *, otherwise: ASGIApp
    ) -> None:
        """Answers a request with these parameters in its path, or has `otherwise` answer it."""
        scope["route"], scope["endpoint"], scope["path_params"] = self._route, self._route.endpoint, path
        headers = dict(scope["headers"])
        message: Message | None = None
        arguments: list[dict[str, Any]] | None = None
        # FastAPI says which of two headers of the same name counts, and what is no JSON.
        if len(headers) == len(scope["headers"]) and (self._body is None or headers.get(b"content-type") == JSON):
            message = None if self._body is None else await receive()
            arguments = self._arguments(path, scope["query_string"], headers, message)
        if arguments is None:
            await otherwise(scope, receive if message is None else _repeated(message, receive), send)
            return
        request = JsonRequest(scope, receive, read=message["body"]) if message else Request(scope, receive, send)
        result = await self._taken(arguments, request)
        answer = result if isinstance(result, Response) else await self._answer(result)
        await answer(scope, receive, send)

    def _arguments(
        self, path: Mapping[str, str], query: bytes, headers: Mapping[bytes, bytes], message: Message | None
    ) -> list[dict[str, Any]] | None:
        """Returns what each step reads from the request, None when a part of it is refused."""
        parsed = QueryParams(query) if query and self._asks_query else _NO_QUERY
        places = (path, parsed, headers)
        try:
            arguments = [_read(step.parameters, places) for step in self._steps]
            if self._body is not None and message is not None:
                arguments[-1][self._body.name] = _validated(self._body, _body(message))
        except _RefusedError:
            return None
        return arguments

    async def _taken(self, arguments: list[dict[str, Any]], request: Request) -> Any:
        """Returns what the route's function returns. Raises what a step raises."""
        results: list[Any] = []
        for step, values in zip(self._steps, arguments, strict=True):
            if step.request is not None:
                values[step.request] = request
            for name, number in step.results:
                values[name] = results[number]
            results.append(await step.function(**values))
        return results[-1]

    async def _answer(self, returned: Any) -> Response:
        content = await serialize_response(field=self._route.response_field, response_content=returned, dump_json=True)
        return Response(content, self._route.status_code or 200, media_type="application/json")


def _read(parameters: tuple[Parameter, ...], places: tuple[Mapping[Any, Any], ...]) -> dict[str, Any]:
    values = {}
    for name, place, alias, field, required, default in parameters:
        given = places[place].get(alias)
        if given is not None:
            values[name] = _validated(field, given.decode("latin-1") if place == HEADERS else given)
        elif required:
            raise _RefusedError
        else:
            values[name] = default
    return values


def _body(message: Message) -> Any:
    """Returns the value of a body that came whole in this message."""
    if message["type"] != "http.request" or message.get("more_body") or not message.get("body"):
        raise _RefusedError
    try:
        return ijson.parse(message["body"])
    except ProblemError:
        raise _RefusedError from None


def _validated(field: ModelField, value: Any) -> Any:
    valid, errors = field.validate(value)
    if errors:
        raise _RefusedError
    return valid


def _repeated(message: Message, receive: Receive) -> Receive:
    """Returns a `receive` that gives the message, which has been received, once more."""
    waiting = [message]

    async def repeated() -> Message:
        return waiting.pop() if waiting else await receive()

    return repeated
