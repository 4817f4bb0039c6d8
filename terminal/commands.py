"""The commands `up` and `down`, and the way to the others."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter
from rich.console import Console

from planning.errors import PlanningError
from planning.pipes import silent_end
from terminal.clone import ROOT, until_stopped, version
from terminal.printable import printable

if TYPE_CHECKING:
    from cluster.target import Target
    from local.machine import Machine
    from local.up import Display
    from terminal.drift.repair import Repair
    from watching.record import Record

console = Console()

FULL = (errno.ENOSPC, errno.EDQUOT)
"""The errors of a file system or a quota that is full."""
HELP = """The commands of this clone, which apply the program to this machine and look after what runs here.

Besides: `./crosscloud planning` says what the program declares and what it costs, `events` looks after dead letters and
replays, `preflight` looks for what would stop a deployment, `canary` and `smoke` deliver and check a stack, `hours`
starts and stops one, `policy` judges what is declared; each has its own `--help`.
"""
STATUS = """Show what is true of the stack: processes, pods, functions, queues, tables, databases.

The exit status is 0 when all is well, 3 when the stack is down, 4 when it is up and something is not well, and 1 when
that can't be found out.
"""
DRIFT = """Show what of the stack was changed or deleted behind its back; `--stack dev` asks the clouds instead.

The exit status is 0 when nothing was, 3 when something differs or a lever of the runbook is pulled, 4 when something
that holds data is gone, and 1 when that can't be found out. `./crosscloud up --repair` mends it.
"""
LOGS = (
    """Print the log lines of every process in time order: gateway, functions, ingress, services, and what runs them."""
)
TRACE = "Print the spans of a request, a trace or an order as a waterfall: every hop, with its calls and its SQL."
TOKENS = "Print a signed JWT of the local issuer, valid for an hour, for one customer, member of staff or program."
DEMO = "Make a product, sign a customer in, place an order, and show its way through both clouds."
DEBUG = "Let a debugger be attached to a service or a function, or with --off put everything back."
CONTROL = {
    "restart": "Replace the pods of a service one by one, without losing a request.",
    "stop": "End the pods of a service, until `start`. Requests to it are answered with 503.",
    "start": "Start the pods of a service that was stopped.",
    "pause": "Give a consumer no more events: they wait in its queue or stream.",
    "resume": "Give a consumer its events again.",
}
TOOLS = {
    "aws": "Run the command line of AWS against this machine's emulator.",
    "psql": "Open PostgreSQL's `psql` in the database of a service.",
    "shell": "Open your shell with what curl, psql and the tools of AWS need to reach this stack.",
}
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
app.command("terminal.drift.command:app", name="drift", help=DRIFT)
app.command("terminal.tokens:app", name="token", help=TOKENS)
for name, sentence in CONTROL.items():
    app.command(f"terminal.control:{name}", name=name, help=sentence)
for name, sentence in TOOLS.items():
    app.command(f"terminal.tools:{name}", name=name, help=sentence)
app.command("terminal.logs.command:app", name="logs", help=LOGS)
app.command("terminal.trace:app", name="trace", help=TRACE)
app.command("terminal.demo:app", name="demo", help=DEMO)
app.command("terminal.debugging:app", name="debug", help=DEBUG)


@app.command
def up(
    *,
    port: int | None = None,
    dry_run: bool = False,
    watch: bool = False,
    as_json: Annotated[bool, Parameter("--json")] = False,
    kubeconfig: Path | None = None,
    context: str | None = None,
    images: str | None = None,
    postgres: str | None = None,
    kind: bool = False,
    yes_this_cluster: bool = False,
    repair: bool = False,
    levers: bool = False,
) -> None:
    """Start the local stack, or bring it up to date.

    Parameters
    ----------
    port
        TCP port of the public endpoint; 8443 where that is free and nothing was chosen before.
    dry_run
        Only say what would change on this machine.
    watch
        Go on, and bring each save of a source about, until Ctrl-C.
    as_json
        Print the result as JSON, for programs; what a person reads goes to standard error.
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
    repair
        Mend what was changed or deleted behind the stack's back, as `drift` shows it. What held data comes back empty.
    levers
        With --repair: put the runbook's levers back too, such as a consumer that was paused.
    """
    from cluster.target import chosen
    from local.errors import LocalError
    from local.machine import CHANGES
    from terminal import example, generated, preview, room
    from terminal.display import Display
    from terminal.drift.repair import Repair
    from terminal.status.report import switched_off
    from watching.record import Record

    messages = Console(stderr=True) if as_json else console
    places = any((port is not None, kubeconfig, context, images, postgres, kind, yes_this_cluster))
    _refuse_mixtures(dry_run=dry_run, watch=watch, as_json=as_json, places=places, repair=repair, levers=levers)
    if dry_run:
        generated.bring_up_to_date(messages, write=False)
        preview.show(ROOT, console, as_json=as_json)
        return
    room.check_room(ROOT)
    is_new = not (ROOT / ".local" / "ports.json").exists()
    generated.bring_up_to_date(messages)
    with room.opened(ROOT, port) as machine:
        if is_new and port is None and (note := room.moved(machine)):
            messages.print(note, highlight=False, soft_wrap=True)
        kubeconfig = _of_kind(machine, kubeconfig, context) if kind else kubeconfig
        target = chosen(
            machine,
            kubeconfig=kubeconfig,
            context=context,
            images=images,
            postgres=postgres,
            consent=yes_this_cluster,
        )
        if watch and target is not None:
            raise LocalError(
                "--watch is for a stack whose pods are on this machine. With a cluster, run `make up` after each edit."
            )
        display, record = Display(messages), Record()
        look = Repair(
            machine=machine,
            report=lambda text: messages.print(printable(text), markup=False, highlight=False, soft_wrap=True),
            mend=repair,
            levers=levers,
        )
        try:
            _apply(machine, target, display, record, look)
        finally:
            display.append_to(machine.logs / CHANGES)
        for sentence in switched_off(machine):  # before the example request, which may fail because of that
            messages.print(sentence, style="yellow", markup=False, highlight=False, soft_wrap=True)
        answer = example.send(machine, display)
    if as_json:
        sys.stdout.write(json.dumps(answer.as_json(display.changes)) + "\n")
        return
    from console.place import hint

    answer.show(console)
    console.print(f"\n{hint(ROOT)}", markup=False, highlight=False, soft_wrap=True)
    if watch:
        from terminal.watch import watch as go_on

        with until_stopped():
            go_on(machine, record, console)


def _refuse_mixtures(*, dry_run: bool, watch: bool, as_json: bool, places: bool, repair: bool, levers: bool) -> None:
    """Raises LocalError for options of `up` that don't go together."""
    from local.errors import LocalError

    if levers and not repair:
        raise LocalError("--levers says what --repair does with levers that are pulled. Say both: --repair --levers.")
    if dry_run and repair:
        raise LocalError("DRY_RUN=1 repairs nothing. `./crosscloud drift` shows what a repair would mend.")
    if dry_run and places:
        raise LocalError(
            "DRY_RUN=1 looks at the stack as it is: it goes with no other port and no cluster. Leave those out: "
            "`make up DRY_RUN=1`."
        )
    if watch and (dry_run or as_json):
        raise LocalError("--watch goes on until Ctrl-C, with a line for each save; it takes no --dry-run or --json.")


