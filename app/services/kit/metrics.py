"""Prometheus metrics, with a bounded number of series."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds: from the time of reading a row by its key to far beyond any time-out."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The metrics of one application, in a registry of its own.

    A request's labels are its route, its method and its status, so that there is a known number of series.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._durations = _Durations()
        self.registry.register(self._durations)
        self._cells: dict[tuple[str, str, int], list[float]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request. `route` is a template of the application, or `unmatched`."""
        cell = self._cells.get((method, route, status))
        if cell is None:
            known = method if method in METHODS else "other"
            cell = self._durations.cell(known, route, str(status))
            if known == method:
                self._cells[method, route, status] = cell
        cell[bisect_left(BUCKETS, seconds)] += 1
        cell[-1] += seconds

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Adds a gauge whose `value` is called at every scrape."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """Returns all metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class _Durations(Collector):
    """A histogram whose cells are plain lists: the count of each bucket, then the sum.

    Everything happens in the event loop, where the locks of prometheus_client's histogram are not needed; they would
    cost as much as the log line.
    """

    def __init__(self) -> None:
        self._cells: dict[tuple[str, ...], list[float]] = {}

    def cell(self, *labels: str) -> list[float]:
        """Returns the cell of a method, a route and a status."""
        return self._cells.setdefault(labels, [0.0] * (len(BUCKETS) + 2))

    def collect(self) -> Iterator[Metric]:
        """Yields the histogram in the form of prometheus_client, which calls this at every scrape."""
        family = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time from the first byte of a request to the end of its answer.",
            labels=["method", "route", "status"],
        )
        bounds = [*map(str, BUCKETS), "+Inf"]
        for labels, (*counts, total) in self._cells.items():
            family.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), total)
        yield family
