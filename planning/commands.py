"""The commands of `./crosscloud planning`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from planning.errors import PlanningError
from planning.stack_file import placeholders

app = App(
    name="./crosscloud planning",
    help="What the program declares, offline.",
    version_flags=[],
    default_parameter=Parameter(negative=()),
)

ROOT = Path(__file__).resolve().parent.parent


@app.command
def plan(
    *,
    stack: str,
    against: str | None = None,
    as_json: Annotated[bool, Parameter("--json")] = False,
    as_markdown: Annotated[bool, Parameter("--markdown")] = False,
    root: Path = ROOT,
) -> None:
    """Print what the program declares for a stack, offline.

    Parameters
    ----------
    stack
        local, dev or prod.
    against
        A git revision; print what differs from it instead.
    as_json
        As JSON, for programs.
    as_markdown
        As Markdown, for a pull request.
    root
        Folder of the program, when it is not this one.
    """
    if as_json and as_markdown:
        raise PlanningError("--json and --markdown are two forms of the same. Say one of them.")
    from planning import plan as planner
    from planning import report
    from planning.changes import compare

    config = planner.STAND_INS if stack == "local" else None
    planned = planner.plan(root.resolve(), stack, config=config)
    changes = compare(planner.plan_of_revision(root, stack, against, config=config), planned) if against else None
    if left := placeholders(root, stack):
        numbers = ", ".join(map(str, left))
        sys.stderr.write(
            f"Pulumi.{stack}.yaml still has {len(left)} placeholders. The comment REPLACE says what is wanted in their "
            f"lines: {numbers}.\n"
        )
    if as_json:
        text = report.as_json(stack, planned, changes)
    elif as_markdown:
        text = report.as_markdown(stack, planned, changes)
    else:
        text = report.as_text(planned, changes)
    sys.stdout.write(text + "\n")


@app.command
def render(*, stack: str, output: Path | None = None, helm: Path | None = None) -> None:
    """Write the Kubernetes manifests of a stack, offline: as files for `kubectl apply -f`, or as a Helm chart.

    Keys and passwords in the files are made for this rendering; nothing of a deployment is read.

    Parameters
    ----------
    stack
        local, dev or prod.
    output
        A folder for all manifests, as files that `kubectl apply -f` takes in order; empty, or not there yet.
    helm
        A folder for a Helm chart of the services, without Secrets (docs/helm.md); empty, or not there yet.
    """
    from planning import helm as charts
    from planning import render as manifests
    from planning.plan import STAND_INS

    folders = [folder for folder in (output, helm) if folder is not None]
    if not folders:
        raise PlanningError("Say what to write: --output FOLDER for all manifests, --helm FOLDER for a Helm chart.")
    for folder in folders:
        manifests.refuse_unless_empty(folder)
    objects = manifests.objects(ROOT, stack, config=STAND_INS if stack == "local" else None)
    if output is not None:
        sys.stdout.write(f"{len(manifests.write(objects, output))} manifests are in {output}.\n")
    if helm is not None:
        templates = charts.write_chart(objects, helm, root=ROOT, stack=stack)
        sys.stdout.write(f"A chart with {len(templates)} templates is in {helm}.\n")
