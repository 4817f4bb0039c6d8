"""The API's documentation page: Swagger UI shows the contract, with everything that the page needs on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from app.contract.document import load
from app.contract.operation import STAFF
from local import desired, issuer
from local.issuer import CONTRACT
from local.machine import Machine, read_json, write_json

KIND = "Documentation"
KEY = desired.key_of(KIND, "", "api")
PATH = "/docs"
RETURN = f"{PATH}/oauth2-redirect.html"
"""The page to which people come back from the issuer."""
BUNDLE = "fastapi-swagger"
"""The distribution that Swagger UI is taken from; its files are those of the npm package swagger-ui-dist."""

EXAMPLES = "examples.json"
"""The file in `.local` with the ids that the page's examples have instead of the contract's."""

Json = dict[str, Any]

_MEANINGS = {True: "Everybody's; counts for staff and programs.", False: "What is your own."}
"""The meaning of a scope: under True for the scopes of staff, under False for the others."""
_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


def serve(machine: Machine) -> None:
    """Publishes the page, and returns when the public endpoint serves it. Raises ProviderError when it does not."""
    publish(machine)
    desired.wait(machine, KEY, desired.get(machine, KEY))


def publish(machine: Machine) -> None:
    """Has the supervisor serve the page of the present contract, made anew where what it is made of has changed."""
    packages = [metadata.distribution(name) for name in (BUNDLE, "fastapi")]
    texts = [path.read_text() for path in (machine.root / CONTRACT, Path(__file__), Path(issuer.__file__))]
    versions = [f"{each.locate_file('')} {each.version}" for each in packages]
    addresses = [machine.endpoint_url, machine.issuer_url, _examples(machine)]
    sources = desired.digest_of({"made of": [*texts, *versions, *addresses]})
    if (desired.get(machine, KEY) or {}).get("sources") != sources:
        desired.put(machine, KEY, {"kind": KIND, "sources": sources, "pages": pages(machine)})


def exemplify(machine: Machine, ids: Mapping[str, str]) -> None:
    """Has the page's examples name things that exist.

    `ids` has their ids by the name of the contract's parameter, such as ProductId.
    """
    write_json(machine.home / EXAMPLES, dict(ids))
    publish(machine)


def pages(machine: Machine) -> dict[str, Json]:
    """Returns by path the media type, and the text or the file that holds it."""
    from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html

    contract = document(machine)
    bundle = metadata.distribution(BUNDLE)
    files = {name: str(bundle.locate_file(f"fastapi_swagger/resources/{name}")) for name in _ASSETS}
    response = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=contract["info"]["title"],
        # Another version is another address, so that neither a browser nor Envoy shows what it has read before.
        swagger_js_url=f"{PATH}/swagger-ui-bundle.js?{bundle.version}",
        swagger_css_url=f"{PATH}/swagger-ui.css?{bundle.version}",
        swagger_favicon_url="data:,",
        oauth2_redirect_url=RETURN,
        init_oauth={"clientId": issuer.customer("").client_id, "usePkceWithAuthorizationCodeGrant": True},
        swagger_ui_parameters={"validatorUrl": None},  # it is online
    )
    page, start = _split(bytes(response.body), f"{PATH}/start.js")
    returned, script = _split(bytes(get_swagger_ui_oauth2_redirect_html().body), f"{PATH}/oauth2-redirect.js")
    return {
        PATH: {"type": "text/html", "text": page},
        f"{PATH}/start.js": {"type": "text/javascript", "text": start},
        RETURN: {"type": "text/html", "text": returned, "returns": True},
        f"{PATH}/oauth2-redirect.js": {"type": "text/javascript", "text": script},
        "/openapi.json": {"type": "application/json", "text": json.dumps(contract)},
        **{f"{PATH}/{name}": {"type": _ASSETS[name], "file": file} for name, file in files.items()},
    }


def document(machine: Machine) -> Json:
    """Returns the contract with this machine's endpoint and the two ways to a token.

    People sign in at the local issuer; the token of a program is pasted.
    """
    contract = _with_ids_that_exist(machine, load(machine.root / CONTRACT))
    # The form would send it each time, and each new request would get the answer to the first.
    contract["components"].get("parameters", {}).get("IdempotencyKey", {}).pop("example", None)
    contract["servers"] = [{"url": machine.endpoint_url}]
    schemes = contract["components"]["securitySchemes"]
    people = {name for name, scheme in schemes.items() if scheme["type"] == "openIdConnect"}
    scopes = set()
    for operation in _operations(contract):
        for need in operation["security"]:
            scopes |= {scope for name in people & need.keys() for scope in need[name]}
        if any(people & need.keys() for need in operation["security"]):
            operation["security"] = [*operation["security"], {"pasted": []}]
    endpoints = issuer.discovery(machine)
    flow = {
        "authorizationUrl": endpoints["authorization_endpoint"],
        "tokenUrl": endpoints["token_endpoint"],
        "refreshUrl": endpoints["token_endpoint"],
        "scopes": {scope: _MEANINGS[scope.startswith(STAFF)] for scope in sorted(scopes)},
    }
    schemes.update({name: {"type": "oauth2", "flows": {"authorizationCode": flow}} for name in people})
    command = "./crosscloud token --program NAME"
    schemes["pasted"] = {"type": "http", "scheme": "bearer", "description": f"The output of `{command}`."}
    return contract


def _examples(machine: Machine) -> dict[str, str]:
    return read_json(machine.home / EXAMPLES) or {}


def _with_ids_that_exist(machine: Machine, contract: Json) -> Json:
    """Returns the contract with the ids of `exemplify` wherever it has those of its own examples."""
    text, parameters = json.dumps(contract), contract["components"].get("parameters", {})
    for name, id_ in _examples(machine).items():
        text = text.replace(parameters[name]["example"], id_)
    replaced: Json = json.loads(text)
    return replaced


def _operations(contract: Json) -> Iterator[Json]:
    """Yields the operations, each with the security that holds for all where it says nothing itself."""
    for item in contract["paths"].values():
        for operation in (value for value in item.values() if "responses" in value):
            operation.setdefault("security", contract.get("security", []))
            yield operation


def _split(html: bytes, address: str) -> tuple[str, str]:
    """Returns a page and its script, now loaded from `address`: the page's policy forbids a script in itself."""
    before, _, rest = html.decode().partition("<script>")
    content, _, after = rest.partition("</script>")
    return f'{before}<script src="{address}"></script>{after}', content
