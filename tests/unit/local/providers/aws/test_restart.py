"""What the emulator keeps when it is stopped, and what it loses when it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest
import urllib3

from local.provider import Properties
from tests.unit.local.providers.aws.emulated import Emulator, Program, zipped


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """One of its own for each test, without an older state."""
    one = Emulator(tmp_path)
    one.start()
    yield one
    one.stop(SIGKILL)


THROTTLE = {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}
SOURCES = ["$request.header.Authorization"]


def whole(program: Program, folder: Path, text: str = "one") -> Properties:
    """A resource of each type that the emulator keeps."""
    source = f"def handler(event, context):\n    return {{'statusCode': 200, 'body': {text!r}}}\n"
    secret = program.make("Secret", "client")["id"]
    program.make("SecretVersion", "client", secretId=secret, secretString=text)
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
    function = program.function("edge", zipped(folder / f"{text}.zip", source), allowed)
    alias = program.make("Alias", "a", name="live", functionName="edge", functionVersion=function["version"])
    program.make(
        "Permission", "p", function="edge", action="lambda:InvokeFunction", principal="apigateway.amazonaws.com"
    )
    api = program.make("Api", "edge", protocolType="HTTP")
    integration = program.make(
        "Integration", "i", apiId=api["id"], integrationType="AWS_PROXY", integrationUri=alias["invokeArn"]
    )
    jwt = {"issuer": "http://127.0.0.1:1", "audiences": ["crosscloud"]}
    program.make(
        "Authorizer", "j", apiId=api["id"], authorizerType="JWT", identitySources=SOURCES, jwtConfiguration=jwt
    )
    target = f"integrations/{integration['id']}"
    program.make("Route", "r", apiId=api["id"], routeKey="GET /", target=target)
    program.make("Stage", "s", apiId=api["id"], name="$default", autoDeploy=True, defaultRouteSettings=THROTTLE)
    return api


def answer(emulator: Emulator, api: Properties) -> str:
    url = f"{emulator.machine.emulator_url}/_aws/execute-api/{api['id']}/$default/"
    return urllib3.request("GET", url, retries=False, timeout=10).data.decode()


def test_sigterm_keeps_everything(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    api = whole(program, tmp_path)
    assert answer(emulator, api) == "one"
    emulator.restart(SIGTERM)
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, api) == "one"


def test_sigkill_loses_everything_since_the_last_stop_and_it_is_made_again(
    emulator: Emulator, program: Program, tmp_path: Path
) -> None:
    api = whole(program, tmp_path)
    emulator.restart(SIGKILL)
    assert not any(program.exists().values()), program.exists()
    program.made.clear()
    again = whole(program, tmp_path)
    assert again["id"] == api["id"]
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, again) == "one"


def test_an_older_state_is_noticed_and_repaired(emulator: Emulator, program: Program, tmp_path: Path) -> None:
    whole(program, tmp_path, "one")
    emulator.restart(SIGTERM)
    program.made.clear()
    gateway = whole(program, tmp_path, "two")
    assert answer(emulator, gateway) == "two"
    emulator.restart(SIGKILL)
    assert answer(emulator, gateway) == "one"
    gone = {type_ for type_, there in program.exists().items() if not there}
    assert gone == {"SecretVersion", "Function", "Alias"}
    program.made.clear()
    whole(program, tmp_path, "two")
    assert all(program.exists().values()), program.exists()
    assert answer(emulator, gateway) == "two"
