"""Lets in who has the token, and no other site: a console on loopback can be reached by every page that is open here.

A name that somebody else's DNS gives to this machine has another Host. Another site's request has another Origin, and
gets no cookie. A form holds a value that only a page of the console knows.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_FORM = 16 * 1024
"""Bytes of a form."""
OPEN = ("/sign-in", "/static/")
"""Beginnings of the paths that need no sign-in."""
SAFE = ("GET", "HEAD")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With `no-referrer` a browser would send the console's own forms with the Origin `null`.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Keys:
    """The values of the cookie and of the forms. They are made of the token, which can't be read from them."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token.encode()
        self.cookie = f"console-{port}"
        """The cookie's name: cookies of one host are shared by all of its ports."""
        self.session = self._made("session")
        self.form = self._made("form")

    def is_token(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self._token)

    def is_session(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self.session.encode())

    def is_form(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self.form.encode())

    def _made(self, purpose: str) -> str:
        return hmac.new(self._token, purpose.encode(), hashlib.sha256).hexdigest()


class Guard:
    """The middleware in front of every page."""

    def __init__(self, app: ASGIApp, *, keys: Keys, port: int) -> None:
        self._app, self._keys = app, keys
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.get("host", "")
        if host not in self._hosts:
            allowed = " or ".join(sorted(self._hosts))
            return PlainTextResponse(f"The Host must be {allowed}, not {host[:100]!r}.\n", 400)
        if scope["method"] not in SAFE and headers.get("origin") != f"http://{host}":
            return PlainTextResponse("Only a page of the console itself may send this.\n", 403)
        if path.startswith(OPEN):
            return None
        if not self._keys.is_session(Request(scope).cookies.get(self._keys.cookie, "")):
            return _unknown(headers)
        return None


def _unknown(headers: Headers) -> Response:
    """Returns the answer to somebody who has not signed in: people get a page, programs a sentence."""
    if "text/html" in headers.get("accept", ""):
        return Response(status_code=401, content=SIGN_IN, media_type="text/html")
    return PlainTextResponse("Sign in by the link that `make up` prints.\n", 401)


SIGN_IN = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in · crosscloud</title>
<link rel="stylesheet" href="/static/console.css"></head>
<body class="alone"><main>
<h1>crosscloud <small>local console</small></h1>
<p>Open the link that <code>make up</code> and <code>make console</code> print, or paste the token in it.</p>
<form method="post" action="/sign-in">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>
</main></body></html>
"""


async def form(request: Request) -> Mapping[str, str]:
    """Returns the members of a form; of one that comes more than once the first value. A long one is cut off."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            break
    members = parse_qs(body[:LONGEST_FORM].decode(errors="replace"))
    return {name: values[0] for name, values in members.items()}
