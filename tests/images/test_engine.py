"""The images themselves, built and run as confined as their pods, where there is a container engine."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.images.confinement import arguments
from tests.images.context import context
from tests.images.engine import BUILD_TIMEOUT, Engine
from tests.support.pki import Authority
from tests.support.postgres import Server, postgres
from tests.support.program import deployed
from tests.support.service import free_port

START = 60.0
"""The seconds until the service answers: as many as its startup probe allows."""

pytestmark = pytest.mark.timeout(BUILD_TIMEOUT + 300)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A service in its container, after its migrations have run in another one."""

    engine: Engine
    name: str
    port: int
    ca: str

    def get(self, path: str) -> tuple[int, Any]:
        context = ssl.create_default_context(cadata=self.ca)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def wait_for(self, path: str) -> None:
        end = time.monotonic() + START
        last: object = None
        while time.monotonic() < end:
            try:
                last = self.get(path)
            except OSError as error:
                last = error
            else:
                if last[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{path} did not answer 200: {last}\n{self.engine('logs', self.name)}")


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine()
    if (reason := engine.missing()) is not None:
        pytest.skip(reason)
    return engine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def running(service: str, engine: Engine, server: Server, tmp_path: Path) -> Iterator[Running]:
    tag, name, port = (
        f"crosscloud-test/{service}:{secrets.token_hex(4)}",
        f"crosscloud-{secrets.token_hex(4)}",
        free_port(),
    )
    authority = Authority("servers")
    leaf = authority.server("127.0.0.1")
    tls = tmp_path / "tls"
    tls.mkdir()
    (tls / "tls.crt").write_text(leaf.certificate)
    (tls / "tls.key").write_text(leaf.private_key)  # other users may read it: the container's is another one
    program, urls = deployed("prod", False), server.new_service()
    job = program.one("batch/v1:Job", f"{service}-migrations")["spec.template.spec"]
    pod = program.one("Deployment", service)["spec.template.spec"]
    environment = {"HOST": "127.0.0.1", "PORT": str(port), "POD_NAME": name, "DATABASE_AUTH": "password"}

    def options(spec: dict[str, Any], **more: str) -> list[str]:
        return arguments(spec, spec["containers"][0], environment={**environment, **more}, mounts={"tls": tls})

    migration, app = job["containers"][0], pod["containers"][0]
    migrating = options(job, DATABASE_URL=urls.migrations, SERVICE_DATABASE_URL=urls.service)
    engine.build(tag, context(service), {"SERVICE": service})
    try:
        engine("run", "--rm", "--network", "host", *migrating, tag, *migration["command"])
        with engine.container(name, options(pod, DATABASE_URL=urls.service), tag, app["command"]):
            service_in_container = Running(engine=engine, name=name, port=port, ca=authority.certificate)
            service_in_container.wait_for("/livez")
            yield service_in_container
    finally:
        engine("image", "rm", "--force", tag)


def test_image_serves_as_its_pod_runs_it(running: Running, service: str) -> None:
    engine = running.engine
    running.wait_for("/readyz")
    assert running.get(f"/health/{service}") == (200, {"status": "ok"})

    status = engine("exec", running.name, "cat", "/proc/1/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert facts["Uid"].split()[0] == "10001"
    assert facts["Gid"].split()[0] == "10001"
    assert {int(facts[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"

    read_only = "import os; print(*(bool(os.statvfs(path).f_flag & os.ST_RDONLY) for path in ('/', '/srv', '/tmp')))"
    assert engine("exec", running.name, "python", "-c", read_only).split() == ["True", "True", "False"]

    compiled = "import app.services.kit.server as s, pathlib; print(pathlib.Path(s.__cached__).exists())"
    assert engine("exec", running.name, "python", "-c", compiled).strip() == "True"

    engine("stop", "-t", "40", running.name)
    end = engine("inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", running.name).strip()
    assert end in ("0 false", "143 false")  # the server raises the signal again, which a first process may not die of
    lines = [json.loads(line) for line in engine("logs", running.name).splitlines()]
    assert {line["service"] for line in lines} == {service}
    assert not [line for line in lines if line["level"] == "ERROR"]
