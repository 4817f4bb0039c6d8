"""Helm charts in tests: Helm itself where it is, and otherwise the few functions that the chart's templates call."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

VARIABLE = "HELM"
"""The variable that names Helm where it is not on PATH."""

Object = dict[str, Any]

_EXPRESSION = re.compile(r"\{\{ (.*?) \}\}")
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "default": lambda given, value: value or given,
    "sha256sum": lambda value: hashlib.sha256(value.encode()).hexdigest(),
    "toJson": json.dumps,
    "trunc": lambda length, value: value[: int(length)],
}
"""Functions of templates, as Helm documents them: the value that is piped in comes last."""


def helm(*arguments: str, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Helm. Skips the test where there is none."""
    program = os.environ.get(VARIABLE) or shutil.which("helm")
    if program is None:
        pytest.skip(f"needs Helm on PATH, or {VARIABLE}=/path/to/helm")
    environment = {**os.environ, **(variables or {})}
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment)


def templated(chart: Path, values: Object) -> list[Object]:
    """Returns the objects of a chart with these values. Raises KeyError for an expression without a value."""
    texts = [path.read_text() for path in sorted((chart / "templates").iterdir())]
    return [yaml.safe_load(_EXPRESSION.sub(lambda found: str(_evaluated(found[1], values)), text)) for text in texts]


def values_of(chart: Path) -> Object:
    """Returns the values that a chart has by itself."""
    values: Object = yaml.safe_load((chart / "values.yaml").read_text())
    return values


def _evaluated(expression: str, values: Object) -> Any:
    first, *calls = expression.split(" | ")
    value = _term(first, values)
    for call in calls:
        name, *arguments = call.split()
        value = _FUNCTIONS[name](*(_term(each, values) for each in arguments), value)
    return value


def _term(text: str, values: Object) -> Any:
    if not text.startswith(".Values."):
        return text
    return functools.reduce(lambda node, key: node[key], text.removeprefix(".Values.").split("."), values)


def by_name(objects: list[Object]) -> dict[str, Object]:
    """Returns objects by kind and name."""
    return {f"{each['kind']} {each['metadata']['name']}": each for each in objects}
