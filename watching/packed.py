"""The functions and images that hold a source; they are packed anew by the program's own code for it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local.providers.docker import IMAGE
from planning.wire import Archive, plain
from watching.record import Made, Record

FUNCTION = "aws:lambda/function:Function"


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A function or an image, with the sources that are in it."""

    urn: str
    name: str
    type: str
    files: frozenset[str]
    """The sources by their paths in the clone."""
    handler: str = ""
    """The module that a function is packed from."""
    runtime: str = ""
    """The runtime of a function, which decides whether byte code is packed too."""

    def pack(self, root: Path) -> None:
        """Packs it anew. Raises BundleError or BuildContextError, with the place of what can't be packed."""
        # Imported when it is used, as everything of the program here: an edit of that code counts from the next time.
        if self.type == FUNCTION:
            from components.aws.bundle import bundle

            bundle(self.name, self.handler, self.runtime, root=root)
        else:
            from components.azure.build_context import build_context

            build_context(self.name, root)


def packed(record: Record, root: Path) -> list[Packed]:
    """Returns all functions and images of the program's last run, as they were packed last."""
    functions = [_function(urn, made) for urn, made in record.of_type(FUNCTION).items()]
    return [*functions, *(_image(urn, made, root) for urn, made in record.of_type(IMAGE).items())]


def may_migrate(paths: frozenset[str], root: Path) -> bool:
    """Returns whether a service's migrations may do something else when these files of its image have changed.

    They run MIGRATE on files that are no Python. Where the answer is no, new pods need not wait for them.
    """
    from components.azure.build_context import MIGRATE
    from components.python_imports import MissingModuleError, follow

    try:
        run = {path.relative_to(root).as_posix() for path in follow(MIGRATE, root).files}
    except (MissingModuleError, SyntaxError):
        return True
    return any(path in run or PurePosixPath(path).suffix != ".py" for path in paths)


def _function(urn: str, made: Made) -> Packed:
    inputs = plain(made.registration.inputs)
    archive: Archive = inputs["code"]
    with zipfile.ZipFile(archive.path) as opened:
        files = frozenset(opened.namelist())
    return Packed(
        urn=urn,
        name=archive.path.stem,
        type=FUNCTION,
        files=files,
        handler=inputs["handler"].rpartition(".")[0],
        runtime=inputs["runtime"],
    )


def _image(urn: str, made: Made, root: Path) -> Packed:
    context = root / str(plain(made.registration.inputs)["build"]["context"])
    return Packed(urn=urn, name=context.name, type=IMAGE, files=frozenset(_below(context)))


def _below(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
