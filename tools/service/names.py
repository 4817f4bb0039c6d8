"""The names that follow from a service's name, and the check that nothing else has them."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.contract.document import read_yaml
from components.settings.services import ServiceName

CONTRACT = Path("app/contract/openapi.yaml")
"""Path of the contract inside the repository."""
KEY = re.compile("[a-z][a-z0-9]{0,19}")
"""Form of the name of the column and path parameter that identify a row: a word of up to 20 characters."""
COLUMNS = frozenset({"name", "version"})
"""Columns that the new table has beside its key."""
RESERVED_WORDS = frozenset((Path(__file__).parent / "reserved_words.txt").read_text().split())
"""Words that name no table and no column of PostgreSQL 18 without quotes:
https://www.postgresql.org/docs/18/sql-keywords-appendix.html"""


class NameTakenError(ValueError):
    """The service can't have this name, or its table this key; says why in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one service."""

    service: str
    """Name of the service: also of its package, table, tag and first path segment."""
    key: str
    """Name of the column and path parameter that identify a row of the table."""

    @property
    def schema(self) -> str:
        """Name of the model, and of the schema in the contract."""
        return self.service.capitalize()

    @property
    def key_schema(self) -> str:
        """Name of the key's parameter and schema in the contract."""
        return f"{self.schema}{self.key.capitalize()}"

    @property
    def operation(self) -> str:
        """The operationId of the one route."""
        return f"get{self.schema}"


def checked(root: Path, *, service: str, key: str) -> Names:
    """Returns the names of a new service of the repository at `root`. Raises NameTakenError."""
    _check_service(service)
    _check_key(key)
    names = Names(service=service, key=key)
    folder = f"app/services/{service}"
    if (root / folder).exists():
        raise NameTakenError(f"There is a service {service} already, in {folder}.")
    _check_contract(read_yaml((root / CONTRACT).read_text()), names)
    return names


def _check_service(service: str) -> None:
    try:
        TypeAdapter(ServiceName).validate_python(service)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ").removeprefix("String ")
        raise NameTakenError(f"NAME={service} can't be a service's name: it {reason}.") from None
    if keyword.iskeyword(service) or service in RESERVED_WORDS:
        raise NameTakenError(f"NAME={service} can't be a service's name: it is a reserved word of Python or SQL.")


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise NameTakenError(
            f"KEY={key} must be a word of 1 to 20 characters of a-z and 0-9 that begins with a letter."
        )
    if keyword.iskeyword(key) or key in RESERVED_WORDS or hasattr(BaseModel, key):
        raise NameTakenError(f"KEY={key} can't name a column: it is a reserved word of Python, SQL or pydantic.")
    if key in COLUMNS:
        raise NameTakenError(f"KEY={key} can't be the key: the new table has another column of that name.")


def _check_contract(contract: dict[str, Any], names: Names) -> None:
    operations = [operation for item in contract["paths"].values() for operation in item.values()]
    taken = {
        f"a path /{names.service}": any(path.split("/")[1] == names.service for path in contract["paths"]),
        f"a tag {names.service}": any(tag["name"] == names.service for tag in contract["tags"]),
        f"an operation {names.operation}": any(each.get("operationId") == names.operation for each in operations),
    }
    for kind, name in (
        ("schemas", names.schema), ("schemas", names.key_schema),
        ("responses", names.schema), ("parameters", names.key_schema),
    ):  # fmt: skip
        taken[f"an entry {name} in components.{kind}"] = name in contract["components"][kind]
    for thing, there in taken.items():
        if there:
            raise NameTakenError(f"NAME={names.service} can't be used: the contract has {thing} already.")
