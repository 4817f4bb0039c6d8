"""Judges the plan of a stack by every rule, offline: `python -m policy`."""

from __future__ import annotations

import sys
from pathlib import Path

from cyclopts import App, Parameter

from planning.changes import compare
from planning.errors import PlanningError
from planning.pipes import silent_end
from planning.plan import STAND_INS, plan, plan_of_revision
from policy.changes import RULES as CHANGE_RULES
from policy.changes import judge_authorities, judge_changes
from policy.judge import Verdict, judge
from policy.planned import stack_of
from policy.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
VIOLATED = 1
"""The exit status when a rule is violated; it is 2 when nothing could be judged."""

app = App(name="./crosscloud policy", help=__doc__, version_flags=[], default_parameter=Parameter(negative=()))


@app.default
def check(*, stack: list[str], against: str | None = None) -> None:
    """Judge what the program declares for stacks.

    The exit status is 1 when a rule is violated, 2 when the program has no plan.

    Parameters
    ----------
    stack
        local, dev or prod; can be given several times.
    against
        A git revision; also judge what the change from it does to what is already there.
    """
    good = True
    for name in stack:
        config = STAND_INS if name == "local" else None
        planned = plan(ROOT, name, config=config)
        before = plan_of_revision(ROOT, name, against, config=config) if against is not None else planned
        changes = [*judge_changes(compare(before, planned)), *judge_authorities(before, planned)]
        verdict = judge(stack_of(ROOT, name, planned), changes=changes)
        sys.stdout.write("\n".join(_lines(name, verdict)) + "\n")
        good = good and verdict.good
    if not good:
        sys.exit(VIOLATED)


def _lines(stack: str, verdict: Verdict) -> list[str]:
    """Returns the verdict for people: violations, exemptions that are not needed, and a summary."""
    unneeded = [
        f"{exemption.type} {exemption.name}: the exemption from {exemption.rule} is not needed. "
        f"Remove it from policy/exemptions.py, or {stack} from its stacks."
        for exemption in verdict.unneeded
    ]
    state = "keeps" if verdict.good else "does not keep"
    rules = len(RULES) + len(CHANGE_RULES)
    summary = f"{stack} {state} the {rules} rules; exemptions with a reason: {len(verdict.exempted)}."
    return [*map(str, verdict.violations), *unneeded, summary]


def main() -> None:
    """Runs the command line. Exits with 2 when the program has no plan."""
    try:
        with silent_end():
            app()
    except PlanningError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
