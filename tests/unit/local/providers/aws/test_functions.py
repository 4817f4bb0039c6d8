from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local.errors import ProviderError
from local.machine import Machine
from local.provider import Properties
from local.providers.aws.client import Aws
from planning.wire import Archive
from terminal.logs.files import members
from tests.unit.local.providers.aws.emulated import Program, printed, zipped

READS_A_SECRET = """
import os
import botocore.session

def handler(event, context):
    client = botocore.session.get_session().create_client("secretsmanager")
    return client.get_secret_value(SecretId=event["secret"])["SecretString"]
"""


TELLS_OF_ITS_BYTE_CODE = """
import importlib.util
import pathlib

def handler(event, context):
    header = pathlib.Path(importlib.util.cache_from_source(__file__)).read_bytes()[:8]
    return [header[:4] == importlib.util.MAGIC_NUMBER, header[4:].hex()]
"""


ANSWERS_500 = """
import json
import traceback

WORK = {}

def handler(event, context):
    try:
        1 // len(WORK)
    except ZeroDivisionError:
        print(json.dumps({"message": "request", "stack": traceback.format_exc()}))
    return {"statusCode": 500}
"""


def answering(text: str) -> str:
    return f"def handler(event, context):\n    return {text!r}\n"


def invoke(api: Aws, function: str, event: Any = None) -> Any:
    answer = api.call("lambda", "Invoke", {"FunctionName": function, "Payload": json.dumps(event).encode()})
    return json.loads(answer["Payload"].read())


def test_a_function_has_the_byte_code_of_the_interpreter_that_runs_it(
    program: Program, api: Aws, tmp_path: Path
) -> None:
    archive = zipped(tmp_path / "one.zip", TELLS_OF_ITS_BYTE_CODE)
    made = program.function("edge", archive)
    assert invoke(api, "edge") == [True, "01000000"], "that of the zip; what a worker compiles itself has the flags 0"
    assert made["codeSha256"] == base64.b64encode(bytes.fromhex(archive.sha256)).decode(), "the code is the same"


def test_code_that_can_not_be_compiled_fails_where_it_is_called(program: Program, api: Aws, tmp_path: Path) -> None:
    program.function("edge", zipped(tmp_path / "one.zip", "def handler(:"))
    said = invoke(api, "edge")["errorMessage"]
    assert 'code/app.py", line 1' in said
    assert said.endswith("SyntaxError: invalid syntax\n")


def update(program: Program, made: Properties, **changes: Any) -> Properties:
    """Updates a function as the engine does it: the new inputs are the old ones with the changes."""
    inputs = {key: made[key] for key in ("role", "handler", "runtime", "code", "publish", "timeout", "loggingConfig")}
    new = {**inputs, **changes}
    return {**new, **program.handler("Function").update(made["id"], inputs, new, made), "id": made["id"]}


