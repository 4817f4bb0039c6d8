"""Publishes configuration files to a running Envoy and waits until they are taken or rejected."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from local.envoy.admin import Admin
from local.envoy.template import Files, Json
from local.machine import read_json, write_json

_TAKE = 5.0
"""Seconds within which Envoy has to take a file; it usually takes milliseconds."""
_STATS = r"(version_text|update_rejected|update_failure|_warming|warming_clusters)$"
_WARMING = ("cluster_manager.warming_clusters", "listener_manager.total_listeners_warming")
_ORDER = (("sds-", "eds-", "cds"), ("rds-",), ("lds",))
"""Files by their beginning in the order in which Envoy needs them: a cluster's file of endpoints is there before the
cluster, and a route's cluster before the route."""

Stats = dict[str, str | int]


@dataclass(frozen=True)
class Publisher:
    """The files of one Envoy. Only one thread at a time may use it."""

    folder: Path
    admin: Admin
    log: Path

    def publish(self, files: Files) -> dict[str, str]:
        """Makes `files` Envoy's configuration and returns the reasons by the files that it rejected.

        Where a file is rejected the old one stays in force. Raises UnreachableError when Envoy does not answer; it
        starts with what was published last.
        """
        mark = self.log.stat().st_size if self.log.exists() else 0
        before = self.admin.stats(_STATS)
        names = {cluster["name"] for cluster in files["cds"]}
        removed = [cluster for cluster in self._read("cds")[1] if cluster["name"] not in names]
        rejected = self._replace({**files, "cds": [*files["cds"], *removed]}, before, mark)
        if removed:
            rejected |= self._replace({"cds": files["cds"]}, before, mark)
        for path in self.folder.glob("?ds-*.json"):
            if path.stem not in files:
                path.unlink()
        return rejected

    def _replace(self, files: Files, before: Stats, mark: int) -> dict[str, str]:
        written: set[str] = set()
        for group in _ORDER:
            names = [name for beginning in group for name in files if name.startswith(beginning)]
            written |= {name for name in names if self._write(name, files[name])}
            self._settle(names, written, before, mark)
        return self._settle(files, written, before, mark)

    def _read(self, name: str) -> tuple[int, list[Json]]:
        content = read_json(self.folder / f"{name}.json") or {"version_info": 0, "resources": []}
        return int(content["version_info"]), content["resources"]

    def _write(self, name: str, resources: list[Json]) -> bool:
        """Returns False when the file has that content already. Versions only grow, across supervisors too."""
        version, present = self._read(name)
        if version and present == resources:
            return False
        version = max(version + 1, int(time.time() * 1000))
        write_json(self.folder / f"{name}.json", {"version_info": str(version), "resources": resources})
        return True

    def _settle(self, names: Collection[str], written: Collection[str], before: Stats, mark: int) -> dict[str, str]:
        """Waits until Envoy has taken or rejected the files, except those that it does not use yet."""
        end = time.monotonic() + _TAKE
        while True:
            stats = self.admin.stats(_STATS)
            pending, rejected = [], {}
            for name in names:
                prefix = _prefix(name)
                text = stats.get(f"{prefix}.version_text", "")
                if text == str(self._read(name)[0]):
                    continue
                if _refusals(stats, prefix) > _refusals(before if name in written else {}, prefix):
                    rejected[name] = self._reason(mark)
                elif text or "-" not in name:
                    pending.append(name)
            if not pending and not rejected and any(stats.get(name) for name in _WARMING):
                pending = list(names)
            if not pending or time.monotonic() > end:
                return rejected | dict.fromkeys(pending, f"Envoy did not take it within {_TAKE:.0f} s.")
            time.sleep(0.005)

    def _reason(self, mark: int) -> str:
        with self.log.open("rb") as file:
            file.seek(mark)
            reasons = re.findall(r"(?:rejected|failed|error)[^:]*: (.+)", file.read().decode(errors="replace"))
        return f"Envoy rejected it: {reasons[-1] if reasons else f'see {self.log}'}"


def _prefix(name: str) -> str:
    """Returns the beginning of the statistics in which Envoy counts what it did with a file."""
    kind, _, rest = name.partition("-")
    subscribers = {"rds": f"http.{rest}.rds.{rest}", "sds": f"sds.{rest}", "eds": f"cluster.{rest}"}
    return subscribers.get(kind) or {"lds": "listener_manager.lds", "cds": "cluster_manager.cds"}[kind]


def _refusals(stats: Stats, prefix: str) -> int:
    return sum(int(stats.get(f"{prefix}.{counter}", 0)) for counter in ("update_rejected", "update_failure"))
