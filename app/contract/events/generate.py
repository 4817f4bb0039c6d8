"""Writes `validators.py` of the schemas: `python -m app.contract.events.generate`.

With `--check` it only says whether the file is current.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.contract import schemas

FOLDER = Path(__file__).parent
TARGET = FOLDER / "validators.py"
COMMON = "common.v1.json"
NOTE = '"""Generated from the schemas by `python -m app.contract.events.generate`: change them and run it again."""'


def generate(folder: Path = FOLDER) -> str:
    """Returns the content that the generated module should have. Raises SchemaError."""
    shared = json.loads((folder / COMMON).read_text())["definitions"]
    events = {
        path.name.removesuffix(".json"): json.loads(path.read_text())
        for path in sorted(folder.glob("*.json"))
        if path.name != COMMON
    }
    return schemas.module(NOTE, shared, {"EVENTS": events})


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
