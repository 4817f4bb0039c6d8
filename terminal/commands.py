"""The commands `up`, `down` and `token`, and the way to the others."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App, Parameter
from rich.console import Console

from planning.errors import PlanningError
from planning.pipes import silent_end
from terminal.clone import ROOT, version

if TYPE_CHECKING:
    from local.machine import Machine

console = Console()

HELP = """The commands of this clone, which apply the program to this machine and look after what runs here.

Besides: `./crosscloud planning` says what the program declares, `events` looks after dead letters and replays, `canary`
and `smoke` deliver and check a stack, `policy` judges what is declared; each has its own `--help`.
"""
STATUS = """Show what is true of the stack: processes, pods, functions, queues, tables, databases.

The exit status is 0 when all is well, 3 when the stack is down, 4 when it is up and something is not well, and 1 when
that can't be found out.
"""
LOGS = (
    """Print the log lines of every process in time order: gateway, functions, ingress, services, and what runs them."""
)
app = App(
    name="./crosscloud",
    help=HELP,
    version=lambda: version(ROOT),
    version_flags=["--version"],
    default_parameter=Parameter(negative=()),
    suppress_keyboard_interrupt=False,
)
# Modules of commands are imported where they are used: `token` and `logs` should not wait for the clouds' SDKs.
app.command("terminal.status.command:app", name="status", help=STATUS)
app.command("terminal.logs.command:app", name="logs", help=LOGS)


@app.command
def up(
    *,
    port: int | None = None,
    kubeconfig: Path | None = None,
    context: str | None = None,
    images: str | None = None,
    postgres: str | None = None,
    kind: bool = False,
    yes_this_cluster: bool = False,
) -> None:
    """Start the local stack, or bring it up to date.

    Parameters
    ----------
    port
        TCP port of the public endpoint; 8443 where that is free and nothing was chosen before.
    kubeconfig
        A disposable Kubernetes takes the place of this machine's pods, ingress and databases, from now on.
    context
        Context in it; the current one where nothing is said.
    images
        How images get to its nodes: registry:HOST[/PATH], or a command with {image}. Known for kind, k3d and minikube.
    postgres
        Image of the databases; `debian` builds one that needs no registry.
    kind
        Make a cluster with kind, unless there is one, and use it.
    yes_this_cluster
        The cluster is disposable, whatever its name says.
    """
    from cluster import kind as maker
    from cluster.target import chosen, refuse_moving
    from local.errors import LocalError
    from local.setup import open_machine
    from terminal.display import Display
    from terminal.example import show

    machine = open_machine(ROOT, endpoint_port=port)
    if kind:
        if kubeconfig:
            raise LocalError("CLUSTER=kind makes a cluster, and KUBECONFIG names another one. Say one of them.")
        refuse_moving(machine, str(maker.kubeconfig(machine)))
    target = chosen(
        machine,
        kubeconfig=maker.ensure(machine) if kind else kubeconfig,
        context=context,
        images=images,
        postgres=postgres,
        consent=yes_this_cluster,
    )
    display = Display(console)
    if target is None:
        from local.up import up as run

        run(machine, display)
    else:
        from cluster.platform import apply

        apply(machine, target, display)
    show(machine, console, display)


@app.command
def down(*, purge: bool = False, forget: bool = False) -> None:
    """Stop every process of the local stack; in a cluster, delete the services' Deployments.

    Parameters
    ----------
    purge
        Remove its data, state and keys too, and everything that it has made in a cluster.
    forget
        With --purge: leave what is in the cluster there, for one that is gone for good.
    """
    from local.errors import LocalError
    from local.supervisor import client
    from terminal.leaving import leave

    if forget and not purge:
        raise LocalError("FORGET=1 says what PURGE=1 does with what is in a cluster. Say both: PURGE=1 FORGET=1.")
    if (ROOT / ".local" / "ports.json").exists():
        machine = _machine_to_leave(purge=purge)
        try:
            leave(machine, console, purge=purge, forget=forget)
        finally:
            client.stop(machine)
        if purge:
            _tell_of_kind(machine)
    if purge:
        shutil.rmtree(ROOT / ".local", ignore_errors=True)
    console.print("The local stack is down." + (" Its data is removed." if purge else ""))


def _machine_to_leave(*, purge: bool) -> Machine:
    """Returns the clone's machine; with `purge` one without ports where the file that has them is damaged."""
    from local.errors import LocalError
    from local.machine import Machine, Ports
    from local.setup import open_machine

    try:
        return open_machine(ROOT, create=False)
    except LocalError:
        if not purge:
            raise
        none = Ports(endpoint=0, ingress=0, issuer=0, emulator=0, postgres=0)
        return Machine(root=ROOT, home=ROOT / ".local", ports=none)


def _tell_of_kind(machine: Machine) -> None:
    """Says how a cluster that this clone has made with kind is deleted."""
    from cluster import kind

    if kind.kubeconfig(machine).exists():
        console.print(
            f"The cluster of kind stays: `make up CLUSTER=kind` uses it again, and `kind delete cluster --name "
            f"{kind.NAME}` deletes it.",
            highlight=False,
            soft_wrap=True,
        )


@app.command
def token(
    *,
    customer: str | None = None,
    staff: str | None = None,
    program: str | None = None,
    scope: str | None = None,
) -> None:
    """Print a signed JWT of the local issuer, valid for an hour, for one customer, member of staff or program.

    Parameters
    ----------
    customer
        The id of a user, who reaches their own data.
    staff
        The name of a member of staff, who reaches everybody's data.
    program
        The name of a program, which gets a token by client credentials.
    scope
        Scopes, separated by spaces; without it every scope that counts in this token.
    """
    from local import issuer
    from local.errors import LocalError
    from local.setup import open_machine

    kinds = ((issuer.customer, customer), (issuer.staff, staff), (issuer.program, program))
    holders = [kind(name) for kind, name in kinds if name is not None]
    if len(holders) != 1:
        raise LocalError("Say whose token it is: one of --customer ID, --staff NAME or --program NAME.")
    if customer is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", customer):
        raise LocalError(f"--customer takes the id of a user: up to 64 letters, digits, '_' and '-', not {customer!r}.")
    machine, holder = open_machine(ROOT, create=False), holders[0]
    granted = issuer.scopes(machine, holder) if scope is None else scope
    sys.stdout.write(issuer.token(machine, holder, scope=granted) + "\n")


def main() -> None:
    """Runs the command line. An error is one sentence, and the status 1."""
    try:
        with silent_end():
            app()
    except PlanningError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Run the same command again to go on.\n")
        sys.exit(130)
