"""The places to touch for a resource type that the local stack does not know yet.

One list, which the engine's error prints and a test compares with docs/contributing.md.
"""

from __future__ import annotations

PLACES = {
    "local/providers/{package}": "a handler that makes it real, or a refusal of what can't be",
    "planning/replacements.py": "the properties whose change replaces it",
    "policy/rules": "a rule, or in policy/rules/types.py why it needs none",
    "tools/costs/prices.yaml": "what it costs",
    "docs/deploy": "the rights that deploying it takes",
    "typings": "what mypy sees of its module",
    "tests/unit/local/providers": "a case of its life: made, adopted, changed, deleted",
    "docs/local-differences.md": "what it does differently here, if anything",
}
"""By file or folder: what is to be written there."""

_PACKAGES = {"aws": "aws", "azure-native": "azure.py", "docker": "docker.py", "kubernetes": "kubernetes.py"}
"""The file or folder in local/providers by Pulumi package."""


def places(type_: str) -> str:
    """Returns the sentence that says what to do about an unknown resource type."""
    package = _PACKAGES.get(type_.partition(":")[0], "")
    listed = "; ".join(f"{path.format(package=package).rstrip('/')}: {text}" for path, text in PLACES.items())
    return (
        f"To support it, write {listed}. docs/contributing.md shows it for an example. "
        "Or leave the resource out of the stack 'local' by its configuration."
    )
