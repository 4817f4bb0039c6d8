"""Kinds as their makers define them: CustomResourceDefinitions in Go modules, which Go brings and keeps."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.contract.document import read_yaml_documents

Schema = dict[str, Any]

_DIRECTIVE = re.compile(r"^\s*\{\{.*\}\}\s*$", re.MULTILINE)
"""A line of a chart's template that is for Helm alone."""


@functools.cache
def definitions(module: str, files: str) -> dict[str, Schema]:
    """Returns the schemas of the kinds' specs, by API version and kind. Skips the test where they can't be read.

    `files` is a pattern of paths in the module.
    """
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go, which brings definitions of kinds")
    done = subprocess.run(
        [go, "mod", "download", "-json", module], capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode:
        pytest.skip(f"Go could not bring {module}: {done.stdout or done.stderr}")
    texts = [_DIRECTIVE.sub("", path.read_text()) for path in Path(json.loads(done.stdout)["Dir"]).glob(files)]
    return {
        f"{each['spec']['group']}/{version['name']} {each['spec']['names']['kind']}": _closed(
            version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        )
        for text in texts
        for each in read_yaml_documents(text)
        for version in each["spec"]["versions"]
    }


def _closed(schema: Any) -> Any:
    """Returns a schema that refuses members that it does not name, as an API server does with strict validation."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
