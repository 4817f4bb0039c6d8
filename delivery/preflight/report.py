"""The report of the checks: lines for a person, or JSON for a program."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from delivery.preflight.finding import Finding, Verdict
from delivery.preflight.scrubbing import plain

Findings = Mapping[str, Finding]
"""The findings by the names of their checks."""


def as_text(stack: str, findings: Findings) -> str:
    """Returns the lines: the gravest come last, and a cause that several checks met is said once."""
    return "\n".join(plain(line) for line in (*_lines(findings), _summary(stack, findings)))


def as_json(stack: str, findings: Findings) -> str:
    """Returns one object for each check."""
    checks = [
        {"check": name, "verdict": found.verdict, "text": found.text, "mend": found.mend}
        for name, found in findings.items()
    ]
    return json.dumps({"stack": stack, "verdict": worst(findings), "checks": checks}, indent=1)


def worst(findings: Findings) -> Verdict:
    """Returns the gravest verdict."""
    order = list(Verdict)
    return max((found.verdict for found in findings.values()), key=order.index, default=Verdict.PASS)


def _lines(findings: Findings) -> Iterator[str]:
    causes: dict[Finding, list[str]] = {}
    for name, found in findings.items():
        causes.setdefault(found, []).append(name)
    for verdict in Verdict:
        for found, names in causes.items():
            if found.verdict is verdict:
                yield f"{verdict}  {', '.join(names)}: {found.text}"
                if found.mend:
                    yield f"      → {found.mend}"


def _summary(stack: str, findings: Findings) -> str:
    """Returns how many lines there are of each verdict."""
    counts = Counter(found.verdict for found in set(findings.values()))
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in reversed(Verdict) if counts[verdict])
    return f"{stack}: {told}."
