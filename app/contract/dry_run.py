"""The event with which a new version of a function is called before anybody else calls it.

A function answers it with "no such route", or works on none of no messages. Before, it has imported its code and read
its settings, so that a version which can't even begin is found while the previous one still has all calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVENT: Mapping[str, Any] = {"routeKey": "DRY RUN", "headers": {}, "Records": []}
"""The event. No route and no record is in it: it concerns nobody, and changes nothing."""
