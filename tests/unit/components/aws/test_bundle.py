from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from components.aws import bundle as module
from components.aws.bundle import BundleError, bundle
from tests.support.program import ROOT

OTHER = "python2.7"
THIS = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    package = tmp_path / "app" / "edge"
    package.mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "handler.py").write_text(
        "import urllib3\nfrom . import near\n\ndef handler(event, context):\n"
        "    from app.edge.late import NAME\n    return NAME + near.NAME + urllib3.__name__\n"
    )
    (package / "near.py").write_text("NAME = 'near '\n")
    (package / "late.py").write_text("NAME = 'late '\n")
    (package / "unused.py").write_text("import no_such_thing\n")
    (package / "notes.md").write_text("not for the cloud")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"of another day")
    return tmp_path


def build(root: Path, runtime: str = OTHER) -> Path:
    archive = bundle("orchestrator", "app.edge.handler", runtime, root=root)
    assert str(archive.path) == "dist/orchestrator.zip"
    return root / archive.path


def isolated(code: str) -> subprocess.CompletedProcess[str]:
    """Runs code with the standard library alone."""
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("runtime", [OTHER, THIS])
def test_two_builds_are_byte_identical(root: Path, tmp_path_factory: pytest.TempPathFactory, runtime: str) -> None:
    first = build(root, runtime).read_bytes()
    second = tmp_path_factory.mktemp("elsewhere")
    for file in root.rglob("*"):
        if file.is_file() and "dist" not in file.parts:
            copy = second / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o755)
            os.utime(copy, (0, 1_000_000_000))
    assert build(second, runtime).read_bytes() == first


def test_zip_holds_what_is_imported_and_nothing_else(root: Path) -> None:
    with zipfile.ZipFile(build(root)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        own = ["app/__init__.py", *(f"app/edge/{name}.py" for name in ("__init__", "handler", "late", "near"))]
        assert [name for name in names if name.startswith("app/")] == own
        assert "urllib3/__init__.py" in names
        assert not [name for name in names if "__pycache__" in name or name.endswith((".md", ".pyc"))]
        assert {name.split("/")[0] for name in names} == {"app", "urllib3"}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_compiled_files_are_added_for_the_same_interpreter_and_never_checked(root: Path) -> None:
    with zipfile.ZipFile(build(root, THIS)) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
        sources = [name for name in archive.namelist() if name.endswith(".py")]
        assert len(compiled) == len(sources)
        flags = {int.from_bytes(archive.read(name)[4:8], "little") for name in compiled}
        assert flags == {0b01}
        assert b"of another day" not in [archive.read(name) for name in compiled]
        assert b"/var/task/app/edge/handler.py" in b"".join(archive.read(name) for name in compiled)


@pytest.mark.parametrize("runtime", [OTHER, THIS])
def test_zip_imports_by_itself(root: Path, runtime: str) -> None:
    path = build(root, runtime)
    code = f"import sys; sys.path.insert(0, {str(path)!r}); from app.edge.handler import handler; print(handler(0, 0))"
    done = isolated(code)
    assert done.stdout.strip() == "late near urllib3", done.stderr


def test_unchanged_zip_is_not_written_again(root: Path) -> None:
    path = build(root)
    os.utime(path, (1, 1))
    build(root)
    assert path.stat().st_mtime == 1
    (root / "app/edge/handler.py").write_text("handler = None\n")
    build(root)
    assert path.stat().st_mtime > 1


def handle_with(root: Path, text: str) -> None:
    """Replaces the handler's source."""
    (root / "app/edge/handler.py").write_text(text)


@pytest.mark.parametrize("text", ["import app.nothing", "from app.nothing import x", "from ..nothing import x"])
def test_a_missing_source_is_named(root: Path, text: str) -> None:
    handle_with(root, text)
    with pytest.raises(BundleError, match=r"The module app\.nothing does not exist"):
        build(root)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["handler"]),
        ("import app.edge.near", ["handler", "near"]),
        ("from app.edge import near, unknown_attribute", ["handler", "near"]),
        ("from app.edge.near import NAME", ["handler", "near"]),
        ("from .near import NAME", ["handler", "near"]),
        ("from ..edge import near", ["handler", "near"]),
        ("def f():\n    if False:\n        import app.edge.late", ["handler", "late"]),
        ("import json, botocore.config, boto3, sys, os.path", ["handler"]),
    ],
)
def test_every_kind_of_import_is_followed(root: Path, text: str, names: list[str]) -> None:
    handle_with(root, text)
    with zipfile.ZipFile(build(root)) as archive:
        assert archive.namelist() == ["app/__init__.py", "app/edge/__init__.py", *(f"app/edge/{n}.py" for n in names)]


def test_a_missing_distribution_is_named(root: Path) -> None:
    handle_with(root, "from app.edge import unused")
    (root / "app/edge/unused.py").write_text("import json\n\ndef f():\n    from no_such_thing.x import y\n")
    with pytest.raises(BundleError, match=r"^app/edge/unused\.py:4 imports no_such_thing, ") as raised:
        build(root)
    assert "it must be in the bundle's requirements" in str(raised.value)
    assert "make up" not in str(raised.value)


def test_native_code_is_refused(root: Path) -> None:
    handle_with(root, "import httptools")
    with pytest.raises(BundleError, match="httptools holds native code"):
        build(root)


def test_distribution_that_needs_others_is_refused(root: Path) -> None:
    handle_with(root, "import starlette.requests")
    with pytest.raises(BundleError, match="starlette needs anyio"):
        build(root)


def test_linked_distribution_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = SimpleNamespace(requires=None, files=[])
    monkeypatch.setattr(module, "distribution", lambda name: linked)
    with pytest.raises(BundleError, match="urllib3 has no Python files"):
        build(root)


@pytest.mark.parametrize("runtime", [OTHER, THIS])
def test_a_source_that_does_not_compile_is_named(root: Path, runtime: str) -> None:
    handle_with(root, "def handler(:\n")
    with pytest.raises(BundleError, match=r"can't be compiled: .*handler\.py"):
        build(root, runtime)


@pytest.fixture(autouse=True)
def _writes_inside_its_folder_only() -> Iterator[None]:
    before = (ROOT / "dist").exists()
    yield
    assert (ROOT / "dist").exists() is before
