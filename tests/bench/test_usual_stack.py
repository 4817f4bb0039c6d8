"""The other side of the comparison does what the kit does: a benchmark against less would flatter the kit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.bench import traffic, usual_stack
from tests.bench.in_process import CALLS
from tests.bench.pod import Surroundings
from tests.support.otlp import collector
from tests.support.pki import Authority
from tests.support.service import ROOT


def test_each_request_has_a_line_and_the_sampled_ones_have_spans(tmp_path: Path) -> None:
    with collector() as spans:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.in_process", "usual"],
            cwd=ROOT,
            env=Surroundings(folder=tmp_path, authority=Authority("bench"), collector=spans).environment(),
            input="GET\n",
            capture_output=True,
            text=True,
            check=True,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        served = [span for span in spans.wait_for(CALLS // traffic.SAMPLED_OF) if span.kind == "SERVER"]

    expected = [traffic.REQUESTS["GET"].scope(number % traffic.SAMPLED_OF) for number in range(CALLS)]
    assert [line["request_id"] for line in lines] == [
        dict(scope["headers"])[b"x-request-id"].decode() for scope in expected
    ]
    assert {(line["route"], line["status"], line["level"]) for line in lines} == {("/users/{user_id}", 200, "info")}
    assert len(served) == CALLS // traffic.SAMPLED_OF
    assert {span.service for span in served} == {usual_stack.SERVICE}
    assert {span.trace_id for span in served} < {line["trace_id"] for line in lines}
