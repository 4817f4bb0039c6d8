"""Rotation of certificates under load: first of the leaves, then of the authorities in steps."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections import Counter
from pathlib import Path

from cryptography import x509

from app.contract import callers
from app.contract.callers import Reach
from app.functions.kit.retries import Retries
from app.functions.kit.secrets import CachedSecret
from app.functions.kit.upstream import Call, Ingress
from local.emulator import ROOT_KEY, ROOT_SECRET
from local.machine import REGION
from local.providers.aws.client import Aws
from planning.certificates import pem
from terminal.logs.files import members
from tests.support.customer import Customer
from tests.support.load import repeated
from tests.support.stack import Stack, client_context
from tests.support.waiting import PATIENCE, eventually

Pair = tuple[str, str]
SIGNED, SIGNS = "locallySignedCert:LocallySignedCert", "selfSignedCert:SelfSignedCert"
PAUSE = 0.2
CALLER = {callers.PRINCIPAL: callers.of_subject("rotation"), callers.REACH: Reach.ANY}
"""The headers that name the caller, as a function sends them to a service."""


def configure(stack: Stack, authorities: list[str], epoch: str) -> None:
    file = stack.root / "Pulumi.local.yaml"
    setting = f'crosscloud:certificates: {{authorities: {authorities}, epoch: "{epoch}", leafHours: 4800}}'
    text, count = re.subn("crosscloud:certificates: .*", setting, file.read_text())
    assert count == 1
    file.write_text(text)
    stack.up()


class Callers:
    """Customers who read, write and order through the endpoint, and a caller of the ingress that opens a connection for
    every call, with the client and the secret of the functions. None repeats a call that may have had an effect."""

    def __init__(self, stack: Stack, customer: Customer) -> None:
        self.complaints: list[str] = []
        self.orders: list[str] = []
        self.days_left: list[float] = []
        self._stack, self._customer, self._product = stack, customer, customer.product(stock=100_000)
        self._function = self._caller()

    def read(self) -> str:
        return f"read {self._ask('GET', '/users/123/overview')}"

    def write(self) -> str:
        items = [{"product_id": self._product, "quantity": 1, "unit_price": "1.00"}]
        invoice = {"user_id": "rotation", "currency": "EUR", "items": items}
        return f"write {self._ask('POST', '/invoices', invoice)}"

    def order(self) -> str:
        time.sleep(3 * PAUSE)  # an order keeps three functions and two services busy
        body = {"items": [{"product_id": self._product, "quantity": 1}]}
        answer = self._stack.request("POST", "/orders", token=self._customer.token, json_body=body)
        if answer.status == 201:
            self.orders.append(answer.json()["id"])
        return f"order {answer.status}"

    def call(self) -> str:
        self._function.close()
        call = Call(
            upstream="users",
            method="GET",
            path="/users/123",
            headers=CALLER,
            safe=False,
            answers=frozenset({200}),
            deadline=time.monotonic() + 10,
        )
        return f"call {self._function.send(call).status}"

    def _ask(self, method: str, path: str, body: object = None) -> int:
        return self._stack.request(method, path, token=self._customer.token, json_body=body).status

    def _caller(self) -> Ingress:
        machine = self._stack.machine
        environment = {
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
            "AWS_ENDPOINT_URL": machine.emulator_url,
        }
        arn = self._stack.outputs_of("secretsmanager/secret:Secret", "orchestrator")["arn"]
        return Ingress(
            f"https://localhost:{machine.ports.ingress}",
            CachedSecret(arn, environment, on_stale=self.complaints.append),
            Retries(),
            on_transition=lambda service, state: self.complaints.append(f"{service} {state}"),
            on_days_left=self.days_left.append,
        )


SUCCESSES = {"read 200", "write 201", "order 201", "call 200"}


def more(seen: Counter[int | str]) -> None:
    """Waits until each caller has got at least three more answers."""
    before = seen.copy()
    eventually(lambda: seen.keys() - SUCCESSES or all(seen[s] >= before[s] + 3 for s in SUCCESSES), what="answers")


def certificate(stack: Stack, type_: str, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(stack.outputs_of(type_, name)["certPem"].encode())


def shown(port: int) -> x509.Certificate:
    """Returns the certificate that a server shows to everybody."""
    return x509.load_pem_x509_certificate(ssl.get_server_certificate(("localhost", port), timeout=PATIENCE).encode())


def stated_end(port: int, trust: x509.Certificate) -> float:
    """Returns the end of a pod's certificate, in seconds since 1970, as its metric has it."""
    context = ssl.create_default_context(cadata=pem(trust))
    context.check_hostname = False
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=PATIENCE)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        (value,) = re.findall(r"^tls_certificate_not_after_seconds (\S+)$", text, re.MULTILINE)
        return float(value)
    finally:
        connection.close()


