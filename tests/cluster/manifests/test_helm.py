"""The Helm chart of the services on a real Kubernetes: installed, upgraded, rolled back and removed.

The images are stand-ins, which no node can pull: what is looked at are the objects, not the pods.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import dynamic
from kubernetes.dynamic.exceptions import NotFoundError

from planning.helm import write_chart
from planning.plan import STAND_INS
from planning.render import objects
from tests.support.charts import Object, helm, templated, values_of
from tests.support.cluster_stack import KUBECONFIG
from tests.support.program import ROOT
from tests.support.waiting import eventually

RELEASE, NAMESPACE = "services", "apps"
OTHER = f"registry.example/users@sha256:{'b' * 64}"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster, and the chart that is tried on it."""

    client: dynamic.DynamicClient
    chart: Path
    made: list[Object]
    """The objects that the chart has by itself."""

    def run(self, *arguments: str) -> str:
        done = helm(
            *arguments, "--namespace", NAMESPACE, variables={"KUBECONFIG": str(Path(os.environ[KUBECONFIG]).resolve())}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def found(self, manifest: Object) -> Any:
        """Returns an object as it is in the cluster, or None."""
        kind = self.client.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        try:
            return kind.get(name=manifest["metadata"]["name"], namespace=NAMESPACE)
        except NotFoundError:
            return None

    def one(self, kind: str, name: str) -> Any:
        (manifest,) = [m for m in self.made if (m["kind"], m["metadata"]["name"]) == (kind, name)]
        return self.found(manifest)

    def jobs(self) -> set[str]:
        """Returns the images of the migrations of users."""
        jobs = self.client.resources.get(api_version="batch/v1", kind="Job").get(namespace=NAMESPACE).items
        return {
            job.spec.template.spec.containers[0].image
            for job in jobs
            if job.metadata.labels["app"] == "users-migrations" and not job.metadata.deletionTimestamp
        }

    def state(self) -> tuple[str, int, set[str]]:
        """Returns what the test changes: the image of users, its most replicas, and the images that are migrated."""
        container = self.one("Deployment", "users").spec.template.spec.containers[0]
        return container.image, self.one("HorizontalPodAutoscaler", "users").spec.maxReplicas, self.jobs()


@pytest.fixture
def trial(cluster: dynamic.DynamicClient, tmp_path: Path) -> Iterator[Cluster]:
    helm("version")
    rendered = objects(ROOT, "local", config=STAND_INS)
    chart = tmp_path / "chart"
    write_chart(rendered, chart, root=ROOT, stack="local")
    first = [m for m in (e.manifest for e in rendered) if _is_needed(m)]
    for manifest in first:
        kind = cluster.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
        cluster.server_side_apply(kind, body=manifest, name=name, namespace=namespace, field_manager="test")
    yield Cluster(client=cluster, chart=chart, made=templated(chart, values_of(chart)))
    namespaces = cluster.resources.get(api_version="v1", kind="Namespace")
    namespaces.delete(name=NAMESPACE)
    eventually(lambda: NAMESPACE not in {n.metadata.name for n in namespaces.get().items}, what="the namespace's end")


def _is_needed(manifest: Object) -> bool:
    """Returns whether an object must be there before the chart: the namespace, and the Secrets in it."""
    own = manifest["kind"] == "Secret" and manifest["metadata"]["namespace"] == NAMESPACE
    return own or (manifest["kind"] == "Namespace" and manifest["metadata"]["name"] == NAMESPACE)


def revisions(trial: Cluster) -> list[str]:
    return [each["status"] for each in json.loads(trial.run("history", RELEASE, "--output", "json"))]


def test_the_chart_is_installed_upgraded_rolled_back_and_removed(trial: Cluster) -> None:
    trial.run("install", RELEASE, str(trial.chart))
    assert [m["metadata"]["name"] for m in trial.made if trial.found(m) is None] == []
    first = trial.state()
    image = values_of(trial.chart)["services"]["users"]["stable"]["image"]
    assert (first[0], first[2]) == (image, {image})

    trial.run(
        *("upgrade", RELEASE, str(trial.chart), "--reuse-values"),
        *("--set", f"services.users.stable.image={OTHER}", "--set", "services.users.replicas.max=7"),
    )
    eventually(lambda: trial.state() == (OTHER, 7, {OTHER}), what="the upgrade")

    trial.run("rollback", RELEASE, "1")
    eventually(lambda: trial.state() == first, what="the rollback")
    assert revisions(trial) == ["superseded", "superseded", "deployed"]

    trial.run("uninstall", RELEASE)
    eventually(lambda: not [m for m in trial.made if trial.found(m) is not None], what="the end of every object")
    assert trial.found({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "users-database"}}) is not None
