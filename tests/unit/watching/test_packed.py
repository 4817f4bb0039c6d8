"""The functions and images that hold a source are read from what the program's own code has packed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from components.aws.bundle import bundle
from components.azure.build_context import build_context
from planning.run import Registration
from planning.wire import ARCHIVE, SIGNATURE
from tests.support.program import ROOT
from watching.packed import FUNCTION, IMAGE, Packed, may_migrate, packed
from watching.record import Made, Record


def made(type_: str, name: str, inputs: dict[str, Any]) -> dict[str, Made]:
    urn = f"urn:pulumi:local::crosscloud::{type_}::{name}"
    registration = Registration(urn=urn, type=type_, name=name, custom=True, parent="", inputs=inputs, dependencies=())
    return {urn: Made(registration=registration, outputs={})}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").symlink_to(ROOT / "app")
    return tmp_path


@pytest.fixture
def both(root: Path) -> tuple[Packed, Packed]:
    """A function and an image, packed as the program does it."""
    archive = bundle("catalog", "app.functions.catalog.handler", "python2.7", root=root)
    context = build_context("users", root)
    record = Record()
    code = {SIGNATURE: ARCHIVE, "path": str(root / archive.path)}
    handler = "app.functions.catalog.handler.handler"
    record.made |= made(FUNCTION, "catalog", {"code": code, "handler": handler, "runtime": "python2.7"})
    record.made |= made(IMAGE, "users", {"build": {"context": context}})
    function, image = packed(record, root)
    return function, image


def test_each_holds_its_own_sources_and_what_they_import(both: tuple[Packed, Packed]) -> None:
    function, image = both
    assert {"app/functions/catalog/routes.py", "app/functions/kit/api.py"} <= function.files
    assert {"app/services/users/api.py", "app/services/kit/health.py", "Dockerfile"} <= image.files
    assert "app/services/users/migrations/20261101090000_create_users.sql" in image.files
    assert not any(path.startswith("app/services/") for path in function.files)
    assert not any(path.startswith(("app/functions/", "app/services/billing")) for path in image.files)


def test_packing_again_makes_the_same_of_the_same_sources(both: tuple[Packed, Packed], root: Path) -> None:
    function, _ = both
    archive, source = root / "dist" / "catalog.zip", root / "dist" / "images" / "users" / "app/services/users/api.py"
    before, text = archive.read_bytes(), source.read_text()
    archive.write_bytes(b"")
    source.write_text("")
    for each in both:
        each.pack(root)
    assert archive.read_bytes() == before
    assert source.read_text() == text
    with zipfile.ZipFile(archive) as opened:
        assert set(opened.namelist()) == function.files


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("app/services/users/api.py", False),
        ("app/services/kit/health.py", False),
        ("app/services/kit/migrate.py", True),
        ("app/services/kit/roles.py", True),
        ("app/services/users/migrations/20261101090000_create_users.sql", True),
        ("app/services/requirements.txt", True),
    ],
)
def test_pods_wait_for_migrations_that_an_edit_may_concern(root: Path, path: str, answer: bool) -> None:
    assert may_migrate(frozenset({path}), root) == answer
