"""Renders views with Jinja, which escapes all that comes from a log line."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from console import plots
from console.lines import ENVOY, members, reason
from console.plots import NOTHING
from console.search import PERIODS
from console.views.view import View

FOLDER = Path(__file__).parent
AREAS = (
    ("overview", "/", "Overview"),
    ("requests", "/requests", "Requests"),
    ("orders", "/orders", "Orders"),
    ("queues", "/queues", "Queues"),
    ("metrics", "/metrics", "Metrics"),
    ("logs", "/logs", "Logs"),
    ("parts", "/parts", "Parts"),
    ("resources", "/resources", "Resources"),
    ("changes", "/changes", "Changes"),
)
"""The navigation: name, address and words. The number of a page is the key that opens it."""
THEMES = ("light", "dark")
_HUES = {"gateway": 0, "orchestrator": 1, "catalog": 2, "orders": 3, "relay": 4, "fulfilment": 5, "ingress": 10}


class Renderer:
    """Makes HTML of views."""

    def __init__(self, **values: Any) -> None:
        """Takes values that every template may use."""
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "clock": clock,
            "stamp": stamp,
            "ago": ago,
            "duration": plots.duration,
            "size": size,
            "pretty": pretty,
            "spark": plots.spark,
            "iso": iso,
            "hue": hue,
            "members": members,
            "reason": reason,
        }
        self._environment.globals |= {"areas": AREAS, "periods": list(PERIODS), "envoy": ENVOY, **values}

    def page(self, view: View, *, theme: str, at: str) -> str:
        """Returns the whole page."""
        panels = {name: self._section(name, html) for name, html in self.panels(view).items()}
        template = self._environment.get_template(f"views/{view.template}.html")
        return template.render(view=view, panels=panels, theme=theme, at=at, **view.fixed)

    def panels(self, view: View) -> dict[str, str]:
        """Returns the content of each panel."""
        return {name: self._panel(name, values) for name, values in view.panels.items()}

    def message(self, *, title: str, text: str, theme: str) -> str:
        """Returns a page that says one thing."""
        view = View(template="message", title=title, area="", panels={})
        template = self._environment.get_template("views/message.html")
        return template.render(view=view, panels={}, theme=theme, at="", text=text)

    def _panel(self, name: str, values: Mapping[str, Any]) -> str:
        return self._environment.get_template(f"panels/{name}.html").render(**values)

    def _section(self, name: str, html: str) -> Markup:
        section = Markup('<section id="panel-{}" class="panel" data-digest="{}">{}</section>')
        return section.format(name, digest(html), Markup(html))  # noqa: S704 - Jinja has rendered it


def digest(html: str) -> str:
    """Returns a short hash of a panel's content: another one means that the panel has changed."""
    return hashlib.sha256(html.encode()).hexdigest()[:16]


def hue(part: str) -> int:
    """Returns the number of a part's colour: the same one on every page."""
    return _HUES[part] if part in _HUES else 6 + zlib.crc32(part.encode()) % 4


def clock(moment: float | None) -> str:
    """Returns the time of the day with milliseconds."""
    return NOTHING if moment is None else _utc(moment).strftime("%H:%M:%S.%f")[:-3]


def stamp(moment: float | None) -> str:
    """Returns day and time."""
    return NOTHING if moment is None else f"{_utc(moment):%d %b %H:%M:%S}"


def iso(moment: float | None) -> str:
    """Returns the time for machines."""
    return "" if moment is None else f"{_utc(moment):%Y-%m-%dT%H:%M:%S.%fZ}"


def ago(moment: float | None) -> str:
    """Returns how long ago something was, in one unit: `3 min`."""
    if moment is None:
        return NOTHING
    seconds = max(time.time() - moment, 0.0)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return "< 1 min"


def size(number: int | None) -> str:
    """Returns bytes for people."""
    if number is None:
        return NOTHING
    return f"{number / 1_000_000:.0f} MB" if number >= 1_000_000 else f"{number / 1000:.0f} kB"


def pretty(text: str) -> str:
    """Returns JSON with line breaks; another text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _utc(moment: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment, dt.UTC)
