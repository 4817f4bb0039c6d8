"""Does what an event of an order asks for.

Every step may be repeated: after a crash between any two of them the event comes again, and the work goes on from where
it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.commerce.domain.events import TYPES, Event
from app.commerce.domain.orders import Order, Status
from app.commerce.errors import OvertakenError
from app.commerce.ledger import Ledger
from app.functions.fulfilment.services import Refusal, Services

STEPS = 10
"""The number of steps at most. An order has three; more are changes that somebody else has made in between."""


class UnknownOrderError(Exception):
    """An event exists and its order does not."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """The work on one event."""

    ledger: Ledger
    services: Services

    def do(self, event: Event) -> Status | None:
        """Does the work and returns the state of the order; None when the event is for analytics alone.

        Raises what the tables and the services raise.
        """
        status = self._fulfil(event) if event.type == TYPES[Status.PENDING] else None
        self.services.record(event)
        return status

    def _fulfil(self, event: Event) -> Status:
        for _ in range(STEPS):
            order = self.ledger.orders.get(event.order_id)
            if order is None:
                raise UnknownOrderError(f"There is no order {event.order_id}.")
            try:
                match order.status:
                    case Status.PENDING:
                        self.ledger.advance(order, Status.CONFIRMED, self.services.correlation)
                    case Status.CONFIRMED:
                        self._invoice(order, event)
                    case final:
                        return final
            except OvertakenError:
                continue
        raise OvertakenError(event.order_id)

    def _invoice(self, order: Order, event: Event) -> None:
        correlation = self.services.correlation
        match self.services.invoice(order, key=event.id):
            case Refusal(reason=reason):
                self.ledger.advance(order, Status.FAILED, correlation, reason=reason)
            case invoice:
                self.ledger.advance(order, Status.INVOICED, correlation, invoice_id=invoice.id)
