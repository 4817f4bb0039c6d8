"""`python -m tests.bench.invocations FILE CLIENT`: calls the orchestrator and the minimal forwarder in this process.

CLIENT is a JSON file with the members of the client certificate's secret. Writes the CPU seconds of equally many warm
calls as JSON to FILE, by operation.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from app.functions.orchestrator import handler
from tests.bench import events, ratios
from tests.bench.forwarder import Function, forwarder

CALLS = 40
PAIRS = 25
WARM_UP = 6


def _batch(function: Function, event: dict[str, Any]) -> float:
    context = events.Context()
    started = time.process_time()
    for _ in range(CALLS):
        response = function(event, context)
    used = time.process_time() - started
    if response["statusCode"] != 200:
        raise RuntimeError(f"{event['routeKey']} was answered {response}")
    return used


def _client_context(client: Path) -> ssl.SSLContext:
    secret = json.loads(client.read_text())
    pem = client.with_suffix(".pem")
    pem.write_text(secret["certificate"] + secret["private_key"])
    context = ssl.create_default_context(cadata=secret["ca"])
    context.load_cert_chain(pem)
    return context


def main(target: Path, client: Path) -> None:
    minimal = forwarder(os.environ["UPSTREAM_URL"], _client_context(client))
    found = {}
    for name, event in events.OPERATIONS.items():
        ours, least = (partial(_batch, function, event()) for function in (handler.handler, minimal))
        ratios.measured(ours, least, WARM_UP)
        found[name] = ratios.measured(ours, least, PAIRS)
    target.write_text(json.dumps(found))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
