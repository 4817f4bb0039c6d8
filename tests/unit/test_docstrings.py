"""Docstrings of functions begin with a verb in the third person; ruff holds their form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import ROOT

FOLDERS = ("app", "components", "delivery", "local", "planning", "policy", "tools")
OTHERS = re.compile(r"property|\bcommand\b|\.default\b|\.(get|post|put|delete)\(")
"""Decorators of functions whose docstring is no description of a function: properties, help of commands, routes."""


def summaries(path: Path) -> Iterator[tuple[str, str]]:
    """Yields the name and the docstring's first line of each function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
            docstring = ast.get_docstring(node)
            if docstring and not OTHERS.search(decorators):
                yield node.name, docstring.split("\n")[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_functions_docstring_begins_with_a_verb(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} {name}: {summary}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name, summary in summaries(path)
        if not re.match(r"[A-Z][a-z]+s\b", summary)
    ]
    assert wrong == []
