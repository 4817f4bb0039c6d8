"""The folder that a service's image is built from: what the service needs, and nothing else.

The provider rebuilds an image when a file of its build context changes. A folder that holds one service's files alone
makes that right by construction: a change of anything else leaves the image, and so the pods, as they are
(docs/decisions/0015-an-image-is-built-from-a-folder-of-its-own.md).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pulumi

from components.python_imports import MissingModuleError, follow, place

FOLDER = Path("dist", "images")
"""Below the program's folder; git ignores it."""
SERVICES = Path("app", "services")
DOCKERFILE, LOCK = SERVICES / "Dockerfile", SERVICES / "requirements.txt"
"""The Dockerfile and the file of locked requirements, which all services share."""
MIGRATE = "app.services.kit.migrate"
"""The module that each pod runs before its service."""
_COMPILED = "__pycache__"


class BuildContextError(pulumi.RunError):
    """A service has no sources to build an image from; says which and where they should be."""


def build_context(service: str, root: Path | None = None) -> str:
    """Brings `dist/images/<service>` up to date and returns that path, relative to the program's folder.

    The folder holds the Dockerfile at its top and below it, with their paths in the repository, the locked
    requirements and the files of `source_files`. `root` is the program's folder, by default the current one. Files
    that are as they should be are not touched. Raises BuildContextError for a service without sources.
    """
    root = root or Path.cwd()
    context = FOLDER / service
    files = {context / "Dockerfile": DOCKERFILE} | {
        context / path: path for path in (LOCK, *source_files(service, root))
    }
    for target, source in files.items():
        _copy(root, source, target)
    for path in (root / context).rglob("*"):
        if path.is_file() and path.relative_to(root) not in files:
            path.unlink(missing_ok=True)  # another run of the program may have done so
    return context.as_posix()


def source_files(service: str, root: Path) -> list[Path]:
    """Returns the sources of a service's image, relative to `root`.

    These are all files of the service's own folder, and what its entry points import of the kit and the contract.
    Raises BuildContextError for a service without sources, or with one that can't be read.
    """
    own = SERVICES / service
    if not (root / own / "__main__.py").is_file():
        raise BuildContextError(
            f"The service {service} has no sources: there is no file {(own / '__main__.py').as_posix()} in {root}."
        )
    entry_points = (".".join((own / "__main__").parts), MIGRATE)
    try:
        imported = {path.relative_to(root) for module in entry_points for path in follow(module, root).files}
    except MissingModuleError as error:
        raise BuildContextError(f"The service {service} can't be packed: {error} does not exist in {root}.") from None
    except SyntaxError as error:
        raise BuildContextError(f"The service {service} can't be packed: {place(error, root)}") from None
    beside = (path.relative_to(root) for path in (root / own).rglob("*") if path.is_file())
    return sorted({*imported, *(path for path in beside if _COMPILED not in path.parts and not _is_left(path.name))})


def _is_left(name: str) -> bool:
    """Returns whether a file is what an editor leaves beside the one that it has open."""
    return name.startswith((".", "#")) or name.endswith("~")


def _copy(root: Path, source: Path, target: Path) -> None:
    """Copies content and whether it is executable.

    That is all that git keeps of a file's mode: the umask of whoever checks the repository out would otherwise change
    the image. The copy is moved into place, so that a build that runs meanwhile reads a whole file.
    """
    source, target = root / source, root / target
    content, mode = source.read_bytes(), 0o755 if source.stat().st_mode & 0o100 else 0o644
    if target.is_file() and target.read_bytes() == content and target.stat().st_mode & 0o777 == mode:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=root / FOLDER, delete=False) as temporary:
        temporary.write(content)
    path = Path(temporary.name)
    path.chmod(mode)
    path.replace(target)
