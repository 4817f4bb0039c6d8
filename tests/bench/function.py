"""The orchestrator: its zip, its import, its CPU time and its memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import psutil

from components.aws.bundle import bundle
from tests.bench import events, machine, pod, ratios
from tests.bench.pod import Surroundings
from tests.bench.ratios import Spread
from tests.support.pki import Authority
from tests.support.secrets_manager import secrets_manager
from tests.support.service import ROOT

HANDLER = "app.functions.orchestrator.handler"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
STANDARD = "json, logging, ssl, http.client"
IMPORTS = 15
"""Pairs of fresh interpreters."""
ROUNDS = 3
REQUESTS = 10_000

_TIMED = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
_DRIVER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from app.functions.orchestrator.handler import handler
class Context:
    aws_request_id = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"
    def get_remaining_time_in_millis(self): return 29_000
event = json.loads(sys.argv[2])
for count in map(int, sys.stdin):
    for _ in range(count):
        response = handler(event, Context())
    print(response["statusCode"], file=sys.stderr, flush=True)
"""


@dataclass(frozen=True, kw_only=True)
class Zip:
    """`same` when a second build of other files' times, elsewhere and on another day, gave the same bytes."""

    folder: Path
    megabytes: float
    same: bool


def build(folder: Path) -> Zip:
    """Builds twice, and unpacks the zip as Lambda does."""
    first = _built(folder / "first")
    time.sleep(1.1)  # compiled files that hold a time hold it in seconds
    another_day = {"time": mock.Mock(return_value=2e9), "localtime": mock.Mock(return_value=time.gmtime(2e9))}
    with mock.patch.multiple("time", **another_day):
        second = _built(folder / "second", modified=1_000_000_000)
    unpacked = folder / "task"
    with zipfile.ZipFile(first) as archive:
        archive.extractall(unpacked)
    return Zip(
        folder=unpacked,
        megabytes=first.stat().st_size / 1e6,
        same=first.read_bytes() == second.read_bytes(),
    )


def import_time(built: Zip) -> Spread:
    """CPU time of the import in fresh interpreters, to that of the standard library's part of it."""
    ours = partial(
        _import_seconds,
        f"import sys; sys.path.insert(0, {str(built.folder)!r}); import {HANDLER}",
    )
    standard = partial(_import_seconds, f"import {STANDARD}")
    ratios.measured(ours, standard, 2)  # the files are in the system's cache from then on
    return ratios.ratio(ratios.measured(ours, standard, IMPORTS))


def cpu_time(surroundings: Surroundings) -> dict[str, Spread]:
    """Returns the CPU time of warm calls in relation to those of the minimal forwarder, by operation."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    with _upstream(surroundings) as environment:
        for number in range(ROUNDS):
            target = surroundings.folder / f"invocations-{number}.json"
            arguments = ["-m", "tests.bench.invocations", str(target), str(surroundings.folder / "client.json")]
            with (surroundings.folder / "invocations.log").open("wb") as log:
                done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=log, check=False)
            if done.returncode:
                lines = (surroundings.folder / "invocations.log").read_text().splitlines()
                raise RuntimeError(f"The invocations failed: {lines[-1] if lines else 'nothing was logged'}")
            for name, found in json.loads(target.read_text()).items():
                pairs.setdefault(name, []).extend(found)
    return {name: ratios.ratio(found) for name, found in pairs.items()}


def memory(built: Zip, surroundings: Surroundings) -> tuple[float, float]:
    """Resident megabytes after half of the requests and after all."""
    event = json.dumps(events.look_up_by_body())
    command = [sys.executable, "-I", "-S", "-c", _DRIVER, str(built.folder), event]
    with _upstream(surroundings) as environment, (surroundings.folder / "function.log").open("wb") as log:
        pipes = {"stdin": subprocess.PIPE, "stdout": log, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
            found = []
            for _ in range(2):
                process.stdin.write(f"{REQUESTS // 2}\n")
                process.stdin.flush()
                if (line := process.stderr.readline().strip()) != "200":
                    raise RuntimeError(f"The function failed: {line}{process.stderr.read()}")
                found.append(machine.resident(psutil.Process(process.pid)))
            process.stdin.close()
    return found[0], found[1]


def _built(root: Path, *, modified: float | None = None) -> Path:
    shutil.copytree(ROOT / "app", root / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for path in root.rglob("*"):
        if modified is not None:
            os.utime(path, (modified, modified))
    bundle("orchestrator", HANDLER, RUNTIME, root=root)
    return root / "dist/orchestrator.zip"


def _import_seconds(code: str) -> float:
    command = [sys.executable, "-I", "-S", "-c", _TIMED.format(code)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@contextlib.contextmanager
def _upstream(surroundings: Surroundings) -> Iterator[dict[str, str]]:
    """Runs it with a Secrets Manager; gives the function's environment."""
    folder, clients = surroundings.folder, Authority("clients")
    server = surroundings.authority.server("127.0.0.1")
    certificate, client_ca = folder / "upstream.pem", folder / "clients.pem"
    certificate.write_text(server.certificate + server.private_key)
    client_ca.write_text(clients.certificate)
    leaf = clients.client("orchestrator")
    secret = {"certificate": leaf.certificate, "private_key": leaf.private_key}
    text = json.dumps({**secret, "ca": surroundings.authority.certificate})
    (folder / "client.json").write_text(text)
    arguments = ("-m", "tests.bench.upstream", str(certificate), str(client_ca))
    inherited = {"PATH": os.environ["PATH"]}
    with secrets_manager() as secrets, pod.running(*arguments, environment=inherited, folder=folder) as running:
        secrets.text = text
        yield {
            **inherited,
            **secrets.environment(),
            "UPSTREAM_URL": f"https://127.0.0.1:{running.port}",
            "UPSTREAM_TLS_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:client",
            "SERVICE_NAME": "orchestrator",
            "LOG_LEVEL": "INFO",
        }
