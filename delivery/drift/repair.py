"""Mends drift: `pulumi up --refresh` for what differs, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable

from delivery.commands import DeliveryError, Run
from delivery.drift.look import look
from planning.drift.report import as_text, line
from planning.drift.stores import SECTION


def repair(stack: str, run: Run, *, levers: bool = False, report: Callable[[str], object] = print) -> None:
    """Brings what differs back to what the program declares at the revision that is checked out.

    Levers that are pulled stay, unless `levers` says otherwise. Raises DeliveryError when something that holds data is
    gone, when something can't be read, and when something still differs afterwards.
    """
    before = look(stack, run)
    report(as_text(before))
    if before.lost:
        raise DeliveryError(
            f"Nothing was changed: {'; '.join(map(line, before.lost))}, and a repair would make an empty one. Restore "
            f"it first, as {SECTION}, says."
        )
    if before.unknown:
        raise DeliveryError("Nothing was changed: what can't be read can't be mended. Mend that first.")
    pulled = set() if levers else {each.urn for each in before.levers}
    urns = sorted({each.urn for each in before.drifted} - pulled)
    for each in before.others:
        if each.urn in pulled:
            report(f"{each.type} {each.name} stays as it is, because a lever of it is pulled.")
    if not urns:
        report(f"{stack} has nothing to mend.")
        return
    targets = [word for urn in urns for word in ("--target", urn)]
    # With what stands on it: what is made anew may have another id.
    options = ["--yes", "--skip-preview", "--refresh", "--target-dependents", "--policy-pack", "policy/crossguard"]
    run(["pulumi", "up", *options, *targets, "--stack", stack, "--non-interactive"])
    after = look(stack, run)
    if left := sorted({each.urn for each in after.drifted} - pulled):
        raise DeliveryError(f"After the repair these still differ: {', '.join(left)}. Look at them by hand.")
    if after.unknown:
        raise DeliveryError(f"Repaired, but not all of it can be read afterwards: {'; '.join(after.unknown)}.")
    report(f"{stack} is mended: {len(urns)} resources.")
