"""The API's documentation page: Swagger UI shows the contract, with everything that the page needs on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from local import desired
from local.machine import Machine

KIND = "Documentation"
KEY = desired.key_of(KIND, "", "api")
PATH = "/docs"
CONTRACT = Path("app/contract/openapi.yaml")
BUNDLE = "fastapi-swagger"
"""The distribution that Swagger UI is taken from; its files are those of the npm package swagger-ui-dist."""

Json = dict[str, Any]

_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<div id="page"></div>
<script src="{script}"></script>
<script src="{start}"></script>
</html>
"""
_OPTIONS = {"url": "/openapi.json", "dom_id": "#page", "deepLinking": True, "validatorUrl": None}
"""https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/. Without the validator, which is online."""


def publish(machine: Machine) -> None:
    """Has the supervisor serve the page of the present contract at the public endpoint."""
    value = {"kind": KIND, "pages": pages(machine)}
    if desired.get(machine, KEY) != value:
        desired.put(machine, KEY, value)


def pages(machine: Machine) -> dict[str, Json]:
    """Returns by path the media type, and the text or the file that holds it."""
    contract = document(machine)
    bundle = metadata.distribution(BUNDLE)
    files = {name: str(bundle.locate_file(f"fastapi_swagger/resources/{name}")) for name in _ASSETS}
    # Another version is another address, so that neither a browser nor Envoy shows what it has read before.
    page = _PAGE.format(
        title=contract["info"]["title"],
        style=f"{PATH}/swagger-ui.css?{bundle.version}",
        script=f"{PATH}/swagger-ui-bundle.js?{bundle.version}",
        start=f"{PATH}/start.js",
    )
    start = f"SwaggerUIBundle({json.dumps(_OPTIONS)});\n"
    return {
        PATH: {"type": "text/html", "text": page},
        f"{PATH}/start.js": {"type": "text/javascript", "text": start},
        "/openapi.json": {"type": "application/json", "text": json.dumps(contract)},
        **{f"{PATH}/{name}": {"type": _ASSETS[name], "file": file} for name, file in files.items()},
    }


def document(machine: Machine) -> Json:
    """Returns the contract with this machine's endpoint, and with tokens that are pasted: nobody can log in here."""
    contract: Json = yaml.safe_load((machine.root / CONTRACT).read_text())
    contract["servers"] = [{"url": machine.endpoint_url}]
    schemes = contract["components"]["securitySchemes"]
    tokens = {name for name, scheme in schemes.items() if scheme["type"] == "openIdConnect"}
    scopes = {scope for operation in _operations(contract) for scope in _take_scopes(operation, tokens)}
    command = f'.venv/bin/python -m local token --sub alice --scope "{" ".join(sorted(scopes))}"'
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": f"The output of `{command}`."}
    schemes.update(dict.fromkeys(tokens, bearer))
    return contract


def _operations(contract: Json) -> Iterator[Json]:
    """Yields the operations, each with the security that holds for all where it says nothing itself."""
    for item in contract["paths"].values():
        for operation in (value for value in item.values() if "responses" in value):
            operation.setdefault("security", contract.get("security", []))
            yield operation


def _take_scopes(operation: Json, tokens: Set[str]) -> list[str]:
    """Moves the scopes of tokens into the description, and returns them.

    OpenAPI 3.0 has no scopes in the schemes for pasted tokens.
    """
    needs: list[dict[str, list[str]]] = operation["security"]
    scopes = sorted({scope for need in needs for name in tokens & need.keys() for scope in need[name]})
    if scopes:
        text = f"{operation.get('description', '').rstrip()}\n\nScopes: {', '.join(f'`{scope}`' for scope in scopes)}."
        operation["description"] = text.lstrip()
    operation["security"] = [{name: [] if name in tokens else need[name] for name in need} for need in needs]
    return scopes
