"""Prometheus metrics with a bounded number of series."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: from what a row by its key takes to far beyond any time-out."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """One registry per application. A request's labels come from the route table, the known methods and the status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the end of its answer.",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._observe: dict[tuple[str, str, int], Callable[[float], None]] = {}

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is a template of the application or `unmatched`."""
        key = (method, route, status)
        observe = self._observe.get(key)
        if observe is None:
            known = method if method in METHODS else "other"
            observe = self._duration.labels(known, route, str(status)).observe
            if known == method:
                self._observe[key] = observe
        observe(seconds)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """`value` is called at every scrape."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        return generate_latest(self.registry)
