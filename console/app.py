"""The console's web application: pages, their live streams, and what may be sent from them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles

from console.context import Context
from console.live import events
from console.rendering import FOLDER, THEMES, Renderer
from console.security import Guard, Keys, form
from console.views import logs, metrics, orders, overview, parts, program, queues, requests
from console.views.view import Address, MissingError, Show, View

VIEWS: Mapping[str, Show] = {
    "/": overview.show,
    "/parts": parts.show,
    "/requests": requests.show,
    "/requests/{id:path}": requests.show_one,
    "/traces/{id}": requests.show_trace,
    "/orders": orders.show,
    "/orders/{id}": orders.show_one,
    "/queues": queues.show,
    "/metrics": metrics.show,
    "/logs": logs.show,
    "/resources": program.show,
    "/resources/{number}": program.show_one,
    "/changes": program.show_changes,
}
"""The pages by their paths."""
MESSAGE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,99})?")
"""The id of a message; empty for all of a queue."""
YEAR = 365 * 24 * 3600
"""Seconds for which a browser stays signed in."""


def application(context: Context, *, stopping: Callable[[], bool] = lambda: False) -> Starlette:
    """Returns the application. `stopping` says that open streams are to end."""
    site = Site(context, stopping)
    return Starlette(
        routes=[
            *(Route(path, functools.partial(site.page, show=show)) for path, show in VIEWS.items()),
            Route("/live", site.live),
            Route("/sign-in", site.sign_in, methods=["GET", "POST"]),
            Route("/queues/{queue}/redrive", site.redrive, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[Middleware(Guard, keys=site.keys, port=context.place.port)],
        exception_handlers={404: site.missing},
    )


class Site:
    """Answers requests that the guard has let pass."""

    def __init__(self, context: Context, stopping: Callable[[], bool]) -> None:
        machine = context.place.machine
        self.keys = Keys(context.place.token, context.place.port)
        self._context, self._stopping = context, stopping
        self._renderer = Renderer(csrf=self.keys.form, clone=machine.root.name, home=str(machine.home))
        self._pages = [(Route(path, self.missing), show) for path, show in VIEWS.items()]

    async def page(self, request: Request, *, show: Show) -> Response:
        """Answers with a page."""
        self._context.catch_up()
        at = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        address = Address(parameters=request.path_params, query=dict(request.query_params))
        try:
            view = await show(self._context, address)
        except MissingError as error:
            return self._message(request, str(error))
        return HTMLResponse(self._renderer.page(view, theme=_theme(request), at=at))

    async def live(self, request: Request) -> Response:
        """Streams the panels of the page whose address is in `at`."""
        try:
            target = urlsplit(request.query_params.get("at", "/"))
        except ValueError:
            return PlainTextResponse("This is no address of a page.\n", 404)
        found = self._found(target.path)
        if found is None:
            return PlainTextResponse("There is no such page.\n", 404)
        show, parameters = found
        address = Address(parameters=parameters, query=dict(parse_qsl(target.query)))

        async def again() -> View:
            return await show(self._context, address)

        stream = events(self._context, self._renderer, again, self._stopping)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def sign_in(self, request: Request) -> Response:
        """Gives the cookie to who has the token."""
        sent = request.query_params if request.method == "GET" else await form(request)
        if not self.keys.is_token(sent.get("token", "")):
            return PlainTextResponse("This is not the token that `make up` prints.\n", 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.keys.cookie, self.keys.session, max_age=YEAR, httponly=True, samesite="strict")
        return answer

    async def redrive(self, request: Request) -> Response:
        """Gives dead letters back, and leads to the page that says what became of them."""
        sent = await form(request)
        if not self.keys.is_form(sent.get("csrf", "")):
            return PlainTextResponse("The form is not one of this console's pages. Load the page again.\n", 403)
        known = {queue.source for queue in await self._context.messages() or () if queue.is_dead}
        queue = request.path_params["queue"]
        if queue not in known:
            there = ", ".join(sorted(known)) or "nothing"
            return PlainTextResponse(f"There are dead letters of {there}, not of {queue}.\n", 404)
        message = sent.get("message", "")
        if not MESSAGE.fullmatch(message):
            return PlainTextResponse("A message is named by letters, digits and '-'.\n", 400)
        await queues.redrive(self._context, queue=queue, message=message)
        return RedirectResponse("/queues", 303)

    async def missing(self, request: Request, _: Exception | None = None) -> Response:
        """Answers where there is no page. Who has not signed in learns nothing of this clone."""
        if not self.keys.is_session(request.cookies.get(self.keys.cookie, "")):
            return PlainTextResponse("There is nothing here.\n", 404)
        return self._message(request, f"There is no page {request.url.path}.")

    def _message(self, request: Request, text: str) -> Response:
        return HTMLResponse(self._renderer.message(title="Not found", text=text, theme=_theme(request)), 404)

    def _found(self, path: str) -> tuple[Show, dict[str, str]] | None:
        """Returns the page at a path with the named parts of the path."""
        scope = {"type": "http", "method": "GET", "path": path or "/", "headers": []}
        for route, show in self._pages:
            match, child = route.matches(scope)
            if match is Match.FULL:
                return show, child["path_params"]
        return None


def _theme(request: Request) -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in THEMES else ""
