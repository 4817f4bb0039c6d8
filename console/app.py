"""The console's web application: pages, their live streams, and what may be sent from them."""

from __future__ import annotations

import functools
from collections.abc import Callable
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
from console.views.view import Asked, MissingError, Show, View

VIEWS: dict[str, Show] = {
    "/": overview.show,
    "/parts": parts.show,
    "/requests": requests.show,
    "/requests/{id}": requests.show_one,
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
YEAR = 365 * 24 * 3600
"""Seconds for which a browser stays signed in."""


def application(context: Context, *, stopping: Callable[[], bool] = lambda: False) -> Starlette:
    """Returns the application. `stopping` says that open streams are to end."""
    keys = Keys(context.place.token, context.place.port)
    renderer = Renderer(csrf=keys.form, clone=context.place.machine.root.name, home=str(context.place.machine.home))

    async def page(request: Request, show: Show) -> Response:
        context.catch_up()
        theme, address = _theme(request), request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            view = await show(context, Asked(parameters=request.path_params, query=dict(request.query_params)))
        except MissingError as error:
            return HTMLResponse(renderer.message(title="Not found", text=str(error), theme=theme), 404)
        return HTMLResponse(renderer.page(view, theme=theme, address=address))

    async def live(request: Request) -> Response:
        """Streams the panels of the page whose address is in `at`."""
        target = urlsplit(request.query_params.get("at", "/"))
        found = _found(target.path)
        if found is None:
            return PlainTextResponse("There is no such page.\n", 404)
        show, parameters = found
        asked = Asked(parameters=parameters, query=dict(parse_qsl(target.query)))

        async def again() -> View:
            return await show(context, asked)

        stream = events(context, renderer, again, stopping)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def sign_in(request: Request) -> Response:
        sent = request.query_params.get("token", "") if request.method == "GET" else (await form(request)).get("token")
        if not keys.is_token(sent or ""):
            return PlainTextResponse("This is not the token that `make up` prints.\n", 401)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(keys.cookie, keys.session, max_age=YEAR, httponly=True, samesite="strict", path="/")
        return answer

    async def redrive(request: Request) -> Response:
        sent = await form(request)
        if not keys.is_form(sent.get("csrf", "")):
            return PlainTextResponse("The form is not one of this console's pages. Load the page again.\n", 403)
        known = {queue.source for queue in await context.messages() or () if queue.is_dead}
        queue = request.path_params["queue"]
        if queue not in known:
            return PlainTextResponse(f"There are dead letters of {', '.join(sorted(known))}, not of {queue}.\n", 404)
        await queues.redrive(context, queue=queue, message=sent.get("message", ""))
        return RedirectResponse("/queues", 303)

    async def missing(request: Request, _: Exception) -> Response:
        text = f"There is no page {request.url.path}."
        return HTMLResponse(renderer.message(title="Not found", text=text, theme=_theme(request)), 404)

    pages = [Route(path, functools.partial(page, show=show)) for path, show in VIEWS.items()]
    return Starlette(
        routes=[
            *pages,
            Route("/live", live),
            Route("/sign-in", sign_in, methods=["GET", "POST"]),
            Route("/queues/{queue}/redrive", redrive, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[Middleware(Guard, keys=keys, port=context.place.port)],
        exception_handlers={404: missing},
    )


def _theme(request: Request) -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in THEMES else ""


@functools.cache
def _routes() -> list[tuple[Route, Show]]:
    async def nothing(_: Request) -> Response:
        return Response()

    return [(Route(path, nothing), show) for path, show in VIEWS.items()]


def _found(path: str) -> tuple[Show, dict[str, str]] | None:
    """Returns the page at a path with the named parts of the path."""
    scope = {"type": "http", "method": "GET", "path": path or "/", "headers": []}
    for route, show in _routes():
        match, child = route.matches(scope)
        if match is Match.FULL:
            return show, child["path_params"]
    return None
