"""The headers of the collector of spans in the form in which a pod gets them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pulumi import Output
from pydantic import SecretStr

HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
"""The variable that OpenTelemetry's exporter reads (https://opentelemetry.io/docs/specs/otel/protocol/exporter/)."""


def as_variable(headers: Mapping[str, SecretStr]) -> Output[str]:
    """Returns the headers as the text of the variable, which is a secret: `name=value,name=value`."""
    pairs = (f"{name.lower()}={quote(value.get_secret_value(), safe='')}" for name, value in sorted(headers.items()))
    return Output.secret(",".join(pairs))
