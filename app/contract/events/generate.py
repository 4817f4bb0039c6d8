"""Writes `validators.py` of the schemas: `python -m app.contract.events.generate`; with `--check` it only tells whether
the file is current."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from app.contract import schemas

FOLDER = Path(__file__).parent
TARGET = FOLDER / "validators.py"
COMMON = "common.v1.json"
NOTE = '"""Generated from the schemas by `python -m app.contract.events.generate`: change them and run it again."""'
_ANNOTATIONS = ("$schema", "$id", "title", "examples", "definitions")


def generate(folder: Path = FOLDER) -> str:
    """The content that the generated module should have."""
    shared = _local(json.loads((folder / COMMON).read_text())["definitions"])
    events = {
        path.name.removesuffix(".json"): _local(_without_annotations(json.loads(path.read_text())))
        for path in sorted(folder.glob("*.json"))
        if path.name != COMMON
    }
    return f"{NOTE}\n{schemas.compiled(shared, {'EVENTS': events})}"


def _without_annotations(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in _ANNOTATIONS}


def _local(value: Any) -> Any:
    """References into the common file, as references into the one document that is compiled."""
    match value:
        case dict():
            return {name: _local(item) for name, item in value.items()}
        case list():
            return [_local(item) for item in value]
        case str():
            return value.removeprefix(COMMON) if value.startswith(f"{COMMON}#") else value
        case _:
            return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not current")
    content = generate()
    if TARGET.exists() and TARGET.read_text() == content:
        return 0
    if parser.parse_args().check:
        sys.stderr.write(f"{TARGET} is not current: run `python -m app.contract.events.generate`.\n")
        return 1
    TARGET.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
