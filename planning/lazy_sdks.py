"""Imports of a Pulumi SDK's package that load the modules the program uses, and not all that the package has.

The `__init__` of a package such as `pulumi_azure_native.network` is 290 lines `from .module import *`. With this finder
in place those lines import nothing, and the package loads a module when one of its names is first used. It saves a
third of the processor time of a plan. The names and objects that a program sees are the same.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

_IMPORT_ALL = re.compile(r"^from \.(\w+) import \*$", re.MULTILINE)
_EXPORTS = re.compile(r"^__all__ = \[(.*?)\]", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"['\"](\w+)['\"]")


class _LazyPackage(SourceFileLoader):
    """A loader of a package whose `from .module import *` wait for the first use of one of the names."""

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self.path)
        modules = _IMPORT_ALL.findall(source.read_text())

        @cache
        def exporters() -> dict[str, str]:
            return {name: each for each in modules for name in _exports(source.parent, each)}

        def load(name: str) -> Any:
            if name.startswith("__") or name not in exporters():
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = getattr(importlib.import_module(f"{module.__name__}.{exporters()[name]}"), name)
            setattr(module, name, value)
            return value

        setattr(module, "__getattr__", load)  # noqa: B010 - a module's attribute that mypy takes for a method
        empty = {f"{module.__name__}.{each}": ModuleType(each) for each in modules}
        empty = {name: each for name, each in empty.items() if name not in sys.modules}
        sys.modules.update(empty)
        try:
            super().exec_module(module)
        finally:
            for name in empty:
                del sys.modules[name]


def _exports(package: Path, module: str) -> Iterator[str]:
    """Yields the names in the `__all__` of a module, from its text."""
    file = package / f"{module}.py"
    exports = _EXPORTS.search((file if file.exists() else package / module / "__init__.py").read_text())
    return (match[1] for match in _NAME.finditer(exports[1] if exports else ""))


class _SdkFinder(MetaPathFinder):
    """A finder of the packages of installed Pulumi SDKs (`pulumi_*`)."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("pulumi_"):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.submodule_search_locations and type(spec.loader) is SourceFileLoader and spec.origin:
            spec.loader = _LazyPackage(fullname, spec.origin)
        return spec


def install() -> None:
    """Makes later imports of Pulumi SDKs lazy in this process; repeated calls have no effect."""
    if not any(isinstance(finder, _SdkFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _SdkFinder())
