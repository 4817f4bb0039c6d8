"""The service's routes."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from fastapi import FastAPI, Request, Response

from app.contract.problems import NOT_FOUND, ProblemError
from app.services.billing import store
from app.services.billing.models import Draft, Invoice, UserId
from app.services.kit import application
from app.services.kit.database import Database
from app.services.kit.etags import etag
from app.services.kit.fields import Uuid
from app.services.kit.idempotency import once
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, moment
from app.services.kit.pagination import page as paged
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
"""A position before all."""

router = Router(tags=["billing"])


@router.post("/invoices", status_code=201, response_model=Invoice)
async def create_invoice(draft: Draft, request: Request) -> Response:
    """Stores an order with its invoice; the invoice that the order has already is given again (200)."""
    database: Database = request.app.state.database
    async with database.transaction() as connection:

        async def effect() -> Response:
            stored, new = await store.create(connection, draft)
            location = {"location": f"/invoices/{stored.invoice.id}"} if new else {}
            return _answer(stored, 201 if new else 200, **location)

        return await once(
            request,
            connection,
            operation="createInvoice",
            fingerprint=draft.model_dump_json().encode(),
            effect=effect,
        )


@router.get("/invoices/{invoice_id}", response_model=Invoice)
async def read_invoice(invoice_id: Uuid, request: Request) -> Response:
    database: Database = request.app.state.database
    async with database.connection() as connection:
        stored = await store.read(connection, invoice_id)
    if stored is None:
        raise ProblemError(NOT_FOUND, "There is no invoice with this id.")
    return _answer(stored, 200)


@router.get("/invoices")
async def list_invoices(
    user_id: UserId, request: Request, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[Invoice]:
    """The user's, the newest first. A page is shorter than `limit` where its invoices are very long."""
    before = decode(cursor, moment, UUID) or NEWEST
    database: Database = request.app.state.database
    async with database.connection() as connection:
        rows = await store.page(connection, user_id, before, limit + 1)
    return paged(
        rows,
        min(limit, store.fitting(rows)),
        item=store.invoice,
        position=lambda row: (row["created_at"], row["id"]),
    )


def _answer(stored: store.Stored, status: int, **headers: str) -> Response:
    return answer(stored.invoice, status=status, headers={"etag": etag(stored.version), **headers})


def create(settings: Settings) -> FastAPI:
    return application.create(settings, router)
