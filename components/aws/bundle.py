"""The zip of a Lambda function, byte for byte the same from the same sources: on every machine, on every day.

Only pure Python goes in, so that one zip fits every platform and no compiler, container or network is needed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pulumi

DIST = Path("dist")
SUFFIXES = {".py", ".json", ".typed"}
NATIVE = {".so", ".pyd", ".dylib", ".dll"}
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file knows."""
TASK_ROOT = "/var/task"
"""Where Lambda unpacks the zip."""

Files = Mapping[str, bytes]
"""Contents by path in the zip."""


class BundleError(pulumi.RunError):
    """The sources can't be bundled; says which and why."""


def bundle(
    name: str, sources: Sequence[str], distributions: Sequence[str], runtime: str, *, root: Path | None = None
) -> pulumi.FileArchive:
    """Writes `dist/<name>.zip` when its content differs.

    `sources` are packages and modules relative to `root` (default: the program's folder), `distributions` installed
    pure Python distributions by name. Compiled files are added when this interpreter is of `runtime` (`python3.13`):
    Lambda can't write them, and compiles at every cold start without. Raises BundleError.
    """
    folder = root or Path.cwd()
    files = dict(_sources(folder, sources))
    for wanted in distributions:
        files |= _distribution(wanted)
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        files |= _compiled(files)
    path = folder / DIST / f"{name}.zip"
    _write(path, _zipped(files))
    return pulumi.FileArchive(str(path.relative_to(folder)))


def _sources(root: Path, sources: Iterable[str]) -> Files:
    found: dict[str, bytes] = {}
    for source in sources:
        path = root / source
        if not path.exists():
            raise BundleError(f"The function's source {source} does not exist in {root}.")
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            name = file.relative_to(root).as_posix()
            if file.is_file() and file.suffix in SUFFIXES:
                found[name] = file.read_bytes()
    return found


def _distribution(name: str) -> Files:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise BundleError(f"The function needs {name}, which is not installed here; `make up` installs it.") from None
    if missing := _requirements(found):
        raise BundleError(f"{name} needs {', '.join(missing)}; bundle a distribution that needs nothing else.")
    files: dict[str, bytes] = {}
    for file in found.files or ():
        if file.suffix in NATIVE:
            raise BundleError(f"{name} holds native code ({file}), which fits one platform only.")
        if (
            file.suffix in SUFFIXES
            and ".." not in file.parts
            and not file.parts[0].endswith((".dist-info", ".egg-info"))
        ):
            files[file.as_posix()] = file.read_binary()
    if not files:
        raise BundleError(f"{name} has no Python files; is it installed as a link to its sources?")
    return files


def _requirements(found: Distribution) -> list[str]:
    """Those that are always needed; the others belong to extras."""
    return [line for line in found.requires or () if "extra ==" not in line]


def _compiled(files: Files) -> Files:
    """In a process of its own: what an interpreter has seen before changes the bytes that it writes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        unchecked = ["--invalidation-mode", "unchecked-hash", "-s", folder, "-p", TASK_ROOT]
        command = [sys.executable, "-I", "-m", "compileall", "-q", *unchecked, folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - of fixed words
        if done.returncode:
            raise BundleError(f"The function's sources can't be compiled: {done.stdout.strip()}")
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.pyc"))}


def _zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, wherever it is built
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
