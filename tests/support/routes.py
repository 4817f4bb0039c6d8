"""A service that has a route of every kind: with parameters of path, query and headers, bodies, pages and keys."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.services.kit import application
from app.services.kit.etags import Preconditions
from app.services.kit.idempotency import once
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, decode, moment
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

router = Router()


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    product: str = Field(pattern="^[a-z]+$")
    price: Decimal = Field(max_digits=10, decimal_places=2)


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)
    id: UUID
    day: date
    note: str = Field(default="", max_length=50)
    count: int = Field(default=1, ge=1, le=9)
    lines: list[Line] = Field(default=[], max_length=3)
    labels: dict[str, str | None] = {}


@router.get("/texts/{text}")
async def path_text(text: str) -> dict[str, str]:
    return {"text": text}


@router.get("/numbers/{number}/{uuid}")
async def path_kinds(number: Annotated[int, Path(ge=0)], uuid: UUID) -> dict[str, Any]:
    return {"number": number, "uuid": uuid}


@router.get("/query")
async def query(
    number: int = 0,
    at: datetime | None = None,
    amount: Decimal = Decimal(0),
    flag: bool = False,
    tags: Annotated[list[str], Query(max_length=5)] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str, Query(alias="q[0]")] = "",
) -> dict[str, Any]:
    return {"number": number, "at": at, "amount": amount, "flag": flag, "tags": tags, "q": q}


@router.get("/headers")
async def headers(
    x_text: Annotated[str, Header()] = "", x_number: Annotated[int, Header()] = 0, accept: Annotated[str, Header()] = ""
) -> dict[str, Any]:
    return {"text": x_text, "number": x_number, "accept": accept}


@router.get("/pages")
async def pages(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> dict[str, Any]:
    return {"limit": limit, "position": decode(cursor, moment, UUID)}


@router.put("/orders/{order_id}")
async def put(order_id: UUID, order: Order, precondition: Preconditions) -> dict[str, Any]:
    return {"id": order_id, "order": order, "version": precondition.version}


@router.post("/orders", status_code=201)
async def create(order: Order, request: Request) -> Response:
    """Creates a thing. A request with an Idempotency-Key uses the database."""

    async def effect() -> Response:
        return Response(order.model_dump_json(), 201, media_type="application/json")

    async with request.app.state.database.transaction() as connection:
        fingerprint = order.model_dump_json().encode()
        return await once(request, connection, operation="create", fingerprint=fingerprint, effect=effect)


@router.post("/lines", status_code=201)
async def create_line(line: Line) -> Line:
    return line


@router.get("/files/{path:path}")
async def path_rest(path: str) -> dict[str, str]:
    """Reads a path of any length. It is the last route: the ones behind such a path are not taken directly."""
    return {"path": path}


def make(settings: Settings) -> FastAPI:
    return application.create(settings, router)
