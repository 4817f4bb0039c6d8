"""The local stack as a user has it: a clone in a folder of its own that is used by its command line."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import psutil
import urllib3

from local.desired import read_status
from local.machine import Machine
from local.setup import choose_ports, open_machine
from local.state import Entry, State
from planning.wire import plain
from tests.support.waiting import PATIENCE

REPOSITORY = Path(__file__).resolve().parents[2]
READ = "staff:users:read"


@dataclass(frozen=True, kw_only=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def changes(self) -> list[str]:
        """Returns the finished steps as `created kubernetes:Secret users-tls`, in the order in which they ended."""
        pattern = r"^[-+~±] (\S+) (\S+) (created|updated|replaced|deleted)"
        steps = re.findall(pattern, self.out, re.MULTILINE)
        return [f"{done} {type_} {name}" for type_, name, done in steps]


@dataclass(frozen=True, kw_only=True)
class MeasuredPod:
    """A pod with its metrics."""

    name: str
    deployment: str
    restarts: int
    metrics: str
    """The text of `GET /metrics`; empty when the pod does not answer."""


class Stack:
    """A clone. Its commands run with this interpreter, and only with PATH of the caller's environment."""

    deadline = 20
    """Seconds after which a test may take a roll-out for failed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._http: dict[str, urllib3.PoolManager] = {}

    @classmethod
    def clone(cls, root: Path) -> Stack:
        """Copies every file that the repository would commit, as it is in the working tree now.

        Byte code and the times by which Python knows that it is up to date come along: each process of each clone would
        compile the same sources again.
        """
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            names = [name, cache_from_source(name)] if name.endswith(".py") else [name]
            for each in names:
                if (REPOSITORY / each).is_file():
                    (root / each).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(REPOSITORY / each, root / each)
        return cls(root)

    # ---- the command line

    def start(self, *arguments: str, module: str = "local") -> subprocess.Popen[str]:
        """Starts a command of a module.

        The first `up` gets a port of its own: clones that start together would all see the preferred one as free.
        """
        if arguments == ("up",) and not (self.root / ".local").exists():
            arguments = ("up", "--port", str(choose_ports(None).ingress))
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "COLUMNS": "300"}
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, module: str = "local") -> Done:
        """Runs a command to its end. It is killed when the test's own time is over."""
        with self.start(*arguments, module=module) as process:
            try:
                out, err = process.communicate()
            except BaseException:
                process.kill()
                raise
        return Done(code=process.returncode, out=out, err=err)

    def deliver(self, line: str) -> Done:
        """Runs a command line of the runbook, such as `events dlq --stack STACK`, for this stack."""
        module, *arguments = shlex.split(line.replace("STACK", "local"))
        return self.run(*arguments, module=f"delivery.{module}")

    def up(self) -> Done:
        done = self.run("up")
        assert done.code == 0, f"{done.out}\n{done.err}"
        return done

    def token(self, *, sub: str = "alice", scope: str = READ, kind: str = "staff") -> str:
        """Returns a token of the `customer`, the member of `staff` or the `program` with this name."""
        done = self.run("token", f"--{kind}", sub, "--scope", scope)
        assert done.code == 0, done.err
        return done.out.strip()

    def status(self) -> dict[str, Any]:
        """Returns what `status` says, whether the stack is well, not well (4) or down (3)."""
        done = self.run("status", "--json")
        assert done.code in (0, 3, 4), done.err
        status: dict[str, Any] = json.loads(done.out)
        return status

    def state(self) -> dict[str, Any]:
        """Returns what the supervisor reports, for tests that look again and again."""
        return read_status(self.machine)

    def logs(self, request_id: str) -> list[dict[str, Any]]:
        """Returns the lines of a request, none where none is written yet."""
        done = self.run("logs", "--request-id", request_id, "--json")
        assert done.code == 0 or done.err.startswith("No log line has the request id"), done.err
        return [json.loads(line) for line in done.out.splitlines()]

    # ---- what it is made of

    @property
    def machine(self) -> Machine:
        return open_machine(self.root, create=False)

    def entry(self, type_: str, name: str) -> Entry:
        """Returns the one resource whose type ends in `type_` and whose name ends in `name`."""
        (entry,) = [e for e in State(self.machine.state_file) if e.type.endswith(type_) and e.name.endswith(name)]
        return entry

    def outputs_of(self, type_: str, name: str) -> dict[str, Any]:
        outputs: dict[str, Any] = plain(self.entry(type_, name).outputs)
        return outputs

    def pods(self, deployment: str | None = None) -> list[dict[str, Any]]:
        """Returns the pods without those that a roll-out has replaced and that only finish their requests."""
        pods = [pod for pod in self.state().get("pods", []) if pod["state"] != "terminating"]
        return [pod for pod in pods if deployment in (None, pod["deployment"])]

    def measured_pods(self) -> list[MeasuredPod]:
        """Returns every pod that there is, with its metrics."""
        return [
            MeasuredPod(
                name=pod["name"], deployment=pod["deployment"], restarts=pod["restarts"], metrics=_scraped(pod["port"])
            )
            for pod in read_status(self.machine).get("pods", [])
        ]

    @contextmanager
    def frozen(self, service: str) -> Iterator[None]:
        """Stops a service's pods until the end of the block: they take connections and do not answer."""
        pods = [pod["pid"] for pod in self.pods(service) if pod["state"] == "ready"]
        assert pods
        for pid in pods:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pods:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    continue  # its liveness probe has ended it

    def processes(self) -> list[psutil.Process]:
        """Returns every process that has the clone's path in its command line, working folder or environment."""
        processes = []
        for process in psutil.process_iter():
            try:
                traces = [*process.cmdline(), process.cwd(), *process.environ().values()]
            except (psutil.Error, OSError):
                continue
            if process.pid != os.getpid() and any(str(self.root) in trace for trace in traces):
                processes.append(process)
        return processes

    # ---- requests

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json_body: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = PATIENCE,
    ) -> urllib3.BaseHTTPResponse:
        """Sends a request to the public endpoint, with its CA and without redirects or retries."""
        sent_headers = dict(headers or {})
        if token is not None:
            sent_headers["Authorization"] = f"Bearer {token}"
        if json_body is not None:
            body = json.dumps(json_body).encode()
        if body is not None:
            sent_headers.setdefault("Content-Type", "application/json")
        http = self._http.setdefault(
            "endpoint", urllib3.PoolManager(ca_certs=str(self.machine.home / "ca.crt"), retries=False, maxsize=20)
        )
        url = f"{self.machine.endpoint_url}{path}"
        return http.request(method, url, body=body, headers=sent_headers, timeout=timeout, redirect=False)


def _scraped(port: int | None) -> str:
    """Returns the metrics of a pod that listens on the port; nothing when it does not answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the test of the ingress checks certificates
    http = urllib3.HTTPSConnectionPool("127.0.0.1", port or 1, ssl_context=context, retries=False, timeout=2)
    try:
        return http.request("GET", "/metrics").data.decode()
    except urllib3.exceptions.HTTPError:
        return ""
    finally:
        http.close()


def problem(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
    """Returns the body of an application/problem+json answer, and asserts that it has the required members."""
    assert response.headers["content-type"].startswith("application/problem+json"), response.data
    content: dict[str, Any] = response.json()
    assert content["status"] == response.status
    assert {"type", "title", "detail", "request_id"} <= set(content)
    assert "Traceback" not in response.data.decode()
    return content


def client_context(ca: str, certificate: tuple[str, str] | None, folder: Path) -> ssl.SSLContext:
    """Returns the settings of a TLS client that trusts `ca` (PEM) and shows the certificate and key (PEM), if any."""
    context = ssl.create_default_context(cadata=ca)
    if certificate:
        chain, key = folder / "client.crt", folder / "client.key"
        chain.write_text(certificate[0])
        key.write_text(certificate[1])
        context.load_cert_chain(chain, key)
    return context
