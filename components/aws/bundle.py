"""The zip of a Lambda function: what its handler imports, byte for byte the same from the same sources.

Only pure Python goes in, so that one zip fits every platform and no compiler, container or network is needed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pulumi

from components import python_imports
from components.python_imports import MissingModuleError

DIST = Path("dist")
OF_THE_RUNTIME = frozenset({"boto3", "botocore"})
"""Packages that Lambda's Python runtimes bring
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-sdk-included)."""
SUFFIXES = {".py", ".json", ".typed"}
"""The files of a distribution that are bundled."""
NATIVE = {".so", ".pyd", ".dylib", ".dll"}
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file knows."""
TASK_ROOT = "/var/task"
"""The folder into which Lambda unpacks the zip."""

Files = Mapping[str, bytes]
"""Contents by path in the zip."""


class BundleError(pulumi.RunError):
    """The sources can't be bundled. The message says which and why."""


def bundle(name: str, handler: str, runtime: str, *, root: Path | None = None) -> pulumi.FileArchive:
    """Writes `dist/<name>.zip` when its content differs.

    `handler` is the module with the function's handler, relative to `root` (default: the program's folder). Compiled
    files are added when this interpreter is of `runtime` (`python3.13`): Lambda can't write them, and compiles at every
    cold start without. Raises BundleError.
    """
    folder = root or Path.cwd()
    files = contents(handler, root=folder)
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        files = {**files, **_compiled(files)}
    path = folder / DIST / f"{name}.zip"
    _write(path, _zipped(files))
    return pulumi.FileArchive(str(path.relative_to(folder)))


def contents(handler: str, *, root: Path) -> Files:
    """Returns the sources that the handler's module needs.

    These are its own imports, and the distributions of other packages that neither the standard library nor Lambda has.
    Raises BundleError.
    """
    try:
        modules = python_imports.follow(handler, root)
    except MissingModuleError as error:
        raise BundleError(f"{error} does not exist in {root}.") from None
    except SyntaxError as error:
        raise BundleError(f"The function's sources can't be compiled: {python_imports.place(error, root)}") from None
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in modules.files}
    for package in sorted(modules.packages - sys.stdlib_module_names - OF_THE_RUNTIME):
        try:
            files |= _distribution(package)
        except PackageNotFoundError:
            where = python_imports.importing(package, modules.files, root)
            raise BundleError(
                f"{where} imports {package}, and no distribution of this name is installed here. If it is a module of "
                "the program, correct the name. If it is of a third party, it must be in the bundle's requirements: "
                "add it to requirements.in, then run `make lock` and `make install`."
            ) from None
    return files


def _distribution(name: str) -> Files:
    """Returns the files of a distribution. Raises BundleError, or PackageNotFoundError when it is not installed."""
    installed = distribution(name)
    if missing := _requirements(installed):
        raise BundleError(f"{name} needs {', '.join(missing)}; bundle a distribution that needs nothing else.")
    files: dict[str, bytes] = {}
    for file in installed.files or ():
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


def _requirements(installed: Distribution) -> list[str]:
    """Returns the requirements that always hold; the others belong to extras."""
    return [line for line in installed.requires or () if "extra ==" not in line]


def _compiled(files: Files) -> Files:
    """Returns the byte code.

    A process of its own makes it: what an interpreter has seen before changes what it writes.
    """
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
