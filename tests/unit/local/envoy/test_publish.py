"""Publishing to a real Envoy: taken, rejected, removed."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.envoy.admin import UnreachableError
from local.envoy.process import admin, spec, xds
from local.envoy.publish import Publisher
from local.envoy.template import Files, Json, from_file
from local.free_ports import is_free
from local.kubernetes.container import free_port
from local.machine import Machine
from tests.support.waiting import eventually


@pytest.fixture
def envoy(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    process = spec(machine)
    process.prepare()
    with process.log.open("wb") as log, subprocess.Popen(process.argv, stdout=log, stderr=log) as running:
        eventually(process.ready, what="its start")
        yield running
        running.terminate()


@pytest.fixture
def publisher(machine: Machine) -> Publisher:
    return Publisher(xds(machine), admin(machine), machine.logs / "envoy.log")


def typed(message: str, **fields: Any) -> Json:
    return {"@type": f"type.googleapis.com/envoy.{message}", **fields}


def address(port: int) -> Json:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


class Site:
    """One listener that answers with a text."""

    def __init__(self, machine: Machine) -> None:
        self._folder = xds(machine)
        self.port = free_port()

    def files(self, status: int, **more: list[Json]) -> Files:
        manager = typed(
            "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix="site",
            rds={"route_config_name": "site", "config_source": from_file(self._folder, "rds-site")},
            http_filters=[
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": typed("extensions.filters.http.router.v3.Router"),
                }
            ],
        )
        listener = typed(
            "config.listener.v3.Listener",
            name="site",
            enable_reuse_port=False,
            address=address(self.port),
            filter_chains=[{"filters": [{"name": "manager", "typed_config": manager}]}],
        )
        answer = {"match": {"prefix": "/"}, "direct_response": {"status": status}}
        hosts = [{"name": "all", "domains": ["*"], "routes": [answer]}]
        routes = typed("config.route.v3.RouteConfiguration", name="site", virtual_hosts=hosts)
        return {"lds": [listener], "cds": [], "rds-site": [routes], **more}

    def status(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def site(machine: Machine) -> Site:
    return Site(machine)


def cluster(site: Site, name: str) -> Json:
    source = {"eds_config": from_file(site._folder, f"eds-{name}")}
    return typed("config.cluster.v3.Cluster", name=name, type="EDS", eds_cluster_config=source)


def endpoints(name: str, *ports: int) -> list[Json]:
    hosts = [{"endpoint": {"address": address(port)}} for port in ports]
    message = "config.endpoint.v3.ClusterLoadAssignment"
    return [typed(message, cluster_name=name, endpoints=[{"lb_endpoints": hosts}])]


@pytest.mark.usefixtures("envoy")
def test_what_is_published_is_in_force_when_it_returns(publisher: Publisher, site: Site) -> None:
    for status in (201, 202, 203):
        assert publisher.publish(site.files(status)) == {}
        assert site.status() == status
    assert publisher.publish({"lds": [], "cds": []}) == {}
    assert is_free(site.port)
    assert {path.name for path in site._folder.iterdir()} == {"lds.json", "cds.json"}


@pytest.mark.usefixtures("envoy")
def test_the_same_again_writes_nothing(publisher: Publisher, site: Site) -> None:
    publisher.publish(site.files(200))
    before = {path: path.stat().st_ino for path in site._folder.iterdir()}
    publisher.publish(site.files(200))
    assert {path: path.stat().st_ino for path in site._folder.iterdir()} == before


@pytest.mark.usefixtures("envoy")
def test_endpoints_are_taken_by_every_cluster(publisher: Publisher, site: Site, machine: Machine) -> None:
    names = ("shop.web.0", "shop.web.1")
    clusters = [cluster(site, name) for name in names]
    for ports in ([1001], [1001, 1002], [1002], []):
        files = site.files(200, cds=clusters, **{f"eds-{name}": endpoints(name, *ports) for name in names})
        assert publisher.publish(files) == {}
        stats = admin(machine).stats(r"^cluster\.shop.*\.membership_total$")
        assert list(stats.values()) == [len(ports)] * 2
    assert "rejected" not in (machine.logs / "envoy.log").read_text(), "`logs --level WARNING` would show it"


@pytest.mark.usefixtures("envoy")
def test_what_is_rejected_has_a_reason_and_leaves_the_old_in_force(publisher: Publisher, site: Site) -> None:
    publisher.publish(site.files(201))
    bad = site.files(202)
    bad["rds-site"][0]["virtual_hosts"][0]["domains"] = ["*", "*"]
    (reason,) = publisher.publish(bad).values()
    assert "Envoy rejected it: " in reason
    assert "wildcard" in reason
    assert site.status() == 201
    assert publisher.publish(bad).keys() == {"rds-site"}, "the reason is given again"
    assert publisher.publish(site.files(203)) == {}
    assert site.status() == 203


@pytest.mark.usefixtures("envoy")
def test_routes_of_a_new_listener_that_are_rejected_have_a_reason(publisher: Publisher, site: Site) -> None:
    bad = site.files(202)
    bad["rds-site"][0]["virtual_hosts"][0]["domains"] = ["*", "*"]
    assert publisher.publish(bad).keys() == {"rds-site"}
    assert publisher.publish(site.files(203)) == {}
    assert site.status() == 203


@pytest.mark.usefixtures("envoy")
def test_unknown_fields_are_rejected(publisher: Publisher, site: Site) -> None:
    files = site.files(200)
    files["lds"][0]["colour"] = "red"
    (reason,) = publisher.publish(files).values()
    assert "colour" in reason
    assert is_free(site.port)


@pytest.mark.usefixtures("envoy")
def test_a_port_is_not_shared_with_another_server(publisher: Publisher, site: Site) -> None:
    """The other server would get part of the connections."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", site.port))
        other.listen()
        (reason,) = publisher.publish(site.files(200)).values()
    assert "Address already in use" in reason


