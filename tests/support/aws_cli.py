"""Commands of the AWS CLI in texts, compared with the operations that the SDK of AWS has."""

from __future__ import annotations

import re

import botocore.session
from botocore import xform_name

_OF_EVERY_COMMAND = {"no-paginate", "query", "output"}
_SERVICES = {"s3api": "s3"}
_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z-]+)((?:(?!\baws )[^`\n;|])*)")

Command = tuple[str, str, str]
"""The service, the command and the rest of a line."""


def commands(text: str) -> list[Command]:
    """Returns every AWS command in a text."""
    return _COMMAND.findall(re.sub(r"\\\n\s*", " ", text))


def unknown_options(service: str, command: str, rest: str) -> set[str]:
    """Returns the options of a command. Raises KeyError for a command that does not exist."""
    model = botocore.session.Session().get_service_model(_SERVICES.get(service, service))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    members = shape.members if shape else {}
    known = {xform_name(name, "-"): member.type_name for name, member in members.items()}
    known |= {f"no-{name}": "boolean" for name, kind in known.items() if kind == "boolean"}
    return set(re.findall(r"--([a-z-]+)", rest)) - known.keys() - _OF_EVERY_COMMAND
