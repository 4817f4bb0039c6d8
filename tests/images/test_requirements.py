"""The distributions that every image installs: locked by hash, and all that the services' files import."""

import ast
import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from tests.images.context import LOCK, context, files
from tests.support.service import ROOT

IN_THE_IMAGE = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "python_version": "3.13",
    "python_full_version": "3.13.15",
}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?:\s*;\s*([^\\\n]+?))?\s*\\$", re.MULTILINE)


def requirements() -> str:
    return (ROOT / LOCK).read_text()


def installed() -> set[str]:
    """Returns the names of the locked distributions that the image's platform takes."""
    return {
        canonicalize_name(name)
        for name, _, marker in _PIN.findall(requirements())
        if not marker or Marker(marker).evaluate(IN_THE_IMAGE)
    }


def direct_requirements() -> set[str]:
    """Returns the names in the requirements.in beside the lock."""
    lines = (ROOT / LOCK).with_suffix(".in").read_text().splitlines()
    return {canonicalize_name(line) for line in lines if line and not line.startswith("#")}


def imported(path: Path) -> Iterator[str]:
    """Yields the modules that a file imports anywhere, in functions too; not the names that it takes from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module


def files_of(names: set[str]) -> Iterator[Path]:
    """Yields the files of the distributions that are installed here."""
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            yield from (Path(str(file.locate())) for file in distribution(name).files or ())


def test_every_one_is_pinned_by_hash_and_names_no_host() -> None:
    text = requirements()
    blocks = [block for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if "==" in block]

    assert len(blocks) == len(_PIN.findall(text)) > 10
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)
    assert not re.search(r"https?://|index-url|find-links|^-", text, re.MULTILINE)


def test_lock_has_every_direct_requirement() -> None:
    assert direct_requirements()
    assert direct_requirements() <= installed()


def test_there_is_one_lock_for_all_services() -> None:
    assert [path.relative_to(ROOT).as_posix() for path in (ROOT / "app").rglob("requirements.txt")] == [LOCK]


def test_make_lock_locks_every_requirements_file() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*requirements.in"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    recipe = subprocess.run(["make", "--dry-run", "lock"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = [line for line in recipe.splitlines() if "pip compile" in line]
    folders = {m[1] if (m := re.match(r"cd (\S+) &&", line)) else "." for line in commands}
    assert folders == {Path(name).parent.as_posix() for name in listed}


def test_lock_covers_what_the_files_import(service: str) -> None:
    folder = context(service)
    modules = {module for name in files(service) if name.endswith(".py") for module in imported(folder / name)}
    foreign = {module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names | {"app"}}
    covered = set(files_of(installed()))

    assert {"fastapi", "asyncpg", "uvicorn"} <= foreign
    origins = {module: spec.origin if (spec := find_spec(module)) else None for module in foreign}
    assert not {module: origin for module, origin in origins.items() if origin is None or Path(origin) not in covered}
