"""The parts that the emulator and PostgreSQL know of: functions, queues, tables, databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncpg

from local.machine import Machine
from local.postgres import administer
from terminal.emulated import Emulated

Row = dict[str, Any]

ALIAS = "live"
"""The alias by which every function is called."""
_DEPTHS = {
    "waiting": "ApproximateNumberOfMessages",
    "in_work": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_SIZES = (
    "select d.datname as name, pg_database_size(d.oid) as bytes, coalesce(s.numbackends, 0) as connections "
    "from pg_database d left join pg_stat_database s on s.datid = d.oid "
    "where not d.datistemplate and d.datname <> 'postgres' order by 1"
)


def emulated(machine: Machine) -> dict[str, list[Row]]:
    """Returns what the emulator has, by kind. Raises what botocore raises."""
    emulator = Emulated(machine)
    kinds = {"functions": functions, "queues": queues, "tables": tables}
    return {kind: list(read(emulator)) for kind, read in kinds.items()}


def functions(emulator: Emulated) -> Iterator[Row]:
    """Yields each function with the version that has the calls, the newest one, and whether it gets events."""
    client, mappings = emulator.client("lambda"), emulator.events.get("mappings", {})
    for page in client.get_paginator("list_functions").paginate():
        for name in sorted(function["FunctionName"] for function in page["Functions"]):
            aliases = {each["Name"]: each for each in client.list_aliases(FunctionName=name)["Aliases"]}
            alias = aliases.get(ALIAS, {})
            versions = [each["Version"] for each in client.list_versions_by_function(FunctionName=name)["Versions"]]
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            row = {"name": name, "version": alias.get("FunctionVersion"), "weights": weights}
            row["newest"] = max((version for version in versions if version.isdecimal()), key=int, default=None)
            if name in mappings:
                row["events"] = client.get_event_source_mapping(UUID=mappings[name])["State"]
            yield row


def queues(emulator: Emulated) -> Iterator[Row]:
    """Yields each queue with its depths, and with `dead_letters_of` where it holds those of another."""
    client = emulator.client("sqs")
    dead = {each["url"]: name for name, each in emulator.events.get("dead_letters", {}).items()}
    for url in sorted(client.list_queues().get("QueueUrls", [])):
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        depths = {column: int(attributes.get(attribute, 0)) for column, attribute in _DEPTHS.items()}
        yield {"name": url.rpartition("/")[2], **depths, "dead_letters_of": dead.get(url)}


def tables(emulator: Emulated) -> Iterator[Row]:
    """Yields each table with its items."""
    client = emulator.client("dynamodb")
    for page in client.get_paginator("list_tables").paginate():
        for name in sorted(page["TableNames"]):
            table = client.describe_table(TableName=name)["Table"]
            yield {"name": name, "items": table.get("ItemCount", 0), "bytes": table.get("TableSizeBytes", 0)}


def databases(machine: Machine) -> list[Row]:
    """Returns each database with its size and the connections to it."""

    async def read(connection: asyncpg.Connection) -> list[Row]:
        return [dict(row) for row in await connection.fetch(_SIZES)]

    return administer(machine, read, timeout=2)
