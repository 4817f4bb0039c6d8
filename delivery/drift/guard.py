"""The guard before every automatic `pulumi up`: nothing that holds data is gone.

A plain `up` does not notice. `up --refresh` makes an empty one at once, and no protection of the resource is in the
way: a refresh takes it out of the state.
"""

from __future__ import annotations

from delivery.commands import DeliveryError, Run
from delivery.drift.engine import refresh
from planning.drift.stores import SECTION, STORES


def guard(stack: str, run: Run) -> int:
    """Returns how many resources that hold data are there.

    Raises DeliveryError when one of them is gone, or when that can't be told.
    """
    found = refresh(stack, run, options=[word for type_ in STORES for word in ("--target", f"**{type_}::*")])
    if lost := [each for each in found.drifted if each.loses]:
        names = ", ".join(f"{each.type} {each.name} (with {each.loses})" for each in lost)
        raise DeliveryError(
            f"{stack} has lost {names}. Nothing was changed: an update would make an empty one. Restore it first, as "
            f"{SECTION}, says."
        )
    if found.unknown:
        raise DeliveryError(
            f"Nobody knows whether all that holds data in {stack} is there: {'; '.join(found.unknown)}. Nothing was "
            "changed: mend that, and do this again."
        )
    return found.looked
