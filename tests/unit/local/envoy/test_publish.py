"""Publishing to a real Envoy: taken, rejected, removed."""

from __future__ import annotations

import copy
import http.client
import subprocess
from collections.abc import Iterator

import pytest

from local.envoy import parts
from local.envoy.admin import UnreachableError
from local.envoy.parts import Files, Json, typed
from local.envoy.publish import Publisher
from local.envoy.server import admin, spec, xds
from local.machine import Machine
from local.setup import is_free
from local.supervisor.container import free_port
from tests.unit.local.supervisor.cluster import eventually


@pytest.fixture
def envoy(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    process = spec(machine)
    process.prepare()
    with process.log.open("wb") as log, subprocess.Popen(process.argv, stdout=log, stderr=log) as running:
        eventually(process.ready, timeout=10, what="its start")
        yield running
        running.terminate()


@pytest.fixture
def publisher(machine: Machine) -> Publisher:
    return Publisher(xds(machine), admin(machine), machine.logs / "envoy.log")


class Site:
    """One listener that answers with a text."""

    def __init__(self, machine: Machine) -> None:
        self._folder = xds(machine)
        self.port = free_port()

    def files(self, status: int, **more: list[Json]) -> Files:
        chain = {"filters": [parts.http_manager("site", self._folder)]}
        answer = {"match": {"prefix": "/"}, "direct_response": {"status": status}}
        hosts = [{"name": "all", "domains": ["*"], "routes": [answer]}]
        listener = parts.listener("site", self.port, chain)
        return {"lds": [listener], "cds": [], "rds-site": [parts.routes("site", hosts)], **more}

    def status(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture
def site(machine: Machine) -> Site:
    return Site(machine)


def cluster(site: Site, name: str) -> Json:
    source = {"eds_config": parts.from_file(site._folder, "eds-service"), "service_name": "service"}
    return typed("config.cluster.v3.Cluster", name=name, type="EDS", eds_cluster_config=source)


def endpoints(*ports: int) -> list[Json]:
    hosts = [{"endpoint": {"address": parts.address(port)}} for port in ports]
    message = "config.endpoint.v3.ClusterLoadAssignment"
    return [typed(message, cluster_name="service", endpoints=[{"lb_endpoints": hosts}])]


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
def test_endpoints_are_taken_by_every_cluster_of_a_service(publisher: Publisher, site: Site, machine: Machine) -> None:
    clusters = [cluster(site, "reads"), cluster(site, "writes")]
    for ports in ([1001], [1001, 1002], [1002], []):
        files = site.files(200, cds=clusters, **{"eds-service": endpoints(*ports)})
        assert publisher.publish(files) == {}
        stats = admin(machine).stats(r"^cluster\.(reads|writes)\.membership_total$")
        assert list(stats.values()) == [len(ports)] * 2


@pytest.mark.usefixtures("envoy")
def test_clusters_go_only_after_the_routes_to_them(publisher: Publisher, site: Site) -> None:
    files = site.files(200, cds=[cluster(site, "old")], **{"eds-service": endpoints(1)})
    route = files["rds-site"][0]["virtual_hosts"][0]["routes"][0]
    route.pop("direct_response")
    route["route"] = {"cluster": "old"}
    files["rds-site"][0]["validate_clusters"] = True
    assert publisher.publish(files) == {}
    new = copy.deepcopy(files)
    new["cds"][0]["name"] = "new"
    new["rds-site"][0]["virtual_hosts"][0]["routes"][0]["route"]["cluster"] = "new"
    assert publisher.publish(new) == {}, "Envoy would refuse routes to a cluster that it does not know"


@pytest.mark.usefixtures("envoy")
def test_what_is_rejected_is_told_and_leaves_the_old_in_force(publisher: Publisher, site: Site) -> None:
    publisher.publish(site.files(201))
    bad = site.files(202)
    bad["rds-site"][0]["virtual_hosts"][0]["domains"] = ["*", "*"]
    (reason,) = publisher.publish(bad).values()
    assert "Envoy rejected it: " in reason
    assert "wildcard" in reason
    assert site.status() == 201
    assert publisher.publish(bad).keys() == {"rds-site"}, "it is told again"
    assert publisher.publish(site.files(203)) == {}
    assert site.status() == 203


@pytest.mark.usefixtures("envoy")
def test_unknown_fields_are_rejected(publisher: Publisher, site: Site) -> None:
    files = site.files(200)
    files["lds"][0]["colour"] = "red"
    (reason,) = publisher.publish(files).values()
    assert "colour" in reason
    assert is_free(site.port)


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
        eventually(process.ready, timeout=10, what="its start")
        assert publisher.publish(site.files(201)) == {}
        assert site.status() == 201
        again.terminate()
