"""The saves that a look at the sources finds, whatever an editor does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watching.files import changed, saved_at, stamps


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "app" / "services" / "users" / "api.py"
    path.parent.mkdir(parents=True)
    path.write_text("one\n")
    os.utime(path, (1000, 1000))
    return path


NAME = "app/services/users/api.py"


def test_a_save_is_seen_whether_it_writes_the_file_or_renames_another_one(tmp_path: Path, source: Path) -> None:
    before = stamps(tmp_path)
    assert set(before) == {NAME}
    source.write_text("two\n")
    written = stamps(tmp_path)
    assert changed(before, written) == {NAME}
    (other := source.with_name(".api.py.new")).write_text("one\n")
    status = source.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(source)
    assert changed(written, stamps(tmp_path)) == {NAME}


def test_files_come_and_go(tmp_path: Path, source: Path) -> None:
    before = stamps(tmp_path)
    (tmp_path / "Pulumi.local.yaml").write_text("config: {}\n")
    source.unlink()
    after = stamps(tmp_path)
    assert changed(before, after) == {NAME, "Pulumi.local.yaml"}
    assert saved_at(after, frozenset({NAME})) is None
    assert saved_at(before, frozenset({NAME})) == 1000


@pytest.mark.parametrize("name", [".api.py.swp", "api.py~", "#api.py#", ".#api.py", "__pycache__/api.cpython-311.pyc"])
def test_what_editors_and_interpreters_leave_is_no_source(tmp_path: Path, source: Path, name: str) -> None:
    before = stamps(tmp_path)
    path = source.parent / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    assert stamps(tmp_path) == before


def test_another_stack_s_settings_and_the_tests_are_no_sources(tmp_path: Path, source: Path) -> None:
    before = stamps(tmp_path)
    (tmp_path / "Pulumi.prod.yaml").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").touch()
    assert stamps(tmp_path) == before
