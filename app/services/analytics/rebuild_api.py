"""The routes by which the counts are rebuilt.

They are in no public contract: only a function of the system calls them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from app.contract.problems import FORBIDDEN, ProblemError
from app.services.analytics import rebuilding
from app.services.analytics.models import Batch
from app.services.analytics.rebuild_models import Cleared, Comparison, ModelName, NewModel, Progress, Switch, Taken
from app.services.kit.callers import Caller, ServiceCaller
from app.services.kit.dependencies import ServiceDatabase
from app.services.kit.routing import Router


async def _system(caller: ServiceCaller) -> Caller:
    """Returns the caller. Raises ProblemError (403) for one that is no function of the system."""
    if not caller.is_system:
        raise ProblemError(FORBIDDEN, "Only a function of the system rebuilds the counts.")
    return caller


SystemCaller = Annotated[Caller, Depends(_system)]
"""A caller that acts for no token."""

router = Router(tags=["rebuild"])


@router.post("/analytics/models")
async def begin_model(model: NewModel, _: SystemCaller, database: ServiceDatabase) -> NewModel:
    """Begins to build a model beside the living one."""
    async with database.transaction() as connection:
        await rebuilding.begin(connection, model.name)
    return model


@router.post("/analytics/models/clear")
async def clear_models(_: SystemCaller, database: ServiceDatabase) -> Cleared:
    """Removes what is left of models that nobody reads."""
    async with database.transaction() as connection:
        return await rebuilding.clear(connection)


@router.post("/analytics/models/{name}/archived")
async def take_archived(name: ModelName, batch: Batch, caller: SystemCaller, database: ServiceDatabase) -> Taken:
    """Counts events of the archive in the model."""
    async with database.transaction() as connection:
        return await rebuilding.take(connection, name, batch.events, caller)


@router.post("/analytics/models/{name}/stored")
async def count_stored(name: ModelName, _: SystemCaller, database: ServiceDatabase) -> Progress:
    """Counts the next events of the table in the model."""
    async with database.transaction() as connection:
        return Progress(more=await rebuilding.count_stored(connection, name))


@router.post("/analytics/models/{name}/switch")
async def switch_model(name: ModelName, wish: Switch, _: SystemCaller, database: ServiceDatabase) -> Comparison:
    """Compares the model with the living one, and takes its place."""
    async with database.transaction() as connection:
        return await rebuilding.switch(connection, name, compare_only=wish.compare_only)


@router.post("/analytics/models/{name}/leave")
async def leave_model(name: ModelName, _: SystemCaller, database: ServiceDatabase) -> NewModel:
    """Gives the model up, if it is not the living one."""
    async with database.transaction() as connection:
        await rebuilding.leave(connection, name)
    return NewModel(name=name)
