"""The values that a route gets from the application: FastAPI passes each to a parameter of its type.

    @router.get("/users/{user_id}")
    async def read_user(user_id: UserId, database: ServiceDatabase) -> User: ...

Dependencies are coroutine functions: FastAPI runs any other callable, a class too, in a thread, which takes longer
than the whole rest of a request.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.services.kit.database import Database


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


ServiceDatabase = Annotated[Database, Depends(_database)]
"""The database of the service."""
