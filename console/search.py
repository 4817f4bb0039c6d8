"""Finds requests and log lines in the history. What a page filters by is what its address says."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from app.contract.logs import LEVELS
from console.lines import members
from console.store import Row, Store

PERIODS = {"5m": 300, "15m": 900, "1h": 3600, "6h": 21_600, "24h": 86_400, "7d": 604_800, "all": 0}
"""Seconds to look back, by the words of an address."""
MOST = 200
"""Rows of a list; the page says how many more there are."""
_STATUS = re.compile(r"[1-5](\d\d|xx)")
_MILLISECONDS = re.compile(r"\d{1,7}")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The filter of a list. What is empty does not count."""

    period: str = "24h"
    text: str = ""
    """Words that the whole line has, in any case."""
    route: str = ""
    status: str = ""
    """A status, or a class of them such as 5xx."""
    slower: str = ""
    """Milliseconds."""
    part: str = ""
    level: str = ""
    """The lowest level."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Returns the filter of an address. A value that means nothing is left out."""
        status, level = query.get("status", "").lower(), query.get("level", "").upper()
        slower = query.get("slower", "")
        return cls(
            period=period if (period := query.get("since", "")) in PERIODS else cls.period,
            text=query.get("q", "").strip()[:200],
            route=query.get("route", ""),
            status=status if _STATUS.fullmatch(status) else "",
            slower=slower if _MILLISECONDS.fullmatch(slower) else "",
            part=query.get("part", ""),
            level=level if level in LEVELS else "",
        )


@dataclass(kw_only=True)
class Conditions:
    """The conditions of a query with their parameters."""

    texts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, text: str, *values: Any) -> None:
        self.texts.append(text)
        self.values += values

    @property
    def clause(self) -> str:
        return " and ".join(self.texts) or "true"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows of a list, newest first, and the number of all that there are."""

    rows: list[Row]
    total: int


def conditions(filter_: Filter, *, now: float | None = None) -> Conditions:
    """Returns what a line must be like to pass the filter."""
    made = Conditions()
    if seconds := PERIODS[filter_.period]:
        made.add("began >= ?", (time.time() if now is None else now) - seconds)
    if filter_.route:
        made.add("route = ?", filter_.route)
    if filter_.status.endswith("xx"):
        made.add("status between ? and ?", int(filter_.status[0]) * 100, int(filter_.status[0]) * 100 + 99)
    elif filter_.status:
        made.add("status = ?", int(filter_.status))
    if filter_.slower:
        made.add("ms >= ?", float(filter_.slower))
    if filter_.part:
        made.add("service = ?", filter_.part)
    if filter_.level:
        passing = [level for level, number in LEVELS.items() if number >= LEVELS[filter_.level]]
        made.add(f"level in ({', '.join('?' * len(passing))})", *passing)
    for word in filter_.text.split():
        made.add(r"text like ? escape '\'", f"%{escaped(word)}%")
    return made


def escaped(text: str) -> str:
    r"""Returns a text of which `like` takes every sign as itself, with `\` as the escape."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def requests(store: Store, filter_: Filter) -> Found:
    """Returns the requests at the gateway. Words may be of any hop's line: an order's id finds its request."""
    passing = conditions(Filter(**{**vars(filter_), "text": "", "part": "gateway", "level": ""}))
    passing.add("kind = 'request'")
    for word in filter_.text.split():
        passing.add(
            r"(text like ? escape '\' or request_id in (select request_id from lines where text like ? escape '\' "
            "and request_id <> ''))",
            *[f"%{escaped(word)}%"] * 2,
        )
    return _found(store, passing)


def lines(store: Store, filter_: Filter) -> Found:
    """Returns log lines of all parts."""
    return _found(store, conditions(filter_))


def _found(store: Store, passing: Conditions) -> Found:
    query = f"select * from lines where {passing.clause} order by began desc limit {MOST}"  # noqa: S608 - own texts
    rows = store.rows(query, passing.values)
    if len(rows) < MOST:
        return Found(rows=rows, total=len(rows))
    total = store.rows(f"select count(*) from lines where {passing.clause}", passing.values)[0][0]  # noqa: S608
    return Found(rows=rows, total=total)


def ways(store: Store, request_ids: Sequence[str]) -> dict[str, list[str]]:
    """Returns for each request the parts that it went through, in the order in which they began."""
    marks = ", ".join("?" * len(request_ids))
    found: dict[str, list[str]] = defaultdict(list)
    query = f"select request_id, service from lines where request_id in ({marks}) and kind <> '' order by began"  # noqa: S608
    for row in store.rows(query, list(request_ids)):
        if row["service"] not in found[row["request_id"]]:
            found[row["request_id"]].append(row["service"])
    return found


def degraded(store: Store, request_ids: Sequence[str]) -> dict[str, str]:
    """Returns the services that an answer did without, by the id of its request. A complete answer is left out."""
    marks = ", ".join("?" * len(request_ids))
    query = f"""select request_id, text from lines where request_id in ({marks}) and kind = 'request'
        and text like '%"degraded":%'"""  # noqa: S608 - marks alone
    found = {row["request_id"]: members(row["text"]).get("degraded") for row in store.rows(query, list(request_ids))}
    return {request_id: ", ".join(map(str, names)) for request_id, names in found.items() if isinstance(names, list)}


def values(store: Store, column: str, *, where: str = "true") -> list[str]:
    """Returns the different values of a column, for a list to choose from."""
    query = f"select distinct {column} from lines where {where} and {column} <> '' order by 1 limit 200"  # noqa: S608
    return [row[0] for row in store.rows(query)]
