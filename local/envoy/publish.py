"""Publishes configuration files to a running Envoy and waits until they are taken or rejected."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from local.envoy.admin import Admin
from local.envoy.parts import Files, Json
from local.machine import write_json

_TAKE = 5.0
"""Seconds within which Envoy has to take a file; milliseconds are usual."""
_STATS = r"(version_text|update_rejected|update_failure|warming_clusters)$"


class Publisher:
    """Not to be used from several threads at a time."""

    def __init__(self, folder: Path, admin: Admin, log: Path) -> None:
        self._folder, self._admin, self._log = folder, admin, log

    def publish(self, files: Files) -> dict[str, str]:
        """Makes `files` what Envoy runs with; returns why it rejected which. What is rejected leaves the old in force.

        Raises UnreachableError when Envoy does not answer; it starts with what was published last.
        """
        self._mark = self._log.stat().st_size if self._log.exists() else 0
        old = self._read("cds")
        clusters = {cluster["name"]: cluster for cluster in files["cds"]}
        both = [*files["cds"], *(cluster for cluster in old if cluster["name"] not in clusters)]
        wanted = {"lds": files["lds"], "cds": both, **{name: files[name] for name in files if "-" in name}}
        before = self._admin.stats(_STATS)
        written: dict[str, bool] = {}
        for group in (("sds-", "eds-", "cds"), ("rds-",), ("lds",)):
            names = [name for name in wanted if name.startswith(group)]
            written |= {name: self._write(name, wanted[name]) for name in names}
            rejected = self._settle(names, clusters, before, written, every=False)
        rejected = self._settle(wanted, clusters, before, written, every=True)
        if both != files["cds"]:
            written["cds"] = self._write("cds", files["cds"])
            rejected |= self._settle(["cds"], clusters, before, written, every=True)
        for path in self._folder.glob("?ds-*.json"):
            if path.stem not in files:
                path.unlink()
        return rejected

    def _read(self, name: str) -> list[Json]:
        return self._content(name)[1]

    def _content(self, name: str) -> tuple[int, list[Json]]:
        try:
            content = json.loads((self._folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return 0, []
        return int(content["version_info"]), content["resources"]

    def _write(self, name: str, resources: list[Json]) -> bool:
        """False when the file has that content already. Versions only grow, across supervisors too."""
        version, present = self._content(name)
        if version and present == resources:
            return False
        version = max(version + 1, int(time.time() * 1000))
        write_json(self._folder / f"{name}.json", {"version_info": str(version), "resources": resources})
        return True

    def _settle(
        self,
        names: Collection[str],
        clusters: Mapping[str, Json],
        before: Mapping[str, str | int],
        written: Mapping[str, bool],
        *,
        every: bool,
    ) -> dict[str, str]:
        """Waits for the files; with `every` also for those that nothing in Envoy has subscribed to yet."""
        end = time.monotonic() + _TAKE
        while True:
            stats = self._admin.stats(_STATS)
            pending, rejected = [], {}
            for name in names:
                version = str(self._content(name)[0])
                for prefix in _prefixes(name, clusters):
                    text = stats.get(f"{prefix}.version_text", "")
                    if text == version:
                        continue
                    base = before if written.get(name) else {}
                    if _refusals(stats, prefix) > _refusals(base, prefix):
                        rejected[name] = self._reason()
                    elif text or every:
                        pending.append(name)
            if stats.get("cluster_manager.warming_clusters"):
                pending.append("cds")
            if "lds" in rejected:
                pending = []
            if not pending or time.monotonic() > end:
                return rejected | dict.fromkeys(pending, f"Envoy did not take it within {_TAKE:.0f} s.")
            time.sleep(0.005)

    def _reason(self) -> str:
        with self._log.open("rb") as file:
            file.seek(self._mark)
            said = re.findall(r"(?:rejected|failed|error)[^:]*: (.+)", file.read().decode(errors="replace"))
        return f"Envoy rejected it: {said[-1] if said else f'see {self._log}'}"


def _prefixes(name: str, clusters: Mapping[str, Json]) -> list[str]:
    """Where Envoy counts what it did with the file."""
    kind, _, rest = name.partition("-")
    match kind:
        case "lds":
            return ["listener_manager.lds"]
        case "cds":
            return ["cluster_manager.cds"]
        case "rds":
            return [f"http.{rest}.rds.{rest}"]
        case "sds":
            return [f"sds.{rest}"]
    services = {c["name"]: c.get("eds_cluster_config", {}).get("service_name") for c in clusters.values()}
    return [f"cluster.{cluster}" for cluster, service in services.items() if service == rest]


def _refusals(stats: Mapping[str, str | int], prefix: str) -> int:
    return sum(int(stats.get(f"{prefix}.{counter}", 0)) for counter in ("update_rejected", "update_failure"))
