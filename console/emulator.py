"""Asks the AWS emulator what only it knows: queues with their messages, functions, tables, one order.

It speaks the services' own JSON, which is little of it, and so saves the 20 MB and the start of the SDK.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import urllib3

from local.emulator import ROOT_KEY
from local.machine import ACCOUNT, REGION, Machine

Json = dict[str, Any]
TARGETS = {"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS"}
"""The prefix of an operation's name, by service."""


class AwayError(Exception):
    """The emulator does not answer, or answers with an error."""


class Emulator:
    """The emulator of one clone. Its calls block, so they are made in threads."""

    def __init__(self, machine: Machine) -> None:
        self._url = machine.emulator_url
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=0.5, read=5.0))

    def messages(self) -> dict[str, list[Json]]:
        """Returns the messages of each queue by its name. Looking changes nothing, unlike SQS's ReceiveMessage."""
        accounts = self._get("/_ministack/sqs/messages", "sqs")["messages"]
        queues: Mapping[str, list[Json]] = accounts.get(ACCOUNT, {}).get(REGION, {})
        return {url.rpartition("/")[2]: messages for url, messages in queues.items()}

    def functions(self) -> list[Json]:
        """Returns the configuration of each function, with its alias `live` under `live`."""
        functions: list[Json] = self._get("/2015-03-31/functions/", "lambda")["Functions"]
        return [{**function, "live": self._live(function["FunctionName"])} for function in functions]

    def _live(self, function: str) -> Json:
        try:
            return self._get(f"/2015-03-31/functions/{function}/aliases/live", "lambda")
        except AwayError:
            return {}

    def consumers(self) -> list[Json]:
        """Returns what gives a function its events: stream or queue, and whether it is on."""
        mappings: list[Json] = self._get("/2015-03-31/event-source-mappings/", "lambda")["EventSourceMappings"]
        return mappings

    def order(self, order_id: str, *, table: str) -> list[Json]:
        """Returns the entries of an order in the table: the order itself, and its events."""
        query = {
            "TableName": table,
            "KeyConditionExpression": "order_id = :order",
            "ExpressionAttributeValues": {":order": {"S": order_id}},
        }
        items: list[Json] = self._post("dynamodb", "Query", query)["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]

    def _get(self, path: str, service: str) -> Json:
        return self._answer("GET", path, service, {}, None)

    def _post(self, service: str, operation: str, body: Json) -> Json:
        headers = {"x-amz-target": f"{TARGETS[service]}.{operation}", "content-type": "application/x-amz-json-1.0"}
        return self._answer("POST", "/", service, headers, json.dumps(body).encode())

    def _answer(self, method: str, path: str, service: str, headers: Mapping[str, str], body: bytes | None) -> Json:
        # The emulator reads who asks, and checks no signature of its built-in administrator.
        scope = f"Credential={ROOT_KEY}/20260101/{REGION}/{service}/aws4_request"
        signed = {**headers, "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
        try:
            response = self._http.request(method, f"{self._url}{path}", headers=signed, body=body)
            content = json.loads(response.data)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise AwayError(f"The AWS emulator at {self._url} does not answer: {error}") from error
        if response.status >= 300 or not isinstance(content, dict):
            raise AwayError(f"The AWS emulator answers {method} {path} with {response.status}.")
        return content
