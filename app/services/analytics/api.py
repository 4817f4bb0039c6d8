"""The routes of the analytics service."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import Depends, FastAPI, Query, Request, Response

from app.contract import problems
from app.services.analytics import rebuild_api, store
from app.services.analytics.models import Batch, Event, Interval, Recorded, Report, ReportQuery, Summary, UserId
from app.services.analytics.period import Period
from app.services.analytics.reports import Reports, ServiceReports, most_amounts, while_awaited
from app.services.kit import application
from app.services.kit.callers import ServiceCaller
from app.services.kit.dependencies import ServiceDatabase
from app.services.kit.fields import Day
from app.services.kit.idempotency import once
from app.services.kit.pagination import DEFAULT_LIMIT, Cursor, Limit, Page, decode, moment
from app.services.kit.pagination import page as page_of
from app.services.kit.places import Places
from app.services.kit.responses import answer
from app.services.kit.routing import Router
from app.services.kit.settings import Settings

NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))
"""The position before all events, which are listed from the newest to the oldest."""

SUMMARIES = 2
"""Summaries that a pod computes at once. Each may hold a connection for as long as the database lets a statement run,
where a period has very many days and types: the other connections are for recording and listing events."""
SUMMARY_RETRY_AFTER = 2
"""Seconds after which a caller may ask for a summary again: somewhat more than a statement may take."""


async def _summary_places(request: Request) -> Places:
    places: Places = request.app.state.summaries
    return places


SummaryPlaces = Annotated[Places, Depends(_summary_places)]
"""The places for summaries."""

router = Router(tags=["analytics"])


@router.post("/events", response_model=Recorded)
async def record_events(batch: Batch, request: Request, caller: ServiceCaller, database: ServiceDatabase) -> Response:
    """Stores each event of the caller once, however often it is sent."""
    caller.require_any()
    async with database.transaction() as connection:

        async def effect() -> Response:
            new = await store.record(connection, batch.events, caller)
            return answer(Recorded(accepted=new, duplicates=len(batch.events) - new))

        return await once(
            request, connection, operation="recordEvents", fingerprint=batch.model_dump_json().encode(), effect=effect
        )


@router.get("/events")
async def list_events(
    user_id: UserId,
    caller: ServiceCaller,
    database: ServiceDatabase,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Event]:
    """Lists the user's events, the newest first."""
    caller.require(user_id)
    before = decode(cursor, moment, UUID) or NEWEST
    async with database.connection() as connection:
        rows = await store.page(connection, user_id, before, limit + 1)
    return page_of(rows, limit, item=store.event, position=lambda row: (row["occurred_at"], row["id"]))


@router.get("/analytics/summary")
async def read_summary(
    caller: ServiceCaller,
    database: ServiceDatabase,
    places: SummaryPlaces,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Summary:
    """Counts events and adds up amounts of a period, by default of the last 30 days."""
    caller.require_any()
    period = Period.until(last, first)
    if period.last < period.first:
        raise problems.invalid([{"parameter": "from", "detail": f"must not be after to, which is {period.last}"}])
    with places.taken():
        async with database.connection() as connection:
            try:
                return await store.summary(connection, period)
            except asyncpg.QueryCanceledError:
                detail = "The period has too many events to be counted in time: take fewer days."
                raise places.unavailable(detail) from None


@router.post("/analytics/reports")
async def create_report(
    query: ReportQuery, request: Request, caller: ServiceCaller, database: ServiceDatabase, reports: ServiceReports
) -> Report:
    """Estimates the mean amount of a period's events."""
    caller.require_any()
    period, most = Period(query.first, query.last), most_amounts(query.resamples)
    with reports.places.taken():
        async with database.connection() as connection:
            amounts = await store.amounts(connection, query.currency, period, query.type, most + 1)
        if len(amounts) > most:
            detail = f"There are more than {most} amounts, the most for {query.resamples} resamples: take fewer days."
            raise problems.invalid([{"pointer": "/from", "detail": detail}])
        report = Report(
            currency=query.currency,
            first=query.first,
            last=query.last,
            resamples=query.resamples,
            count=len(amounts),
        )
        if not amounts:
            return report
        estimate = await while_awaited(request, reports.estimate(amounts, query.resamples))
    money = {name: Decimal(minor).scaleb(-2) for name, minor in estimate.items()}
    interval = Interval(low=money.pop("low"), high=money.pop("high"))
    return report.model_copy(update={**money, "interval": interval})


def create(settings: Settings) -> FastAPI:
    """Returns the service's application."""
    router_of_all = Router(routes=[*router.routes, *rebuild_api.router.routes])
    app = application.create(settings, router_of_all)
    app.state.reports = Reports()
    app.state.summaries = Places(SUMMARIES, name="summaries", retry_after=SUMMARY_RETRY_AFTER)
    return app
