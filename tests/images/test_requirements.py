"""What an image installs: locked by hash, and all that its files import."""

import ast
import contextlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from tests.images.context import files
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


def requirements(service: str) -> str:
    return (ROOT / "app/services" / service / "requirements.txt").read_text()


def installed(service: str) -> set[str]:
    """Names of the locked distributions that the image's platform takes."""
    return {
        canonicalize_name(name)
        for name, _, marker in _PIN.findall(requirements(service))
        if not marker or Marker(marker).evaluate(IN_THE_IMAGE)
    }


def wanted(path: Path) -> Iterator[str]:
    """Names in a requirements.in, and in those that it includes."""
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            yield from wanted((path.parent / line[3:].strip()).resolve())
        elif line and not line.startswith("#"):
            yield canonicalize_name(line)


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports anywhere, in functions too; not what it takes from them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module


def files_of(names: set[str]) -> Iterator[Path]:
    """Of the distributions, where they are installed here."""
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            yield from (Path(str(file.locate())) for file in distribution(name).files or ())


def test_every_one_is_pinned_by_hash_and_names_no_host(service: str) -> None:
    text = requirements(service)
    blocks = [block for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE) if "==" in block]

    assert len(blocks) == len(_PIN.findall(text)) > 10
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)
    assert not re.search(r"https?://|index-url|find-links|^-", text, re.MULTILINE)


def test_lock_has_all_that_is_wanted(service: str) -> None:
    assert set(wanted(ROOT / "app/services" / service / "requirements.in")) <= installed(service)


def test_lock_covers_what_the_files_import(service: str) -> None:
    modules = {module for name in files(service) if name.endswith(".py") for module in imported(ROOT / name)}
    foreign = {module for module in modules if module.partition(".")[0] not in sys.stdlib_module_names | {"app"}}
    covered = set(files_of(installed(service)))

    assert {"fastapi", "asyncpg", "uvicorn"} <= foreign
    origins = {module: spec.origin if (spec := find_spec(module)) else None for module in foreign}
    assert not {module: origin for module, origin in origins.items() if origin is None or Path(origin) not in covered}
