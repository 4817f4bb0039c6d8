"""The documentation page at the public endpoint, on a real Envoy."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api_docs import page as documentation
from local import desired
from local.machine import Machine
from local.supervisor import client
from tests.support.waiting import PATIENCE
from tests.unit.local.envoy.emulator import emulator
from tests.unit.local.kubernetes.cluster import SYSTEM, clone
from tests.unit.local.supervisor.test_render import STAGE

CONTRACT = """
openapi: 3.0.3
info: {title: shop, version: "1"}
components: {securitySchemes: {jwt: {type: openIdConnect, openIdConnectUrl: https://issuer.example.com}}}
security: [{jwt: ["things:read"]}]
paths: {/things: {get: {responses: {"200": {description: The things.}}}}}
"""


class Links(HTMLParser):
    """The links that a page loads, and the scripts and styles that it has itself beside those."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.loaded += [link for name in ("src", "href") if (link := values.get(name)) and not link.startswith("data:")]
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)
        self.inline += [name for name in values if name == "style" or name.startswith("on")]


def publish(machine: Machine, contract: str) -> None:
    (machine.root / documentation.CONTRACT).write_text(contract)
    documentation.publish(machine)
    published = desired.get(machine, documentation.KEY)
    desired.wait(machine, documentation.KEY, published, timeout=PATIENCE)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = clone(tmp_path_factory.mktemp("clone"))
    (machine.root / documentation.CONTRACT).parent.mkdir(parents=True)
    client.ensure(machine, SYSTEM)
    stage = {**STAGE, "emulator": f"127.0.0.1:{machine.ports.emulator}"}
    desired.put(machine, "Stage/-/a1b2c3d4", stage)
    publish(machine, CONTRACT)
    desired.wait(machine, "Stage/-/a1b2c3d4", stage, timeout=PATIENCE)
    yield machine
    client.stop(machine)


def ask(machine: Machine, path: str, method: str = "GET") -> tuple[int, http.client.HTTPMessage, bytes]:
    context = ssl.create_default_context(cafile=str(machine.home / "ca.crt"))
    connection = http.client.HTTPSConnection("localhost", machine.ports.endpoint, context=context, timeout=PATIENCE)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_the_page_loads_nothing_but_this_endpoints_files(machine: Machine) -> None:
    status, headers, body = ask(machine, documentation.PATH)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    links = Links(body.decode())
    assert [link for link in links.loaded if not link.startswith(f"{documentation.PATH}/")] == []
    assert links.inline == [], "the policy would forbid it"
    types = {link.partition("?")[0].rpartition(".")[2]: ask(machine, link)[:2] for link in links.loaded}
    assert {kind: (status, headers["content-type"]) for kind, (status, headers) in types.items()} == {
        "css": (200, "text/css; charset=utf-8"),
        "js": (200, "text/javascript; charset=utf-8"),
    }


def test_files_arrive_whole(machine: Machine) -> None:
    for path, page in documentation.pages(machine).items():
        if "file" in page:
            assert ask(machine, path)[2] == Path(page["file"]).read_bytes()


def test_every_page_says_what_a_browser_may_do_with_it(machine: Machine) -> None:
    for path in documentation.pages(machine):
        _, headers, _ = ask(machine, path)
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["connect-src"] == f"'self' {machine.issuer_url}"
        assert (policy["script-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_page_that_signing_in_leads_back_to_finds_the_one_that_opened_it(machine: Machine) -> None:
    policies = {path: ask(machine, path)[1]["cross-origin-opener-policy"] for path in documentation.pages(machine)}
    assert policies.pop(documentation.RETURN) == "unsafe-none"
    assert set(policies.values()) == {"same-origin-allow-popups"}
    links = Links(ask(machine, documentation.RETURN)[2].decode())
    assert (links.loaded, links.inline) == ([f"{documentation.PATH}/oauth2-redirect.js"], [])
    script = ask(machine, links.loaded[0])[2].decode()
    assert "window.opener.swaggerUIRedirectOauth2" in script


def test_the_document_is_the_contract_with_this_endpoint(machine: Machine) -> None:
    status, headers, body = ask(machine, "/openapi.json")
    assert (status, headers["content-type"]) == (200, "application/json; charset=utf-8")
    served = json.loads(body)
    assert served["servers"] == [{"url": machine.endpoint_url}]
    assert served["info"] == {"title": "shop", "version": "1"}


def test_a_changed_contract_is_served(machine: Machine) -> None:
    try:
        publish(machine, CONTRACT.replace("shop", "market"))
        assert json.loads(ask(machine, "/openapi.json")[2])["info"]["title"] == "market"
    finally:
        publish(machine, CONTRACT)


def test_a_page_answers_get_and_head_only(machine: Machine) -> None:
    status, headers, body = ask(machine, documentation.PATH, "HEAD")
    assert (status, headers["content-type"], body) == (200, "text/html; charset=utf-8", b"")
    with emulator(machine.ports.emulator):
        assert json.loads(ask(machine, documentation.PATH, "POST")[2])["path"].endswith(documentation.PATH)
        assert json.loads(ask(machine, f"{documentation.PATH}/other")[2])["path"].endswith("/other")


def test_errors_of_the_gateway_keep_their_form(machine: Machine) -> None:
    status, headers, body = ask(machine, "/users/1")  # there is no emulator
    assert (status, headers["content-type"], json.loads(body)) == (
        503,
        "application/json",
        {"message": "Service Unavailable"},
    )
    assert "content-security-policy" not in headers
