"""Routes whose bodies are I-JSON, and that take no request without a caller.

What the contract refuses never reaches a model.
Both classes are the way that FastAPI documents for this: https://fastapi.tiangolo.com/how-to/custom-request-and-route/
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request, Response, params
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope

from app.contract import ijson
from app.contract.problems import UNSUPPORTED_MEDIA_TYPE, ProblemError
from app.services.kit.callers import caller_of
from app.services.kit.problems import BodyError

JSON = b"application/json"
"""The one media type of bodies."""


class JsonRequest(Request):
    """A request that reads its body as I-JSON. `read` is the body when it has been read already."""

    def __init__(self, scope: Scope, receive: Receive, *, read: bytes | None = None) -> None:
        super().__init__(scope, receive)
        self._read = read

    async def body(self) -> bytes:
        return await super().body() if self._read is None else self._read

    async def json(self) -> Any:
        try:
            return ijson.parse(await self.body())
        except ProblemError as problem:
            raise BodyError(problem) from None


class JsonRoute(APIRoute):
    """A route that takes no body but `application/json`. It refuses to be declared with a form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle
        if isinstance(self.body_field.field_info, params.Form):
            raise TypeError(f"{self.path}: {self.name} takes a form. Services take JSON: declare a model as its body.")

        async def strict(request: Request) -> Response:
            media_type = dict(request.scope["headers"]).get(b"content-type", b"")
            if media_type != JSON and media_type.partition(b";")[0].strip().lower() != JSON:
                raise ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body as Content-Type: application/json.")
            return await handle(JsonRequest(request.scope, request.receive))

        return strict


Router = partial(APIRouter, route_class=JsonRoute, dependencies=[Depends(caller_of)])
"""The router that services declare their routes on. FastAPI asks a dependency once a request, so that a route which
takes the caller too does not pay twice."""
