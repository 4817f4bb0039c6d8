from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from components.azure.build_context import BuildContextError, build_context
from tests.support.program import ROOT

SERVICES = sorted(path.parent.name for path in (ROOT / "app/services").glob("*/__main__.py"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_second_run_touches_nothing(root: Path) -> None:
    service = SERVICES[0]
    folder = root / build_context(service, root)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert root / build_context(service, root) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_nothing_but_the_contexts_is_left_in_dist(root: Path) -> None:
    for service in SERVICES:
        build_context(service, root)
    assert sorted(path.name for path in (root / "dist/images").iterdir()) == SERVICES


def test_changed_file_and_its_mode_are_mended(root: Path) -> None:
    folder = root / build_context(SERVICES[0], root)
    module = folder / "app/__init__.py"
    content = module.read_bytes()
    module.write_bytes(b"broken")
    module.chmod(0o600)
    build_context(SERVICES[0], root)
    assert module.read_bytes() == content
    assert module.stat().st_mode & 0o777 == 0o644


def test_service_without_sources_is_named(root: Path) -> None:
    with pytest.raises(BuildContextError, match=r"The service stock has no sources: .*app/services/stock/__main__\.py"):
        build_context("stock", root)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("def broken(:", r"app/services/\w+/__main__\.py:\d+: SyntaxError: invalid syntax"),
        ("import app.services.nowhere", r"The module app\.services\.nowhere does not exist in"),
    ],
)
def test_a_source_that_can_not_be_read_is_named_with_its_place(root: Path, line: str, reason: str) -> None:
    main = root / "app" / "services" / SERVICES[0] / "__main__.py"
    main.write_text(f"{main.read_text()}\n{line}\n")
    with pytest.raises(BuildContextError, match=f"The service {SERVICES[0]} can't be packed: {reason}"):
        build_context(SERVICES[0], root)


@pytest.mark.parametrize("name", [".api.py.swp", "#api.py#", "api.py~"])
def test_what_an_editor_leaves_beside_a_file_is_not_in_the_image(root: Path, name: str) -> None:
    (root / "app" / "services" / "users" / name).touch()
    assert not (root / build_context("users", root) / "app" / "services" / "users" / name).exists()
