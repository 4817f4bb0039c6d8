"""What the runbook tells to type exists: commands and options of AWS as its SDK knows them, and ours."""

from __future__ import annotations

import re
import shlex

import botocore.session
import pytest
from botocore import xform_name

from local.__main__ import app
from tests.support.program import ROOT

TEXT = (ROOT / "docs" / "runbook.md").read_text()
OF_EVERY_COMMAND = {"query", "output"}
AWS = re.findall(r"\baws ([a-z]+) ([a-z-]+)((?:(?!\baws )[^`\n;])*)", TEXT)
OURS = re.findall(r"`python -m local ([^`]+)`", TEXT)


@pytest.mark.parametrize(
    ("service", "command", "rest"), AWS, ids=[f"{service} {command}" for service, command, _ in AWS]
)
def test_a_command_of_aws_exists_with_its_options(service: str, command: str, rest: str) -> None:
    model = botocore.session.Session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(operations[command]).input_shape.members
    known = {xform_name(name, "-"): shape.type_name for name, shape in members.items()}
    known |= {f"no-{name}": "boolean" for name, kind in known.items() if kind == "boolean"}
    assert {*re.findall(r"--([a-z-]+)", rest)} <= known.keys() | OF_EVERY_COMMAND


@pytest.mark.parametrize("command", OURS)
def test_a_command_of_ours_exists_with_its_options(command: str) -> None:
    app.parse_args(shlex.split(command), exit_on_error=False, print_error=False)


def test_there_are_both() -> None:
    assert len(AWS) >= 15
    assert len(OURS) >= 4
