"""The days until which the versions that a stack may use are supported. The table is checked every 180 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FRESH_DAYS = 180
"""Days after which a row has to be checked again."""


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """The support of one version of a product."""

    product: str
    version: str
    ends: date
    """The first day without security fixes."""
    source: str
    """The page that says so."""
    checked: date
    """The day on which the page was read."""


_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-supported"
_AKS = "https://learn.microsoft.com/azure/aks/supported-kubernetes-versions#aks-kubernetes-release-calendar"
_POSTGRES = "https://learn.microsoft.com/azure/postgresql/configure-maintain/concepts-version-policy#support-policy"
_ENVOY = "https://gateway.envoyproxy.io/news/releases/matrix/"
_CHECKED = date(2026, 11, 21)
"""The day on which every date was read, in copies of the sources from 2026: Lambda's from July, AKS's from August."""


def _row(product: str, version: str, ends: tuple[int, int, int], source: str) -> Lifetime:
    return Lifetime(product=product, version=version, ends=date(*ends), source=source, checked=_CHECKED)


LIFETIMES = (
    _row("AWS Lambda runtime", "python3.12", (2028, 10, 31), _LAMBDA),
    _row("AWS Lambda runtime", "python3.13", (2029, 6, 30), _LAMBDA),
    _row("AWS Lambda runtime", "python3.14", (2029, 6, 30), _LAMBDA),
    # AKS gives months: the first day of the month is the careful reading. Long-term support is not counted.
    _row("Kubernetes on AKS", "1.34", (2026, 11, 1), _AKS),
    _row("Kubernetes on AKS", "1.35", (2027, 3, 1), _AKS),
    _row("Kubernetes on AKS", "1.36", (2027, 6, 1), _AKS),
    # Azure's standard support ends with the community's; the extended one, at a price, is not counted.
    _row("PostgreSQL", "14", (2026, 11, 12), _POSTGRES),
    _row("PostgreSQL", "15", (2027, 11, 11), _POSTGRES),
    _row("PostgreSQL", "16", (2028, 11, 9), _POSTGRES),
    _row("PostgreSQL", "17", (2029, 11, 8), _POSTGRES),
    _row("PostgreSQL", "18", (2030, 11, 14), _POSTGRES),
    _row("Envoy Gateway", "1.9", (2027, 2, 14), _ENVOY),
)


def lifetime(product: str, version: str) -> Lifetime | None:
    """Returns the row of a version, or None when the table does not have it."""
    return next((row for row in LIFETIMES if (row.product, row.version) == (product, version)), None)


def stale(today: date) -> list[Lifetime]:
    """Returns the rows that nobody has checked for too long."""
    return [row for row in LIFETIMES if (today - row.checked).days > FRESH_DAYS]
