"""The commands of `./crosscloud planning`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
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
    """Print what the program declares for a stack, offline; against a revision, also what the change costs a month.

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
    from planning.costs.report import of_change

    config = planner.STAND_INS if stack == "local" else None
    planned = planner.plan(root.resolve(), stack, config=config)
    changes = cost = None
    if against is not None:
        before = planner.plan_of_revision(root, stack, against, config=config)
        changes, cost = compare(before, planned), of_change(stack, before, planned, today())
    if left := placeholders(root, stack):
        numbers = ", ".join(map(str, left))
        sys.stderr.write(
            f"Pulumi.{stack}.yaml still has {len(left)} placeholders. The comment REPLACE says what is wanted in their "
            f"lines: {numbers}.\n"
        )
    if as_json:
        text = report.as_json(stack, planned, changes, cost.data if cost else None)
    elif as_markdown:
        text = "\n\n".join([report.as_markdown(stack, planned, changes), *([cost.markdown] if cost else [])])
    else:
        text = "\n\n".join([report.as_text(planned, changes), *([cost.text] if cost else [])])
    sys.stdout.write(text + "\n")


@app.command
def costs(*, stack: str, as_json: Annotated[bool, Parameter("--json", negative=())] = False, root: Path = ROOT) -> None:
    """Print what a stack costs in a month, offline, with the price of each part and what is assumed of its use.

    Parameters
    ----------
    stack
        dev or prod.
    as_json
        As JSON, for programs.
    root
        Folder of the program, when it is not this one.
    """
    from planning.costs import monthly, report

    cost = monthly(stack, root.resolve())
    sys.stdout.write((json.dumps(report.as_json(cost), indent=1) if as_json else report.as_text(cost, today())) + "\n")


def today() -> date:
    """Returns the day of now, by which prices are old."""
    return datetime.now(UTC).date()


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
