"""The web server of the local identity provider: its documents, a page to sign in, and tokens for codes.

`python -m local.sign_in ROOT` serves the clone at ROOT on loopback. It speaks authorization code with PKCE, as Cognito
does with an application that keeps no secret. It asks for no password: a click chooses who one is. Codes and refresh
tokens are good for one use, and for as long as the process lives.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import uvicorn
from jinja2 import Template
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from local import issuer
from local.issuer import PEOPLE
from local.machine import Machine
from local.processes import ProcessSpec, answers
from local.setup import open_machine

CODE_SECONDS = 60
"""Seconds within which a code must be redeemed."""
SESSION_SECONDS = 12 * 3600
"""Seconds for which a refresh token is good."""
_SECRETS = {"authorization_code": "code", "refresh_token": "refresh_token"}
"""The member of a token request that holds the secret, by its grant_type."""
_ORIGINS = r"https?://(localhost|127\.0\.0\.1)(:[1-9]\d{0,4})?"
"""Pages of this machine: the API's documentation, and front ends in development."""
_RETURN = re.compile(rf"{_ORIGINS}(/[^?#\s]*)?")
"""The address of a page of this machine, to which a query can be added."""
_PAGE = Template(Path(__file__).with_name("sign_in.html.jinja").read_text(), autoescape=True)
_HEADERS = {"cache-control": "no-store", "x-frame-options": "DENY", "referrer-policy": "no-referrer"}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The person and the scope that a code or a refresh token may be exchanged for."""

    person: str
    scope: str
    ends: float
    """The moment, on time.monotonic, after which it is worth nothing."""
    redirect_uri: str = ""
    challenge: str = ""
    """The value that the code verifier's hash must have."""


def spec(machine: Machine) -> ProcessSpec:
    """Returns how the supervisor runs the server."""
    return ProcessSpec(
        name="issuer",
        argv=(sys.executable, "-m", "local.sign_in", str(machine.root)),
        env={"PATH": os.defpath, "PYTHONNOUSERSITE": "1"},
        cwd=Path(__file__).resolve().parents[1],
        log=machine.logs / "issuer.log",
        ports=(machine.ports.issuer,),
        ready=lambda: answers(f"{machine.issuer_url}/jwks.json"),
    )


def application(machine: Machine) -> Starlette:
    """Returns the server's application."""
    grants: dict[str, Grant] = {}

    async def discovery(_: Request) -> Response:
        return JSONResponse(issuer.discovery(machine))

    async def keys(_: Request) -> Response:
        return JSONResponse(issuer.key_set(machine))

    async def authorize(request: Request) -> Response:
        """Shows who one may be; a click leads back to the application with a code."""
        query = request.query_params
        if problem := _problem(machine, query):
            return JSONResponse({"error": "invalid_request", "error_description": problem}, 400)
        person = (await _form(request)).get("person", "")
        if request.method == "GET" or person not in PEOPLE:
            return HTMLResponse(_PAGE.render(query=urlencode(query), people=PEOPLE), headers=_HEADERS)
        grant = Grant(
            person=person,
            scope=query.get("scope", ""),
            ends=time.monotonic() + CODE_SECONDS,
            redirect_uri=query["redirect_uri"],
            challenge=query["code_challenge"],
        )
        answer = {"code": _keep(grants, grant)} | ({"state": query["state"]} if "state" in query else {})
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 303, headers=_HEADERS)

    async def token(request: Request) -> Response:
        """Exchanges a code, or a refresh token, for an access token and the next refresh token (RFC 6749, 4.1.3, 6)."""
        form = await _form(request)
        grant = grants.pop(form.get(_SECRETS.get(form.get("grant_type", ""), ""), ""), None)
        if grant is None or grant.ends < time.monotonic() or not _redeems(form, grant):
            return JSONResponse({"error": "invalid_grant"}, 400, headers=_HEADERS)
        refresh = Grant(person=grant.person, scope=grant.scope, ends=time.monotonic() + SESSION_SECONDS)
        answer = {
            "access_token": issuer.token(machine, PEOPLE[grant.person], scope=grant.scope),
            "token_type": "Bearer",
            "expires_in": issuer.LIFETIME,
            "scope": grant.scope,
            "refresh_token": _keep(grants, refresh),
        }
        return JSONResponse(answer, headers=_HEADERS)

    pages = Middleware(CORSMiddleware, allow_origin_regex=_ORIGINS, allow_methods=["GET", "POST"], allow_headers=["*"])
    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks.json", keys),
            Route("/authorize", authorize, methods=["GET", "POST"]),
            Route("/token", token, methods=["POST"]),
        ],
        middleware=[pages],
    )


def _problem(machine: Machine, query: Mapping[str, str]) -> str | None:
    """Returns what is wrong with a request to sign in; None for a good one."""
    if not _RETURN.fullmatch(query.get("redirect_uri", "")):
        return f"redirect_uri must be a page of this machine, such as {machine.endpoint_url}/docs/oauth2-redirect.html"
    if query.get("response_type") != "code":
        return "response_type must be code"
    if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
        return "code_challenge must be there, with the code_challenge_method S256 (RFC 7636)"
    return None


async def _form(request: Request) -> dict[str, str]:
    """Returns the members of the body, a form; of one that comes more than once the first value."""
    body = (await request.body()).decode(errors="replace")
    return {name: values[0] for name, values in parse_qs(body).items()}


def _redeems(form: Mapping[str, str], grant: Grant) -> bool:
    """Returns whether the request shows what the grant asks for: a code needs its page and its verifier."""
    if not grant.challenge:
        return form["grant_type"] == "refresh_token"
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        form["grant_type"] == "authorization_code"
        and secrets.compare_digest(challenge.encode(), grant.challenge.encode())
        and form.get("redirect_uri") == grant.redirect_uri
    )


def _keep(grants: dict[str, Grant], grant: Grant) -> str:
    secret = secrets.token_urlsafe(32)
    grants[secret] = grant
    return secret


if __name__ == "__main__":
    here = open_machine(Path(sys.argv[1]), create=False)
    uvicorn.run(application(here), host="127.0.0.1", port=here.ports.issuer, log_level="warning")