def _of_kind(machine: Machine, kubeconfig: Path | None, context: str | None) -> Path:
    """Returns the kubeconfig of the cluster of kind, which is made unless it is there. Raises LocalError."""
    from cluster import kind
    from cluster.target import refuse_moving
    from local.errors import LocalError

    if kubeconfig:
        raise LocalError("CLUSTER=kind makes a cluster, and KUBECONFIG names another one. Say one of them.")
    if context not in (None, kind.CONTEXT):
        raise LocalError(
            f"CLUSTER=kind makes a cluster whose context is {kind.CONTEXT}, and CONTEXT names another one, "
            f"{context}. Say one of them."
        )
    refuse_moving(machine, str(kind.kubeconfig(machine)), context)
    return kind.ensure(machine)


def _apply(machine: Machine, target: Target | None, display: Display, record: Record, look: Repair) -> None:
    """Applies the program to this machine, or with a cluster in the place of its pods, and describes its API there."""
    from api_docs import page

    if target is None:
        from local.up import up as run
        from telemetry.platform import declare_tracing, this_machine

        declare_tracing(machine)
        run(machine, display, this_machine(machine), look=look, make=record.engine)
    else:
        from cluster.platform import apply

        apply(machine, target, display, look)
    page.serve(machine)


@app.command(name="console")
def open_console(*, port: int | None = None) -> None:
    """Serve a page that shows what runs and what has happened, on loopback, until Ctrl-C.

    Parameters
    ----------
    port
        TCP port of the page, which is kept; the first free one after the endpoint's where nothing is said.
    """
    chosen = [] if port is None else ["--port", str(port)]
    # In the place of this process, whose modules would take as much memory as the console itself.
    os.execv(sys.executable, [sys.executable, "-m", "console", str(ROOT), *chosen])  # noqa: S606


@app.command
def down(*, purge: bool = False, forget: bool = False, yes: bool = False) -> None:
    """Stop every process of the local stack; in a cluster, delete the services' Deployments.

    Parameters
    ----------
    purge
        Remove its data, state and keys too, and everything that it has made in a cluster.
    forget
        With --purge: leave what is in the cluster there, for one that is gone for good.
    yes
        With --purge: do not ask.
    """
    from local.errors import LocalError
    from local.supervisor import client
    from terminal.confirmation import confirm_purge
    from terminal.leaving import leave

    if forget and not purge:
        raise LocalError("FORGET=1 says what PURGE=1 does with what is in a cluster. Say both: PURGE=1 FORGET=1.")
    if purge and not yes:
        confirm_purge(ROOT)
    if (ROOT / ".local").exists():
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
    """Returns the clone's machine, without ports where their file is missing, or with `purge` is damaged."""
    from local.errors import LocalError
    from local.machine import Machine, Ports
    from local.setup import open_machine

    try:
        return open_machine(ROOT, create=False)
    except LocalError:
        if not purge and (ROOT / ".local" / "ports.json").exists():
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


def main() -> None:
    """Runs the command line. An error is one sentence, and the status 1."""
    try:
        with silent_end():
            app()
    except PlanningError as error:
        sys.stderr.write(f"{printable(str(error))}\n")
        sys.exit(1)
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stderr.write(f"No space left: {error.filename or ROOT} can't be written ({error.strerror}).\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Run the same command again to go on.\n")
        sys.exit(130)