def test_without_envoy_it_is_unreachable(publisher: Publisher, site: Site, machine: Machine) -> None:
    spec(machine).prepare()
    with pytest.raises(UnreachableError):
        publisher.publish(site.files(200))


def test_a_restarted_envoy_has_what_was_published(
    publisher: Publisher, site: Site, machine: Machine, envoy: subprocess.Popen[bytes]
) -> None:
    publisher.publish(site.files(201))
    envoy.kill()
    envoy.wait()
    process = spec(machine)
    process.prepare()
    with process.log.open("wb") as log, subprocess.Popen(process.argv, stdout=log, stderr=log) as again:
        eventually(process.ready, what="its start")
        assert publisher.publish(site.files(201)) == {}
        assert site.status() == 201
        again.terminate()


class Late:
    """An Envoy that looks at its files at every third question only. Records what it could have read before."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._asked = folder, 0
        self._stats: dict[str, str | int] = {}
        self.seen: list[dict[str, Any]] = []

    def stats(self, _: str) -> dict[str, str | int]:
        files = {path.stem: json.loads(path.read_text()) for path in self._folder.glob("?ds*.json")}
        self.seen.append({name: content["resources"] for name, content in files.items()})
        self._asked += 1
        if self._asked % 3 == 0:
            prefixes = {"lds": "listener_manager.lds", "cds": "cluster_manager.cds", "rds-site": "http.site.rds.site"}
            for name, content in files.items():
                self._stats[f"{prefixes[name]}.version_text"] = content["version_info"]
        return dict(self._stats)


def routed(site: Site, name: str) -> Files:
    files = site.files(200, cds=[{"name": name}])
    files["rds-site"][0]["virtual_hosts"][0]["routes"] = [{"match": {"prefix": "/"}, "route": {"cluster": name}}]
    return files


def test_it_waits_until_envoy_has_looked(machine: Machine, site: Site) -> None:
    spec(machine).prepare()
    late = Late(xds(machine))
    publisher = Publisher(xds(machine), late, machine.logs / "envoy.log")  # type: ignore[arg-type]
    (machine.logs / "envoy.log").touch()
    for name in ("old", "new"):
        assert publisher.publish(routed(site, name)) == {}
        taken = late._stats
        for file, prefix in (("lds", "listener_manager.lds"), ("rds-site", "http.site.rds.site")):
            content = json.loads((xds(machine) / f"{file}.json").read_text())
            assert taken[f"{prefix}.version_text"] == content["version_info"]


def test_at_no_time_is_there_a_route_to_a_cluster_that_is_not(machine: Machine, site: Site) -> None:
    spec(machine).prepare()
    late = Late(xds(machine))
    publisher = Publisher(xds(machine), late, machine.logs / "envoy.log")  # type: ignore[arg-type]
    (machine.logs / "envoy.log").touch()
    for name in ("old", "new", "newer"):
        assert publisher.publish(routed(site, name)) == {}
    for files in late.seen:
        known = {cluster["name"] for cluster in files["cds"]}
        for configuration in files.get("rds-site", []):
            assert configuration["virtual_hosts"][0]["routes"][0]["route"]["cluster"] in known
    assert [cluster["name"] for cluster in json.loads((xds(machine) / "cds.json").read_text())["resources"]] == [
        "newer"
    ]
