"""The stack on a real Kubernetes, as a user has it: a clone, its command line, and the API server beside it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3
from kubernetes.client.exceptions import ApiException

from app.contract import callers
from app.contract.callers import Reach
from cluster.api import Api, Object
from cluster.databases import NAMESPACE as DATABASES
from cluster.readiness import wait_until_ready
from cluster.target import saved
from local.providers.aws.client import connect
from tests.load.load import Tls
from tests.support import waiting
from tests.support.stack import MeasuredPod, Stack

KUBECONFIG, CONTEXT, CONSENT = "TEST_KUBECONFIG", "TEST_CONTEXT", "TEST_YES_THIS_CLUSTER"
"""Variables: the disposable cluster, its context, and that it is disposable where its name does not say so."""
OPTIONS = {"--context": CONTEXT, "--images": "TEST_IMAGES", "--postgres": "TEST_POSTGRES"}
"""Options of `make up` whose values the tests take from variables."""
APPS, EDGE, PROXIES = "apps", "edge", "envoy-gateway-system"
FAULTS, STRANGER = "faults", "stranger"
"""The namespaces of the tests' own pods: of the one that sees the node's processes, and of one that nobody knows."""
NAMESPACES = {APPS, EDGE, DATABASES, FAULTS, STRANGER}
"""The namespaces that only the system and its tests may have. That of Envoy Gateway may belong to the cluster."""
CALLER = ((callers.PRINCIPAL, callers.of_subject("proof")), (callers.REACH, Reach.ANY.value))
"""The headers that name the caller, as a function sends them to a service."""
ORCHESTRATOR = "orchestrator"


eventually = functools.partial(waiting.eventually, patience=420.0, pause=0.5)
"""Waits for a cluster: each look asks the API server."""


class ClusterStack(Stack):
    """A clone whose stack is in the cluster that TEST_KUBECONFIG names."""

    api: Api
    deadline = 60

    def start(self, *arguments: str, module: str = "local") -> subprocess.Popen[str]:
        if arguments == ("up",) and not (self.root / ".local" / "cluster.json").exists():
            kubeconfig = str(Path(os.environ[KUBECONFIG]).resolve())
            options = [
                word for option, name in OPTIONS.items() if (value := os.environ.get(name)) for word in (option, value)
            ]
            consent = ["--yes-this-cluster"] if os.environ.get(CONSENT) else []
            arguments = ("up", "--kubeconfig", kubeconfig, *options, *consent)
        return super().start(*arguments, module=module)

    def open(self) -> None:
        """Opens the way to the API server, beside the stack's own."""
        target = saved(self.machine)
        assert target
        self.api = Api(target)

    def state(self) -> dict[str, Any]:
        """Returns what `status` says: the supervisor knows nothing of Deployments and pods of a cluster."""
        return self.status()

    # ---- objects of the cluster

    def object(self, kind: str, name: str, namespace: str = APPS) -> Object:
        """Returns an object of the stack as the cluster has it."""
        found = self.api.get(self._manifest(kind, name, namespace))
        assert found, f"{kind} {namespace}/{name}"
        return found

    def _manifest(self, kind: str, name: str, namespace: str) -> Object:
        versions = {
            "Deployment": "apps/v1",
            "HorizontalPodAutoscaler": "autoscaling/v2",
            "BackendTrafficPolicy": "gateway.envoyproxy.io/v1alpha1",
            "EnvoyProxy": "gateway.envoyproxy.io/v1alpha1",
            "Gateway": "gateway.networking.k8s.io/v1",
            "HTTPRoute": "gateway.networking.k8s.io/v1",
        }
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": versions.get(kind, "v1"), "kind": kind, "metadata": metadata}

    def patch(self, kind: str, name: str, patch: object, namespace: str = APPS, *, strategic: bool = False) -> Object:
        """Changes an object past the program: by a JSON patch (a list), a merge patch, or a strategic merge patch."""
        kind_of_patch = "json" if isinstance(patch, list) else "strategic-merge" if strategic else "merge"
        return self.api.patch(self._manifest(kind, name, namespace), patch, f"application/{kind_of_patch}-patch+json")

    @contextlib.contextmanager
    def patched(
        self, kind: str, name: str, patch: Mapping[str, Any], namespace: str = APPS, *, strategic: bool = False
    ) -> Iterator[Object]:
        """Has an object changed past the program until the end of the block, ready before it and after it."""
        before = self.object(kind, name, namespace)
        part = "spec" if "spec" in before else "data"
        try:
            yield self.ready(self.patch(kind, name, patch, namespace, strategic=strategic))
        finally:
            self.ready(
                self.patch(kind, name, [{"op": "replace", "path": f"/{part}", "value": before[part]}], namespace)
            )

    def ready(self, manifest: Object) -> Object:
        return wait_until_ready(self.api, manifest)

    def pods_of(self, app: str, namespace: str = APPS, *, label: str = "app") -> list[Object]:
        """Returns the pods with the label that are not on their way out; the oldest first."""
        pods = self.api.select("v1", "Pod", namespace=namespace, label_selector=f"{label}={app}")
        alive = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        return sorted(alive, key=lambda pod: (str(pod["metadata"]["creationTimestamp"]), pod["metadata"]["name"]))

    def ready_pods(self, app: str, namespace: str = APPS) -> list[str]:
        """Returns the names of those that are ready."""
        return [pod["metadata"]["name"] for pod in self.pods_of(app, namespace) if is_ready(pod)]

    def settled(self, app: str = "users") -> None:
        """Returns when a service has no stable pods but those that it should have, and all of them are ready."""
        self.ready(self.object("Deployment", app))

        def quiet() -> bool:
            spec = self.object("Deployment", app)["spec"]
            labels = ",".join(f"{key}={value}" for key, value in spec["selector"]["matchLabels"].items())
            pods = self.api.select("v1", "Pod", namespace=APPS, label_selector=labels)
            return len(pods) == spec["replicas"] and all(map(is_ready, pods))

        eventually(quiet, what=f"the pods of {app} are those that should be there")

    def measured_pods(self) -> list[MeasuredPod]:
        """Returns every pod of the services, with its metrics as the API server passes them on."""
        pods = self.api.select("v1", "Pod", namespace=APPS, label_selector="track")
        return [self._measured(pod) for pod in pods]

    def _measured(self, pod: Object) -> MeasuredPod:
        labels, name = pod["metadata"]["labels"], pod["metadata"]["name"]
        try:
            metrics = self.api.core.connect_get_namespaced_pod_proxy_with_path(
                f"https:{name}:8443", APPS, "metrics", _request_timeout=2
            )
        except (ApiException, urllib3.exceptions.HTTPError):
            metrics = ""
        return MeasuredPod(
            name=name,
            deployment=labels["app"] + ("-canary" if labels["track"] == "canary" else ""),
            restarts=sum(c["restartCount"] for c in pod["status"].get("containerStatuses") or []),
            metrics=metrics,
        )

    # ---- the ingress, as functions reach it

    @property
    def url(self) -> str:
        return f"https://localhost:{self.machine.ports.ingress}"

    @property
    def address(self) -> tuple[str, int]:
        """Returns the ingress's own address: calls of it don't pass the port of this machine that leads to it."""
        gateway = self.object("Gateway", "edge", EDGE)
        return str(gateway["status"]["addresses"][0]["value"]), int(gateway["spec"]["listeners"][0]["port"])

    def identity(self, folder: Path) -> Tls:
        """Returns the certificates that the orchestrator has, written into files of a folder."""
        secret = self.secret_of_caller()
        folder.mkdir(parents=True, exist_ok=True)
        authority, own = folder / "authority.crt", folder / "own.pem"
        write_over(authority, secret["ca"])
        write_over(own, f"{secret['private_key']}\n{secret['certificate']}")
        return Tls(authority=authority, identity=own)

    def secret_of_caller(self) -> dict[str, str]:
        """Returns the orchestrator's certificate, its key, and the authorities that it trusts (PEM)."""
        arn = self.outputs_of("secretsmanager/secret:Secret", ORCHESTRATOR)["arn"]
        value = connect(self.machine).call("secretsmanager", "GetSecretValue", {"SecretId": arn})["SecretString"]
        secret: dict[str, str] = json.loads(value)
        return secret


def change(stack: Stack, file: str, before: str, after: str) -> None:
    """Changes a file of the clone."""
    path = stack.root / file
    text = path.read_text()
    assert before in text, f"{file} has no {before!r}"
    path.write_text(text.replace(before, after))


def is_ready(pod: Object) -> bool:
    """Tells whether a pod is ready, and stays."""
    conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions") or []}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def write_over(path: Path, text: str) -> None:
    """Replaces a file in one step: a reader sees the old content or the new one."""
    temporary = path.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(path)
