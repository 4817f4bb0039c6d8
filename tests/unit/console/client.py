"""A browser without a network: it sends what a browser sends, and keeps the cookie."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette

from console.place import Place


class Client:
    def __init__(self, app: Starlette, place: Place) -> None:
        self._app, self.place = app, place
        self.cookies: dict[str, str] = {}

    def signed_in(self) -> Client:
        answer = self.get(f"/sign-in?token={self.place.token}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        return self

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._send("GET", path, headers=headers)

    def post(self, path: str, members: Mapping[str, str], **headers: str) -> httpx.Response:
        """Sends a form as the console's own page does, unless `headers` say otherwise."""
        own = {"origin": self.place.address, "content-type": "application/x-www-form-urlencoded"}
        sent = {**own, **headers}
        return self._send("POST", path, headers={k: v for k, v in sent.items() if v}, content=urlencode(members))

    def page(self, path: str) -> str:
        """Returns the HTML of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def csrf(self, path: str) -> str:
        """Returns the value that the forms of a page hold."""
        match = re.search(r'name="csrf" value="([^"]+)"', self.page(path))
        assert match is not None
        return match[1]

    def _send(
        self, method: str, path: str, *, headers: Mapping[str, str], content: str | None = None
    ) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self.place.address) as http:
                cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                names: dict[str, Any] = {name.replace("_", "-"): value for name, value in headers.items()}
                if cookie:
                    names.setdefault("cookie", cookie)
                return await http.request(method, path, headers=names, content=content)

        answer = asyncio.run(sent())
        self.cookies |= dict(answer.cookies)
        return answer


def words(page: str) -> str:
    """Returns the text of HTML, as a person reads it."""
    without = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())
