from __future__ import annotations

import stat
from typing import Any

import pytest

from local.machine import Machine
from local.supervisor.manifests import MissingError, RefusedError
from local.supervisor.volumes import Identity, mount
from tests.unit.local.supervisor.cluster import Cluster


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    return Cluster(machine)


@pytest.fixture
def pod(machine: Machine) -> Identity:
    return Identity(name="web-1-abcde", namespace="shop", folder=machine.home / "pods" / "web-1-abcde")


def test_volumes_are_files_that_only_the_owner_reads(cluster: Cluster, pod: Identity) -> None:
    volumes = (
        {"name": "tls", "secret": {"secretName": "web-tls"}},
        {"name": "ca", "configMap": {"name": "server-ca", "items": [{"key": "ca.crt", "path": "roots/ca.pem"}]}},
        {"name": "tmp", "emptyDir": {}},
        {
            "name": "all",
            "projected": {"sources": [{"secret": {"name": "settings"}}, {"configMap": {"name": "server-ca"}}]},
        },
    )
    for _ in range(2):
        mount(volumes, pod, cluster.objects)
    folder = pod.folder / "volumes"
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {"tls/tls.crt", "tls/tls.key", "ca/roots/ca.pem", "all/password", "all/ca.crt"}
    assert (folder / "all" / "password").read_text() == "hunter2"
    assert all(stat.S_IMODE(path.stat().st_mode) == (0o400 if path.is_file() else 0o700) for path in folder.rglob("*"))


@pytest.mark.parametrize("path", ["../escape", "/etc/cron.d/x", "a/../../b"])
def test_a_file_can_not_leave_its_volume(cluster: Cluster, pod: Identity, path: str) -> None:
    items = [{"key": "password", "path": path}]
    with pytest.raises(RefusedError, match="leaves the volume"):
        mount(({"name": "v", "secret": {"secretName": "settings", "items": items}},), pod, cluster.objects)


@pytest.mark.parametrize(
    ("volume", "sentence"),
    [
        ({"configMap": {"name": "absent"}}, "ConfigMap 'absent' does not exist in the namespace 'shop'"),
        ({"secret": {"secretName": "settings", "items": [{"key": "x", "path": "x"}]}}, "has no key 'x'"),
    ],
)
def test_what_is_not_there_is_named(cluster: Cluster, pod: Identity, volume: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MissingError, match=sentence):
        mount(({"name": "v", **volume},), pod, cluster.objects)


@pytest.mark.parametrize(
    "volume",
    [
        {"secret": {"secretName": "settings", "optional": True}},
        {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    ],
)
def test_what_can_not_be_had_is_refused(cluster: Cluster, pod: Identity, volume: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="is not supported"):
        mount(({"name": "v", **volume},), pod, cluster.objects)
