"""Customers, staff and programs on a running stack: through the gateway, both clouds and the databases."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from local import issuer
from tests.support.contract import all_scopes
from tests.support.customer import Customer
from tests.support.stack import Stack, problem
from tests.support.waiting import eventually

MARK, OTHER = "123", "124"
"""Users whom the seeds know."""


def request(stack: Stack, token: str, method: str, path: str, body: object = None) -> tuple[int, object]:
    answer = stack.request(method, path, token=token, json_body=body)
    return answer.status, answer.json() if answer.data else None


def own_token(stack: Stack, name: str) -> str:
    """Returns the token of a customer who asks for every scope."""
    return stack.token(sub=name, kind="customer", scope=all_scopes())


def test_a_customer_reaches_their_own_and_nothing_of_another(stack: Stack) -> None:
    token = own_token(stack, MARK)
    assert request(stack, token, "GET", f"/users/{MARK}")[1] == {"id": MARK, "name": "Mark Wells", "role": "Engineer"}
    for path in ("invoices", "activity", "overview"):
        assert request(stack, token, "GET", f"/users/{MARK}/{path}")[0] == 200
        assert request(stack, token, "GET", f"/users/{OTHER}/{path}")[0] == 403
    assert request(stack, token, "GET", f"/users/{OTHER}")[0] == 403
    assert request(stack, token, "POST", "/users", {"user_id": OTHER})[0] == 403
    assert request(stack, token, "DELETE", f"/users/{OTHER}")[0] == 403
    assert request(stack, token, "GET", "/users")[0] == 403
    assert request(stack, token, "GET", "/analytics/summary")[0] == 403
    theirs = stack.request("GET", f"/users/{OTHER}/invoices", token=stack.token(scope="staff:billing:read")).json()
    answer = stack.request("GET", f"/invoices/{theirs['items'][0]['id']}", token=token)
    assert (answer.status, problem(answer)["detail"]) == (404, "There is no invoice with this id.")


@pytest.mark.parametrize("kind", ["staff", "program"])
def test_staff_and_programs_reach_everybody_s(stack: Stack, kind: str) -> None:
    token = stack.token(sub="bob", kind=kind, scope="staff:users:read staff:billing:read")
    assert request(stack, token, "GET", f"/users/{OTHER}")[0] == 200
    assert request(stack, token, "GET", f"/users/{OTHER}/invoices")[0] == 200
    assert request(stack, token, "GET", f"/users/{OTHER}/activity")[0] == 403


def test_the_command_gives_each_the_scopes_that_count_for_them(stack: Stack) -> None:
    def scopes(command: str) -> set[str]:
        done = stack.run(*command.split()[1:])
        assert done.code == 0, done.err
        payload = done.out.split(".")[1]
        return set(json.loads(base64.urlsafe_b64decode(payload + "=="))["scope"].split())

    assert scopes("local token --staff bob") == set(all_scopes().split())
    assert scopes("local token --program erp") == set(all_scopes().split())
    assert scopes("local token --customer alice") == {scope for scope in all_scopes().split() if "staff:" not in scope}
    for wrong in ((), ("--customer", "alice", "--staff", "bob")):
        done = stack.run("token", *wrong)
        assert (done.code, "one of --customer ID, --staff NAME or --program NAME" in done.err) == (1, True)


def test_nobody_takes_the_ids_of_an_order(stack: Stack) -> None:
    alice = Customer(stack, f"c-{uuid.uuid4().hex[:8]}")
    thief = stack.token(sub="function:fulfilment", kind="program", scope=all_scopes())
    product = alice.product()
    order = alice.order(product).json()
    for version in (1, 2, 3):
        id_ = str(uuid.uuid5(uuid.UUID(order["id"]), str(version)))
        event = {"id": id_, "type": "login", "user_id": "nobody", "occurred_at": "2026-11-02T09:30:00Z"}
        assert request(stack, thief, "POST", "/events", {"events": [event]})[0] == 200
    item = {"product_id": product, "quantity": 1, "unit_price": "0.01"}
    draft = {"user_id": "nobody", "order_id": order["id"], "currency": "EUR", "items": [item]}
    assert request(stack, thief, "POST", "/invoices", draft)[0] == 422

    eventually(lambda: alice.get(f"/orders/{order['id']}")["status"] == "INVOICED" or None, what="the invoice")
    path = f"/users/{alice.name}/activity?limit=100"
    eventually(lambda: len(alice.get(path)["items"]) == 3 or None, what="the order's three events")


def test_somebody_signs_in_from_the_documentation(stack: Stack) -> None:
    """Does what Swagger UI does: reads where to sign in, sends the person there, and exchanges the code."""
    machine = stack.machine
    scheme = stack.request("GET", "/openapi.json").json()["components"]["securitySchemes"]["jwt"]
    flow = scheme["flows"]["authorizationCode"]
    verifier = uuid.uuid4().hex * 2
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = f"{machine.endpoint_url}/docs/oauth2-redirect.html"
    asked = {
        "response_type": "code",
        "client_id": issuer.DOCUMENTATION_CLIENT,
        "redirect_uri": back,
        "scope": " ".join(flow["scopes"]),
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    clicked = post(flow["authorizationUrl"], asked, {"person": MARK})
    location = urlsplit(str(clicked.headers["location"]))
    assert stack.request("GET", location.path).status == 200
    (code,) = parse_qs(location.query)["code"]
    redeemed = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    given = post(flow["tokenUrl"], {}, redeemed).json()
    assert request(stack, given["access_token"], "GET", f"/users/{MARK}")[0] == 200
    assert request(stack, given["access_token"], "GET", f"/users/{OTHER}")[0] == 403


def post(url: str, query: dict[str, str], form: dict[str, str]) -> urllib3.BaseHTTPResponse:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with urllib3.PoolManager() as http:
        target = f"{url}?{urlencode(query)}" if query else url
        return http.request("POST", target, body=urlencode(form), headers=headers, redirect=False)
