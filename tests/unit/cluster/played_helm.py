"""Helm in memory: what it keeps of releases on an API server in memory, and when it refuses to go on."""

from __future__ import annotations

from typing import Any

from local.errors import ProviderError
from tests.unit.cluster.fakes import FakeApi

NAMESPACE = "envoy-gateway-system"
CONTROLLER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "envoy-gateway", "namespace": NAMESPACE, "labels": {"control-plane": "envoy-gateway"}},
}


class PlayedHelm:
    """A Helm whose one chart is a controller."""

    def __init__(self, api: FakeApi) -> None:
        self._api = api
        self.ran: list[str] = []
        """The commands that were run."""

    def __call__(self, _: object, *words: str, values: object = None) -> str:
        self.ran.append(words[0])
        match words:
            case ("upgrade", "--install", name, *options):
                key, _, value = options[options.index("--labels") + 1].partition("=")
                self._upgrade(name, {key: value})
            case ("uninstall", name, *_):
                for each in self._revisions(name):
                    self._api.delete(each, timeout=1)
                self._api.delete(CONTROLLER, timeout=1)
        return ""

    def has(self, name: str, status: str, *, revision: int = 1, **labels: str) -> None:
        """Keeps a revision of a release."""
        own = {"owner": "helm", "name": name, "version": str(revision), "status": status}
        metadata = {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": NAMESPACE}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {**metadata, "labels": {**labels, **own}}}
        self._api.made_by("helm", secret)

    def _upgrade(self, name: str, labels: dict[str, str]) -> None:
        found = self._revisions(name)
        states = [each["metadata"]["labels"]["status"] for each in found]
        if found and states[-1] not in ("deployed", "failed"):
            raise ProviderError("another operation (install/upgrade/rollback) is in progress")
        if found and not {"deployed", "superseded"} & {*states}:
            raise ProviderError("the hook lacks the account that only an installation makes")
        self.has(name, "deployed", revision=len(found) + 1, **labels)
        self._api.made_by("helm", CONTROLLER)

    def _revisions(self, name: str) -> list[dict[str, Any]]:
        return self._api.select("v1", "Secret", namespace=NAMESPACE, label_selector=f"owner=helm,name={name}")
