from __future__ import annotations

import stat

import pytest

from local.kubernetes.container import Identity, mount
from local.kubernetes.manifests import MissingError, RefusedError
from local.machine import Machine
from tests.unit.local.kubernetes.cluster import Cluster, clone


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Returns one machine for all tests here, which start nothing on it."""
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture
def cluster(machine: Machine) -> Cluster:
    return Cluster(machine)


@pytest.fixture
def pod(machine: Machine) -> Identity:
    return Identity(name="web-1-abcde", namespace="shop", folder=machine.home / "pods" / "web-1-abcde")


def test_volumes_are_files_that_only_the_owner_reads(cluster: Cluster, pod: Identity) -> None:
    volumes = ({"name": "tls", "secret": {"secretName": "web-tls"}}, {"name": "tmp", "emptyDir": {}})
    for _ in range(2):
        mount(volumes, pod, cluster.objects)
    folder = pod.folder / "volumes"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"tls/tls.crt", "tls/tls.key"}
    assert (folder / "tls" / "tls.key").read_text() == cluster.objects["Secret/shop/web-tls"]["stringData"]["tls.key"]
    assert (folder / "tmp").is_dir()
    assert all(stat.S_IMODE(path.stat().st_mode) == (0o400 if path.is_file() else 0o700) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["../escape", "/etc/cron.d/x", "a/../../b", "a/b"])
def test_a_file_can_not_leave_its_volume(cluster: Cluster, pod: Identity, name: str) -> None:
    cluster.objects["Secret/shop/settings"]["stringData"] = {name: "x"}
    with pytest.raises(RefusedError, match="is no name of a file"):
        mount(({"name": "v", "secret": {"secretName": "settings"}},), pod, cluster.objects)


def test_a_secret_that_is_not_there_is_named(cluster: Cluster, pod: Identity) -> None:
    with pytest.raises(MissingError, match="Secret 'absent' does not exist in the namespace 'shop'"):
        mount(({"name": "v", "secret": {"secretName": "absent"}},), pod, cluster.objects)
