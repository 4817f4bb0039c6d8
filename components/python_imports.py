"""Follows the imports of a module through its sources, without running them.

Functions' bundles and services' images are made from what is found here. Every import statement counts, also one inside
a function, which may run late or never; one below `if TYPE_CHECKING` does not, because it never runs. An import by a
name that is only known at run time (`importlib.import_module`) is not seen.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


class MissingModuleError(Exception):
    """A module of the folder's own packages has no source. The message names it."""


@dataclass(frozen=True, kw_only=True)
class Modules:
    """The sources and packages that a module needs, itself included."""

    files: set[Path] = field(default_factory=set)
    """The sources in the folder: those of the modules, and the `__init__.py` of every package on the way to them."""
    packages: set[str] = field(default_factory=set)
    """The names of packages and modules that are not in the folder, without what follows a dot."""


class _Folder:
    """A folder of sources, which is asked once for each name: a service's modules import the same ones again."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._packages: dict[str, bool] = {}
        self._sources: dict[str, Path | None] = {}

    def has(self, package: str) -> bool:
        """Tells whether the folder holds a package or module of this name."""
        if package not in self._packages:
            path = self._root / package
            self._packages[package] = path.is_dir() or path.with_name(f"{package}.py").is_file()
        return self._packages[package]

    def source(self, module: str) -> Path | None:
        """Returns the source of a module, None when there is none."""
        if module not in self._sources:
            path = self._root.joinpath(*module.split("."))
            candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"))
            self._sources[module] = next((each for each in candidates if each.is_file()), None)
        return self._sources[module]


def follow(module: str, root: Path) -> Modules:
    """Returns what the module needs of the folder `root` and of elsewhere. Raises MissingModuleError, SyntaxError."""
    modules, folder = Modules(), _Folder(root)
    waiting, seen = [module], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        package = name.partition(".")[0]
        if not folder.has(package):
            modules.packages.add(package)
            continue
        path = folder.source(name)
        if path is None:
            raise MissingModuleError(f"The module {name}")
        modules.files.add(path)
        if parent := name.rpartition(".")[0]:
            waiting.append(parent)
        waiting += _imported(name, path, folder)
    return modules


def _imported(module: str, path: Path, folder: _Folder) -> Iterator[str]:
    """Yields the modules that a module imports. `from a import b` imports a, and a.b where that is a module, too."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    try:
        statements = _import_statements(path.read_bytes())
    except SyntaxError as error:
        error.filename = str(path)
        raise
    for level, name, members in statements:
        base = name
        if level:  # from . import, from .. import
            ancestors = package.split(".")
            base = ".".join([*ancestors[: len(ancestors) - level + 1], *filter(None, [name])])
        yield base
        if folder.has(base.partition(".")[0]):
            yield from (f"{base}.{member}" for member in members if folder.source(f"{base}.{member}"))


def place(error: SyntaxError, root: Path) -> str:
    """Returns `app/main.py:12: SyntaxError: invalid syntax` for a source in the folder `root`."""
    path = Path(error.filename or "")
    where = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{where.as_posix()}:{error.lineno}: {type(error).__name__}: {error.msg}"


def importing(package: str, files: Iterable[Path], root: Path) -> str:
    """Returns `app/main.py:12` for the first statement in the files, which are in `root`, that imports a package."""
    for path in sorted(files):
        for node in _statements(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if package in (name.partition(".")[0] for name in names):
                return f"{path.relative_to(root).as_posix()}:{node.lineno}"
    raise ValueError(f"No file imports {package}.")


@functools.lru_cache(maxsize=1024)
def _import_statements(content: bytes) -> list[tuple[int, str, tuple[str, ...]]]:
    """Returns the import statements of a source: level, module and members of each."""
    statements: list[tuple[int, str, tuple[str, ...]]] = []
    for node in _statements(ast.parse(content)):
        if isinstance(node, ast.Import):
            statements += [(0, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            statements.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
    return statements


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yields the statements inside of a node, near and far. Expressions hold no imports and are not looked through."""
    checking = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for block in ("orelse",) if checking else ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(node, block, ()):
            if isinstance(inner, ast.stmt):
                yield inner
            yield from _statements(inner)