def test_new_code_is_a_new_version_and_the_alias_moves(program: Program, api: Aws, tmp_path: Path) -> None:
    first = program.function("edge", zipped(tmp_path / "one.zip", answering("one")))
    inputs = {"name": "live", "functionName": first["name"], "functionVersion": first["version"]}
    alias = program.make("Alias", "live", **inputs)
    assert invoke(api, alias["arn"]) == "one"

    second = update(program, first, code=zipped(tmp_path / "two.zip", answering("two")))
    assert (first["version"], second["version"]) == ("1", "2")
    assert second["codeSha256"] != first["codeSha256"]
    assert invoke(api, alias["arn"]) == "one", "the alias decides what is live"

    moved = {**inputs, "functionVersion": second["version"]}
    program.handler("Alias").update(alias["id"], inputs, moved, alias)
    assert invoke(api, alias["arn"]) == "two"
    assert invoke(api, first["qualifiedArn"]) == "one", "the old version stays callable"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nTABLE = os.environ['NOT_SET']\n", "app.py:2: KeyError: 'NOT_SET'"),
        ("import sys\nsys.exit('no table')\n", "app.py:2: SystemExit: no table"),
        ("import os\nos._exit(3)\n", "its process ends while it is imported"),
        ("def handler(event, context):\n    return 1 // len(event['Records'])\n", "app.py:2: ZeroDivisionError: .*"),
        (ANSWERS_500, "app.py:9: ZeroDivisionError: .*"),
        ("def handler(event, context):\n    return {'statusCode': 503}\n", "it answers with 503"),
    ],
    ids=["import", "exit at import", "end at import", "call", "answer with a stack", "answer without a reason"],
)
def test_a_version_that_fails_before_it_is_called_gets_no_calls_and_its_place_is_named(
    program: Program, api: Aws, machine: Machine, tmp_path: Path, source: str, reason: str
) -> None:
    (machine.root / "app.py").touch()  # the source in the clone, by which messages name the place
    first = program.function("edge", zipped(tmp_path / "one.zip", answering("one")))
    inputs = {"name": "live", "functionName": first["name"], "functionVersion": first["version"]}
    alias = program.make("Alias", "live", **inputs)
    second = update(program, first, code=zipped(tmp_path / "two.zip", source))
    moved = {**inputs, "functionVersion": second["version"]}
    with pytest.raises(ProviderError, match=f"^edge: version 2 fails before it is called: {reason}$"):
        program.handler("Alias").update(alias["id"], inputs, moved, alias)
    assert invoke(api, alias["arn"]) == "one"
    with pytest.raises(ProviderError, match=f"{reason}$"):
        program.handler("Alias").create("other", {**moved, "name": "other"})


def test_a_version_is_tried_once_and_not_when_an_alias_changes_otherwise(
    program: Program, machine: Machine, tmp_path: Path
) -> None:
    source = "def handler(event, context):\n    print('tried')\n"
    first = program.function("edge", zipped(tmp_path / "one.zip", source))
    inputs = {"name": "live", "functionName": first["name"], "functionVersion": first["version"]}
    (machine.logs / "functions.jsonl").unlink(missing_ok=True)
    alias = program.make("Alias", "live", **inputs)
    program.handler("Alias").update(alias["id"], inputs, {**inputs, "description": "another"}, alias)
    assert [line["message"] for line in printed(machine)] == ["tried"]


def test_the_same_again_publishes_nothing(program: Program, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "one.zip", answering("one"))
    first = program.function("edge", archive)
    assert program.function("edge", archive)["version"] == "1"
    assert update(program, first, reservedConcurrentExecutions=5)["version"] == "1"


def test_a_changed_configuration_is_a_new_version_with_the_old_code(program: Program, api: Aws, tmp_path: Path) -> None:
    first = program.function("edge", zipped(tmp_path / "one.zip", answering("one")))
    second = update(program, first, environment={"variables": {"A": "b"}})
    assert second["version"] == "2"
    assert second["codeSha256"] == first["codeSha256"]
    assert "A" not in api.call("lambda", "GetFunctionConfiguration", {"FunctionName": first["qualifiedArn"]}).get(
        "Environment", {}
    ).get("Variables", {})


def test_without_publish_the_version_is_the_latest(program: Program, tmp_path: Path) -> None:
    made = program.function("edge", zipped(tmp_path / "one.zip", answering("one")))
    assert update(program, made, publish=False)["qualifiedArn"].endswith(":edge:$LATEST")


def test_reserved_concurrency_is_set_and_taken_away(program: Program, api: Aws, tmp_path: Path) -> None:
    made = program.function("edge", zipped(tmp_path / "one.zip", answering("one")))
    update(program, made, reservedConcurrentExecutions=5.0)
    named = {"FunctionName": "edge"}
    assert api.call("lambda", "GetFunctionConcurrency", named)["ReservedConcurrentExecutions"] == 5
    update(program, made, reservedConcurrentExecutions=-1)
    assert "ReservedConcurrentExecutions" not in api.call("lambda", "GetFunctionConcurrency", named)