def pair(stack: Stack, name: str) -> Pair:
    key = stack.outputs_of("privateKey:PrivateKey", name)["privateKeyPemPkcs8"]
    return stack.outputs_of(SIGNED, name)["certPem"], key


def let_in(stack: Stack, ca: str, certificate: Pair, folder: Path) -> bool:
    context = client_context(ca, certificate, folder)
    connection = http.client.HTTPSConnection(
        "localhost", stack.machine.ports.ingress, context=context, timeout=PATIENCE
    )
    try:
        connection.request("GET", "/users/123", headers=CALLER)
        return connection.getresponse().status == 200
    except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
        return False
    finally:
        connection.close()


def in_use(stack: Stack, aws: Aws, *, epoch: str, signs: str) -> None:
    """Asserts that ingress, pods and the callers' secrets have the leaves of the epoch, signed by `signs`."""
    trust = certificate(stack, SIGNS, f"server-ca-{signs}")
    served = {pod["port"]: pod["deployment"] for pod in stack.pods() if pod["state"] == "ready"}
    for port, name in [*served.items(), (stack.machine.ports.ingress, "ingress")]:
        assert shown(port) == certificate(stack, SIGNED, f"{name}-{epoch}"), name
        assert shown(port).issuer == trust.subject, name
    for port in served:
        assert stated_end(port, trust) == shown(port).not_valid_after_utc.timestamp()
    for caller in ("orchestrator", "fulfilment"):
        arn = stack.outputs_of("secretsmanager/secret:Secret", caller)["arn"]
        value = aws.call("secretsmanager", "GetSecretValue", {"SecretId": arn})["SecretString"]
        assert pair(stack, f"{caller}-{epoch}")[0] in value.replace("\\n", "\n")
        issuer = certificate(stack, SIGNED, f"{caller}-{epoch}").issuer
        assert issuer == certificate(stack, SIGNS, f"client-ca-{signs}").subject


def test_leaves_and_authorities_are_rotated_without_a_failed_request(
    stack: Stack, aws: Aws, anna: Customer, tmp_path: Path
) -> None:
    callers = Callers(stack, anna)
    trust = stack.outputs_of(SIGNS, "server-ca-1")["certPem"]
    with repeated(callers.read, callers.write, callers.order, callers.call, pause=PAUSE) as seen:
        more(seen)
        configure(stack, ["1"], "2")
        in_use(stack, aws, epoch="2", signs="1")
        more(seen)

        old = pair(stack, "orchestrator-2")
        configure(stack, ["1", "2"], "2")
        trust += stack.outputs_of(SIGNS, "server-ca-2")["certPem"]
        more(seen)

        configure(stack, ["2", "1"], "2")
        in_use(stack, aws, epoch="2", signs="2")
        more(seen)
        assert let_in(stack, trust, old, tmp_path)

        configure(stack, ["2"], "2")
        more(seen)
    assert seen.keys() == SUCCESSES, seen
    assert callers.complaints == []
    eventually(lambda: set(callers.orders) <= anna.invoices().keys(), what="an invoice of every order")
    assert not let_in(stack, trust, old, tmp_path)
    assert let_in(stack, trust, pair(stack, "orchestrator-2"), tmp_path)
    logged = [line for line in members(stack.machine) if "CertificateDaysLeft" in line]
    assert {line["service"] for line in logged} == {"orchestrator", "fulfilment"}
    assert {round(left) for left in (*callers.days_left, *(line["CertificateDaysLeft"] for line in logged))} == {200}
