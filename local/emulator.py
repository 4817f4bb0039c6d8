"""The AWS emulator (MiniStack) as a process of the local stack.

It keeps everything, data and logs included, in memory; `local.ministack` makes it save what it has answered, so that
SIGKILL loses nothing of it. Its Lambda functions are child processes that end when it does.

`AUTH=true` makes it check signatures and evaluate the policies of whoever calls, so that a function can do what its
role allows and nothing else. The account's root, whose access key is ROOT_KEY and whose secret isn't checked, may do
everything: what protects the emulator is that it listens on loopback.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from local.machine import ACCOUNT, REGION, Machine
from local.processes import PATH, ProcessSpec, answers

ROOT_KEY = ROOT_SECRET = "test"  # noqa: S105 - built in and not checked: no secret
"""MiniStack's built-in administrator (https://github.com/ministackorg/ministack)."""

STOP_SECONDS = 40.0
"""It writes its state after the calls that are under way, of which a gateway's takes up to 30 seconds."""


def spec(machine: Machine) -> ProcessSpec:
    """Returns how the supervisor runs MiniStack: ready in half a second; two run side by side on one machine."""
    scratch = machine.run / "emulator"
    return ProcessSpec(
        name="emulator",
        # -P: what lies beside the script is not to be imported by the emulator.
        argv=(sys.executable, "-P", str(Path(__file__).with_name("ministack.py"))),
        env=_environment(machine, scratch),
        cwd=scratch,
        log=machine.logs / "emulator.log",
        ports=(machine.ports.emulator,),
        ready=lambda: answers(f"{machine.emulator_url}/_ministack/ready"),
        grace=STOP_SECONDS,
        prepare=lambda: _prepare(machine, scratch),
    )


def debugged(machine: Machine) -> Path:
    """Returns the file with the functions under a debugger; it goes when the emulator starts anew."""
    return machine.run / "emulator" / "debugged.json"


def aws_access(machine: Machine) -> dict[str, str]:
    """Returns what a client of botocore needs to reach the emulator: `./crosscloud events` reads it."""
    return {
        "endpoint_url": machine.emulator_url,
        "aws_access_key_id": ROOT_KEY,
        "aws_secret_access_key": ROOT_SECRET,
    }


def _environment(machine: Machine, scratch: Path) -> dict[str, str]:
    """Returns the environment, which functions inherit: nothing in it is of the user's shell, home or AWS profiles."""
    state = machine.data / "aws"
    return {
        "PATH": PATH,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONNOUSERSITE": "1",
        "LOG_LEVEL": "WARNING",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(machine.ports.emulator),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "CLONE": str(machine.root),
        "FUNCTION_LOG": str(machine.logs / "functions.jsonl"),
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",  # or it would remove every container labelled as MiniStack's
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def _prepare(machine: Machine, scratch: Path) -> None:
    """Makes an empty scratch folder, for functions leave their unpacked code, and the folder of the state.

    Only their owner reads it: MiniStack writes the values of secrets in plain text.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    for folder in (scratch, machine.data / "aws"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
