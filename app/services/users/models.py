"""Users, as callers send and get them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

NO_CONTROLS = "^[^\\x00-\\x1f\\x7f]*$"
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]
Role = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_CONTROLS)]


class User(BaseModel):
    """A user as callers get it."""

    id: str
    name: str
    role: str


class UserFields(BaseModel):
    """All of a user that callers choose."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: Name
    role: Role


class UserChanges(BaseModel):
    """A change of a user. A member that is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"minProperties": 1})
    name: Name = ""
    role: Role = ""

    @model_validator(mode="after")
    def _changes_something(self) -> UserChanges:
        if not self.model_fields_set:
            raise ValueError("name or role must be there")
        return self
