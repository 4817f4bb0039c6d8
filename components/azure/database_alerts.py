"""The alerts that people get about a database server."""

from __future__ import annotations

from components.azure.monitoring import Condition
from components.settings.connections import taken_by


def alerts(sku: str) -> dict[str, Condition]:
    """Returns the conditions on which people are alerted about a server of the size `sku`, by a name for each.

    The metrics: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-monitoring
    """
    conditions = {
        "away": Condition(
            metric="is_db_alive",
            statistic="Maximum",
            below=True,
            threshold=1,
            minutes=5,
            severity=0,
            summary="The database server does not answer",
        ),
        "storage": Condition(
            metric="storage_percent",
            statistic="Average",
            threshold=85,
            minutes=15,
            severity=1,
            summary="The storage did not grow by itself; at 95 % the server refuses to write",
        ),
        "cpu": Condition(
            metric="cpu_percent",
            statistic="Average",
            threshold=80,
            minutes=15,
            severity=2,
            summary="The database server has little left for more load",
        ),
    }
    if limit := taken_by(sku):
        conditions["connections"] = Condition(
            metric="active_connections",
            statistic="Average",  # the maximum would take a moment's peak, as in a roll-out, for five minutes
            threshold=round(limit * 0.8),
            minutes=5,
            severity=2,
            summary=f"Four fifths of the {limit} connections that the server takes are open",
        )
    return conditions
