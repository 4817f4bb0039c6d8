"""urllib3, imported without `importlib.metadata`.

urllib3 imports that module for its HTTP/2, which reads a version with it and which no function uses. With all that it
imports itself, it is a tenth of the processor time of the orchestrator's import.
"""

from __future__ import annotations

import sys
from types import ModuleType

_METADATA = "importlib.metadata"


def _version(distribution: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415 - the module itself, when it is asked for after all

    return version(distribution)


_stand_in = ModuleType(_METADATA)
_stand_in.version = _version  # type: ignore[attr-defined]
_is_absent = sys.modules.setdefault(_METADATA, _stand_in) is _stand_in
try:
    import urllib3
finally:
    if _is_absent:
        del sys.modules[_METADATA]

__all__ = ["urllib3"]
