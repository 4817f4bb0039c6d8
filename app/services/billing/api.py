"""The routes of the billing service."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from fastapi import FastAPI, Request, Response

from app.contract import problems
from app.contract.problems import NOT_FOUND, ProblemError
from app.services.billing import store
from app.services.billing.models import Draft, Invoice, UserId
from app.services.kit import application
from app.services.kit.callers import ServiceCaller
from app.services.kit.dependencies import ServiceDatabase
from app.services.kit.etags import etag
from app.services.kit.fields import Uuid
from app.services.kit.idempotency import once
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, moment
from app.services.kit.pagination import page as page_of
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
"""The position before all invoices, which are listed from the newest to the oldest."""

router = Router(tags=["billing"])


@router.post("/invoices", status_code=201, response_model=Invoice)
async def create_invoice(draft: Draft, request: Request, caller: ServiceCaller, database: ServiceDatabase) -> Response:
    """Stores an order with its invoice. An order that has its invoice already is answered with that one (200).

    Only the system names an order that exists already: nobody else can take the place of an order's invoice.
    """
    caller.require_any()
    if draft.order_id is not None and not caller.is_system:
        raise problems.invalid([{"pointer": "/order_id", "detail": "is not a known member"}])
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
async def read_invoice(invoice_id: Uuid, caller: ServiceCaller, database: ServiceDatabase) -> Response:
    """Reads an invoice. One that the caller may not reach is not there for them: nobody learns that it exists."""
    async with database.connection() as connection:
        stored = await store.read(connection, invoice_id)
    if stored is None or not caller.reaches(stored.invoice.user_id):
        raise ProblemError(NOT_FOUND, "There is no invoice with this id.")
    return _answer(stored, 200)


@router.get("/invoices")
async def list_invoices(
    user_id: UserId,
    caller: ServiceCaller,
    database: ServiceDatabase,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Invoice]:
    """Lists the user's invoices, the newest first. A page is shorter than `limit` where its invoices are very long."""
    caller.require(user_id)
    before = decode(cursor, moment, UUID) or NEWEST
    async with database.connection() as connection:
        rows = await store.page(connection, user_id, before, limit + 1)
    return page_of(
        rows,
        min(limit, store.fitting(rows)),
        item=store.invoice,
        position=lambda row: (row["created_at"], row["id"]),
    )


def create(settings: Settings) -> FastAPI:
    """Returns the service's application."""
    return application.create(settings, router)


def _answer(stored: store.Stored, status: int, **headers: str) -> Response:
    return answer(stored.invoice, status=status, headers={"etag": etag(stored.version), **headers})
