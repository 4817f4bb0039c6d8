"""Tools that others made, led to this machine's parts: the command line of AWS, PostgreSQL's `psql`, a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cluster.names import DATABASES
from cluster.target import saved
from local import issuer
from local.emulator import aws_access
from local.errors import LocalError
from local.machine import REGION, Machine
from local.postgres import SUPERUSER, find_binaries, password_file
from local.supervisor import client
from terminal import clone, kubectl
from terminal.status.parts import databases
from terminal.status.report import UNREADABLE

app = App()
Words = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A word that the tool gets as it is."""


@app.command
def aws(*words: Words) -> None:
    """Run the command line of AWS against this machine's emulator, as the account's root.

    Without words, print the variables that lead any tool of AWS there, for `eval "$(./crosscloud aws)"`.

    Parameters
    ----------
    words
        The words of the command, such as `sqs list-queues`.
    """
    variables = access(clone.machine())
    if not words:
        sys.stdout.write("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
        return
    program = shutil.which("aws")
    if program is None:
        raise LocalError(
            "`aws` is not on PATH. Install the AWS CLI (https://aws.amazon.com/cli), or lead another tool to the "
            'emulator: eval "$(./crosscloud aws)".'
        )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # Version 1 does not heed the variable for every service.
    _become(program, ["aws", "--endpoint-url", variables["AWS_ENDPOINT_URL"], *words], {**kept, **variables})


@app.command
def psql(service: str, *words: Words) -> None:
    """Open PostgreSQL's `psql` in the database of a service, as the server's administrator.

    Parameters
    ----------
    service
        The service, such as users.
    words
        More words for psql, such as `-c 'select count(*) from users'`.
    """
    machine = clone.machine()
    if target := saved(machine):
        psql_there = ("exec", "-it", "deployment/SERVER", "--", "psql", "-h", "/tmp", "-U", SUPERUSER)  # noqa: S108
        raise LocalError(
            f"The databases are in a cluster: `{kubectl.command(target, DATABASES, *psql_there)}`, where SERVER is one "
            f"of `{kubectl.command(target, DATABASES, 'get', 'deployments')}`."
        )
    try:
        names = [row["name"] for row in databases(machine)]
    except UNREADABLE as error:
        reason = str(error) or type(error).__name__
        raise LocalError(f"PostgreSQL does not answer ({reason}). `make up` starts it.") from None
    if service not in names:
        raise LocalError(f"No service has a database {service!r} here. There are {', '.join(names)}.")
    program = find_binaries() / "psql"
    variables = {**server(machine), "PGDATABASE": service}
    if not program.is_file():
        client = shutil.which("psql")
        if client is None:
            raise LocalError("`psql` is not on PATH. Install PostgreSQL's client (postgresql-client).")
        program = program.with_name(client)
    # The user's own PGHOSTADDR would be given this server's password.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    _become(str(program), ["psql", *words], {**kept, **variables})


@app.command
def shell(*words: Words) -> None:
    """Open your shell with the variables that lead curl, psql and the tools of AWS to this stack, or run a command so.

    ENDPOINT and TOKEN are the API's address and an hour's token of a member of staff with every scope. curl trusts this
    stack's authority alone there.

    Parameters
    ----------
    words
        A command in the place of the shell, after `--`: `./crosscloud shell -- curl "$URL"`.
    """
    machine = clone.machine()
    if not client.alive(machine):
        raise LocalError("The stack is down. Start it with `make up`.")
    chosen = list(words) or [os.environ.get("SHELL") or "/bin/sh"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG", "KUBE"))}
    variables = {**kept, **surroundings(machine)}
    program = shutil.which(chosen[0], path=variables.get("PATH"))
    if program is None:
        raise LocalError(f"{chosen[0]!r} is no program on PATH. Name another one: `./crosscloud shell -- bash`.")
    if not words:
        sys.stderr.write(
            f"{Path(program).name} for {machine.endpoint_url}. Try: "
            'curl -H "Authorization: Bearer $TOKEN" $ENDPOINT/users/123. Leave it with `exit`.\n'
        )
    _become(program, [program, *chosen[1:]], variables)


def surroundings(machine: Machine) -> dict[str, str]:
    """Returns the environment variables by which tools reach the stack: ENDPOINT, TOKEN, CA, and their own."""
    authority = str(machine.home / "ca.crt")
    holder = issuer.staff("shell")
    variables = {
        "ENDPOINT": machine.endpoint_url,
        "TOKEN": issuer.token(machine, holder, scope=issuer.scopes(machine, holder)),
        "CA": authority,
        "CURL_CA_BUNDLE": authority,
        **access(machine),
    }
    if target := saved(machine):  # the databases are there, too
        return {**variables, "KUBECONFIG": target.kubeconfig}
    binaries = find_binaries()
    path = os.environ.get("PATH", os.defpath)
    beside = {"PATH": f"{path}{os.pathsep}{binaries}"} if (binaries / "psql").is_file() else {}
    # Without a file of its own, kubectl would take the user's default one, which may name a cluster in use.
    return {**variables, **beside, **server(machine), "KUBECONFIG": os.devnull}


def server(machine: Machine) -> dict[str, str]:
    """Returns the environment variables by which PostgreSQL's tools reach the server, as its administrator."""
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(machine.ports.postgres),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": password_file(machine).read_text(),
    }


def access(machine: Machine) -> dict[str, str]:
    """Returns the environment variables by which tools of AWS reach the emulator."""
    reached = aws_access(machine)
    return {
        "AWS_ENDPOINT_URL": reached["endpoint_url"],
        "AWS_ACCESS_KEY_ID": reached["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": reached["aws_secret_access_key"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # The user's own profiles and the pager have no say.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }


def _become(program: str, words: list[str], variables: dict[str, str]) -> None:
    """Gives this process to the tool: its input, output and exit status are the command's."""
    sys.stdout.flush()
    try:
        os.execve(program, words, variables)  # noqa: S606 - no shell: every word is the user's own
    except OSError as error:
        raise LocalError(
            f"{program} can't be run: {error.strerror}. A script needs a first line such as `#!/bin/sh`."
        ) from None