def test_it_exists_and_goes_when_the_zip_is_gone(program: Program, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "one.zip", answering("one"))
    made = program.function("edge", archive)
    archive.path.unlink()
    handler = program.handler("Function")
    assert handler.exists(made["id"], made)
    handler.delete(made["id"], made)
    with pytest.raises(ProviderError, match=r"one\.zip: No such file"):
        handler.create("edge", {key: made[key] for key in ("role", "handler", "runtime", "code")})


def test_a_function_does_what_its_role_allows_and_nothing_else(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    own, other = (program.make("Secret", name)["id"] for name in ("own", "other"))
    for secret in (own, other):
        program.make("SecretVersion", "value", secretId=secret, secretString="hunter2")
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": own}
    archive = zipped(tmp_path / "reader.zip", READS_A_SECRET)
    program.function("reader", archive, allowed)

    assert invoke(api, "reader", {"secret": own}) == "hunter2"
    refused = invoke(api, "reader", {"secret": other})["errorMessage"]
    assert "AccessDeniedException" in refused
    assert "assumed-role/reader/reader is not authorized to perform: secretsmanager:GetSecretValue" in refused

    program.function("unprivileged", archive)
    assert "AccessDeniedException" in invoke(api, "unprivileged", {"secret": own})["errorMessage"]


def test_it_runs_with_the_local_stacks_interpreter_and_none_of_the_users_settings(
    program: Program, api: Aws, tmp_path: Path
) -> None:
    source = "import os, sys\ndef handler(event, context):\n    return [sys.prefix, dict(os.environ)]\n"
    program.function("edge", zipped(tmp_path / "environ.zip", source), None, environment={"variables": {"A": "b"}})
    prefix, environment = invoke(api, "edge")
    assert prefix == sys.prefix
    assert environment["A"] == "b"
    assert environment["AWS_REGION"] == "eu-central-1"
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA"), "temporary credentials of its role"


PRINTS = """
import json, sys

def handler(event, context):
    print(json.dumps({"message": "hello", "request_id": event}))
    print("Traceback (most recent call last):")
    print('"no object"', file=sys.stderr)
"""


def test_what_a_function_prints_is_kept_as_json_lines(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    program.function("edge", zipped(tmp_path / "prints.zip", PRINTS))
    (machine.logs / "functions.jsonl").unlink(missing_ok=True)
    invoke(api, "edge", "first")
    first = printed(machine)
    assert [line["message"] for line in first] == ["hello", "Traceback (most recent call last):", '"no object"']
    assert first[0]["request_id"] == "first"
    assert first[1]["timestamp"].endswith("+00:00")
    assert first[1]["service"] == "edge"


def test_the_stack_trace_of_a_failed_import_is_in_the_log_with_the_id_of_the_request_that_it_failed(
    program: Program, api: Aws, machine: Machine, tmp_path: Path
) -> None:
    program.function("edge", zipped(tmp_path / "broken.zip", "raise RuntimeError('broken')\n"))
    (machine.logs / "functions.jsonl").unlink(missing_ok=True)
    invoke(api, "edge", {"headers": {"x-request-id": "mine"}})
    told = members(machine, "mine")
    assert told[0]["message"].endswith("Traceback (most recent call last):")
    assert told[-1]["message"] == "RuntimeError: broken"
    assert {(line["service"], line["level"]) for line in told} == {("edge", "ERROR")}


def test_archive_must_be_a_file(program: Program) -> None:
    gone = Archive(path=Path("/nowhere/code.zip"), sha256="")
    with pytest.raises(ProviderError, match=r"/nowhere/code\.zip: No such file"):
        program.handler("Function").create(
            "edge", {"role": "r", "handler": "a.b", "runtime": "python3.13", "code": gone}
        )
