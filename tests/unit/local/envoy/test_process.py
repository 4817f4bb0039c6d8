from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.envoy.process import admin, spec
from local.errors import LocalError
from local.machine import Machine
from tests.support.waiting import eventually
from tests.unit.local.kubernetes.cluster import clone


def test_it_starts_and_stops_with_a_private_admin_socket(machine: Machine) -> None:
    process = spec(machine)
    assert not process.ready()
    process.prepare()
    with (
        process.log.open("wb") as log,
        subprocess.Popen(process.argv, env=process.env, stdout=log, stderr=log) as envoy,
    ):
        eventually(process.ready, what="its start")
        assert oct((machine.run / "envoy.sock").stat().st_mode)[-3:] == "600"
        assert admin(machine).stats("^server.live$") == {"server.live": 1}
        envoy.terminate()
        assert envoy.wait(timeout=process.grace) == 0
    assert "[warning]" not in process.log.read_text().replace("caught ENVOY_SIGTERM", "").replace("[warning][main]", "")


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's temporary folder, with a short path."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def deep(folder: Path, name: str) -> Path:
    """Deeper than a socket's path may be."""
    for _ in range(15):
        folder = folder / f"{name}-folder"
    folder.mkdir(parents=True)
    return folder


def test_a_deep_folder_has_its_socket_elsewhere(tmp_path: Path, temporary: Path) -> None:
    root = deep(tmp_path, "deep")
    machine = clone(root)
    process = spec(machine)
    process.prepare()
    with (
        process.log.open("wb") as log,
        subprocess.Popen(process.argv, env=process.env, stdout=log, stderr=log) as envoy,
    ):
        eventually(process.ready, what="its start")
        assert [path.name for path in temporary.glob("*/*")] == ["envoy.sock"]
        envoy.terminate()


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, temporary: Path) -> None:
    root = deep(tmp_path, "deep")
    machine = clone(root)
    spec(machine)
    (folder,) = temporary.iterdir()
    folder.chmod(0o755)
    with pytest.raises(LocalError, match="must be a folder of yours with mode 0700"):
        spec(machine)


def test_the_configuration_that_was_published_survives_a_restart(machine: Machine) -> None:
    process = spec(machine)
    process.prepare()
    file = machine.run / "xds" / "lds.json"
    file.write_text("{}")
    process.prepare()
    assert file.read_text() == "{}"


def test_two_clones_have_two_sockets(tmp_path: Path, temporary: Path) -> None:
    for name in ("a", "b"):
        spec(clone(deep(tmp_path, name)))
    assert len(list(temporary.iterdir())) == 2
