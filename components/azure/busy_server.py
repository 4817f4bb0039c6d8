"""Waits for a PostgreSQL server that was made and still refuses to be changed.

Azure reports a server as made before it takes changes: the first one after that is sometimes refused
(https://github.com/Azure/azure-postgresql/issues/127 and 134), and the provider does not try again. A custom timeout
does not help: it bounds an operation and repeats none. Pulumi's error hooks repeat one. They run in the program, so
that nothing has to be installed for them; a `pulumi destroy` without `--run-program` has none, and needs none, because
what has a hook here goes with its server.
"""

from __future__ import annotations

import asyncio

import pulumi

BUSY = ("ServerIsBusy", "ServerBusy", "AadAuthOperationCannotBePerformedWhenServerIsNotAccessible")
"""The codes with which Azure refuses for now."""
TRIES = 20
"""The number of times that an operation is tried at most."""
PAUSE = 15.0
"""Seconds between two tries: with TRIES some five minutes, about as long as making the server took."""


def again_while_busy(server: str) -> pulumi.ErrorHook:
    """Returns a hook that repeats an operation on a part of the server, as long as Azure says that it is busy."""
    return pulumi.ErrorHook(f"{server}-database-is-busy", _again)


async def _again(args: pulumi.ErrorHookArgs) -> bool:
    if len(args.errors) >= TRIES or not any(code in args.errors[0] for code in BUSY):
        return False
    pulumi.log.info(f"The server of {args.name} is busy; the next try is in {PAUSE:g} seconds.")
    await asyncio.sleep(PAUSE)
    return True
