"""Writes what the functions take from `openapi.yaml`: tables of operations, and the schemas that check requests.

`python -m app.contract.generate` writes the files; with `--check` it only says whether they are current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.contract import schemas
from app.contract.literal import literal
from app.contract.reading import Contract

APP = Path(__file__).resolve().parents[1]
CONTRACT = APP / "contract" / "openapi.yaml"
NOTE = '"""Generated from openapi.yaml by `python -m app.contract.generate`: change that file and run it again."""'
TYPES = ("Forward", "Operation", "Orchestration", "Part", "Source", "Throttle")


def generate(path: Path = CONTRACT) -> dict[Path, str]:
    """Returns the content that each generated file should have. Raises ContractError, SchemaError."""
    contract = Contract.read(path)
    content = {}
    for function in contract.functions:
        folder = APP / "functions" / function
        content[folder / "operations.py"] = operations_module(contract, function)
        content[folder / "validators.py"] = validators_module(contract, function)
    return content


def operations_module(contract: Contract, function: str) -> str:
    """Returns the source of the module with OPERATIONS: the operations that the function answers, by route key."""
    table = {operation.route_key: operation for operation in contract.answered_by(function)}
    text = literal(table)
    used = ", ".join(name for name in TYPES if f"{name}(" in text)
    return (
        f"{NOTE}\n\nfrom app.contract.operation import {used}\n\n"
        f'OPERATIONS = {text}\n"""The operations by route key."""\n'
    )


def validators_module(contract: Contract, function: str) -> str:
    """Returns the source of the module with PARAMETERS and BODY.

    They hold the validators of the function's operations that have parameters or a body, by operation id.
    """
    ids = [operation.operation_id for operation in contract.answered_by(function)]
    tables = {
        "PARAMETERS": {id_: contract.parameters[id_] for id_ in ids if id_ in contract.parameters},
        "BODY": {id_: contract.bodies[id_] for id_ in ids if id_ in contract.bodies},
    }
    return schemas.module(NOTE, dict(contract.schemas), tables)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a generated file is not current")
    check = parser.parse_args().check
    stale = {path: text for path, text in generate().items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if check:
            sys.stderr.write(f"{path} is not current: run `python -m app.contract.generate`.\n")
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
