"""Finds the source files that Python modules import, so that what is deployed holds these and nothing else."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path


def imported_files(root: Path, modules: Iterable[str]) -> list[Path]:
    """Returns the files of the modules and of all that they import below `root`, near or far, relative to `root`.

    An import counts wherever it stands, in a function too; one below `if TYPE_CHECKING` does not, because it never
    runs. A module brings the `__init__.py` of each package around it, which Python executes before it. Imports that
    have no file below `root` (the standard library, installed packages) are left out. Raises ModuleNotFoundError when
    one of `modules` itself has no file.
    """
    waiting = list(modules)
    for module in waiting:
        if _file(root, module) is None:
            raise ModuleNotFoundError(f"There is no module {module} in {root}.", name=module)
    own = {path.name.partition(".")[0] for path in root.iterdir()}
    files: dict[str, Path | None] = {}
    while waiting:
        module = waiting.pop()
        if module in files or module.partition(".")[0] not in own:
            continue
        files[module] = file = _file(root, module)
        if file is not None:
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            waiting += [*_packages_around(module), *_imports((root / file).read_bytes(), package)]
    return sorted(file for file in files.values() if file is not None)


def _file(root: Path, module: str) -> Path | None:
    """Returns the file of a module or package, None when there is none below `root`."""
    path = Path(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if (root / file).is_file()), None)


def _packages_around(module: str) -> Iterator[str]:
    while module := module.rpartition(".")[0]:
        yield module


@functools.lru_cache(maxsize=1024)
def _imports(source: bytes, package: str) -> tuple[str, ...]:
    """Returns the names of all that a source may import: `from a import b` gives `a` and `a.b`, which may be a module.

    `package` is the one that relative imports start from. The cache serves programs that are run several times.
    """
    names: list[str] = []
    for statement in _statements(ast.parse(source)):
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            module = statement.module or ""
            if statement.level:
                module = importlib.util.resolve_name("." * statement.level + module, package)
            names += [module, *(f"{module}.{alias.name}" for alias in statement.names)]
    return tuple(names)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yields the statements inside of a node, near and far. Expressions hold no imports and are not looked through."""
    checking = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for block in ("orelse",) if checking else ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(node, block, ()):
            if isinstance(inner, ast.stmt):
                yield inner
            yield from _statements(inner)
