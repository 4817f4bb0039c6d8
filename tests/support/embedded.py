"""Metrics in log lines in CloudWatch's embedded metric format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def metrics(line: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, float]]:
    """Returns the values of the metrics in a line by the values of their dimensions, as CloudWatch reads them."""
    by_dimensions: dict[tuple[str, ...], dict[str, float]] = {}
    metadata = line["_aws"]
    assert isinstance(metadata["Timestamp"], int)
    for directive in metadata["CloudWatchMetrics"]:
        assert directive["Namespace"] == "crosscloud"
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) and line[name] for name in dimensions)
            values = {}
            for metric in directive["Metrics"]:
                assert metric["Unit"] in ("Count", "Milliseconds", "None")
                values[metric["Name"]] = line[metric["Name"]]
                assert type(line[metric["Name"]]) in (int, float)
            by_dimensions.setdefault(tuple(line[name] for name in dimensions), {}).update(values)
    return by_dimensions
