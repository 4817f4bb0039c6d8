"""A real emulator, and a small AWS program's worth of resources in it."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import zipfile
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Any

from local import emulator
from local.machine import Machine, Ports
from local.provider import Handler, Package, Properties
from planning.wire import Archive
from tests.support.waiting import eventually

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)

CALLER = """
import botocore.session

def handler(event, context):
    client = botocore.session.get_session().create_client(event["service"])
    try:
        getattr(client, event["call"])(**event["parameters"])
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "done"
"""
"""A function that makes the call it is asked to make, and answers with what came of it."""


def machine_in(home: Path) -> Machine:
    """A machine with free ports for issuer and emulator."""
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        issuer, port = first.getsockname()[1], second.getsockname()[1]
    machine = Machine(
        root=home,
        home=home / ".local",
        ports=Ports(endpoint=8443, ingress=1, issuer=issuer, emulator=port, postgres=1),
    )
    machine.logs.mkdir(parents=True)
    return machine


class Emulator:
    """MiniStack, started and stopped the way the supervisor does it."""

    def __init__(self, home: Path) -> None:
        self.machine = machine_in(home)
        self.spec = emulator.spec(self.machine)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.spec.prepare()
        with self.spec.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.spec.argv, env=dict(self.spec.env), cwd=self.spec.cwd, stdout=log, stderr=log
            )
        eventually(lambda: self._runs() and self.spec.ready(), what="the emulator's start")

    def _runs(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.spec.log.read_text()
        return True

    def stop(self, signal: Signals = SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(signal)
        status = self.process.wait(self.spec.grace)
        self.process = None
        return status

    def restart(self, signal: Signals) -> None:
        self.stop(signal)
        self.start()


class Program:
    """Makes resources as the engine does: outputs are merged over the inputs."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.made: list[tuple[str, str, Properties]] = []

    def handler(self, type_: str) -> Handler:
        (token,) = (token for token in self.package.handlers if token.endswith(f":{type_}"))
        return self.package.handlers[token]

    def make(self, type_: str, name: str, /, **inputs: Any) -> Properties:
        made = self.handler(type_).create(name, inputs)
        outputs = {**inputs, **made.outputs}
        self.made.append((type_, made.id, outputs))
        return {**outputs, "id": made.id}

    def exists(self) -> dict[str, bool]:
        return {type_: self.handler(type_).exists(id_, outputs) for type_, id_, outputs in self.made}

    def delete(self) -> None:
        for type_, id_, outputs in reversed(self.made):
            self.handler(type_).delete(id_, outputs)
        self.made.clear()

    def function(
        self, name: str, archive: Archive, policy: dict[str, Any] | None = None, /, **inputs: Any
    ) -> Properties:
        """A published function with a role, which has `policy`, and a log group."""
        group = self.make("LogGroup", name, retentionInDays=14)
        role = self.make("Role", name, assumeRolePolicy=TRUST)
        if policy:
            document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
            self.make("RolePolicy", name, role=role["id"], policy=document)
        return self.make(
            "Function",
            name,
            role=role["arn"],
            handler="app.handler",
            runtime="python3.13",
            code=archive,
            publish=True,
            timeout=10,
            loggingConfig={"logFormat": "JSON", "logGroup": group["name"]},
            **inputs,
        )


def printed(machine: Machine) -> list[dict[str, Any]]:
    """Returns the JSON lines that functions have printed, oldest first."""
    path = machine.logs / "functions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def zipped(path: Path, source: str) -> Archive:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), source)
    return Archive(path=path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
