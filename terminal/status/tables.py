"""The report of a stack as people read it."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from terminal.status.parts import Row
from terminal.status.report import DOWN, NOT_WELL, Report

COLUMNS = {
    "processes": ("name", "state", "pid", "restarts"),
    "deployments": ("namespace", "name", "ready", "desired", "updated"),
    "pods": ("namespace", "name", "state", "pid", "port", "restarts"),
    "functions": ("name", "version", "newest", "calls", "events"),
    "queues": ("name", "waiting", "in work", "delayed", "holds"),
    "tables": ("name", "items", "bytes"),
    "databases": ("name", "bytes", "connections"),
}
_STYLES = {"ready": "green", "failed": "red", "unready": "yellow", "pending": "yellow", "starting": "yellow"}


def shown(report: Report) -> RenderableType:
    """Returns the verdict with its reasons, the notes, and a table of each kind of parts."""
    word = {DOWN: "is down; start it with `make up`", NOT_WELL: "is up, and not well:"}.get(report.state, "is well")
    style = {DOWN: "red", NOT_WELL: "yellow"}.get(report.state, "green")
    lines = [Text.assemble(f"{report.endpoint} ", (word, style))]
    lines += [Text(f"  {reason}") for reason in report.reasons]
    lines += [Text(f"  {note}", "dim") for note in report.notes]
    tables = [_table(kind, rows) for kind in COLUMNS if (rows := report.sections.get(kind))]
    return Group(*lines, *tables)


def show(console: Console, report: Report) -> None:
    """Prints a report. Lines are not broken where no terminal is, so that programs find them whole."""
    console.print(shown(report), soft_wrap=not console.is_terminal, highlight=False)


def _table(title: str, rows: list[Row]) -> Table:
    table = Table(
        *(Column(name, no_wrap=True) for name in COLUMNS[title]),
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
    )
    for row in rows:
        table.add_row(*(_cell(row, column) for column in COLUMNS[title]))
    return table


def _cell(row: Row, column: str) -> Text:
    match column:
        case "calls":  # of a function whose calls are split
            shares = [f"{weight:.0%} to {version}" for version, weight in row["weights"].items()]
            return Text(", ".join(shares) or "all")
        case "holds":
            return Text("dead letters" if row["dead_letters_of"] else "")
        case "events":
            return Text({"Enabled": "on", "Disabled": "paused"}.get(row.get("events", ""), ""))
        case "in work":
            return Text(str(row["in_work"]))
        case _:
            value = row.get(column)
            return Text("" if value is None else str(value), _STYLES.get(str(value), "") if column == "state" else "")
