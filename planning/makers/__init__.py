"""Makers: what a provider computes from a resource's name and inputs alone, without a cloud.

Keys, certificates and random values are real ones. The local stack's providers create such resources with them, the
rendering of manifests uses them too, and so do the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
"""Camel-case keys as on Pulumi's wire; plain values, secrets unwrapped; archives and assets as `Archive`."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A created resource. `outputs` are merged over the inputs."""

    id: str
    outputs: Properties = field(default_factory=dict)


Maker = Callable[[str, Properties], Made]
"""Returns the resource with this Pulumi name and these inputs. Raises PlanningError for inputs it can't honour."""
