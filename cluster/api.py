"""The cluster's API server: objects are applied by server-side apply with strict fields, read, and deleted for good."""

from __future__ import annotations

import threading
import time
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import NotFoundError, ResourceNotFoundError

from cluster import execution
from cluster.connection import READ, LostError, answering, connect, explained, kinds_of
from cluster.target import Target
from local.errors import LocalError, ProviderError

Object = dict[str, Any]

MANAGER = "crosscloud"
"""The name under which the API server knows who set a field."""
MARK = "crosscloud/made"
"""The annotation of every object of this stack, which nobody else sets."""
OLDEST = (1, 31)
"""The first version with everything that the manifests say (`unhealthyPodEvictionPolicy` is stable from it on):
https://kubernetes.io/docs/tasks/run-application/configure-pdb/"""
METRICS = "metrics.k8s.io/v1beta1"
"""The API of metrics-server, without which autoscalers know nothing."""


class Api:
    """The API server of one cluster. It may be used from several threads."""

    def __init__(self, target: Target) -> None:
        """Connects. Raises LocalError when the cluster can't be reached or can't run the system."""
        self.target, self._lock = target, threading.Lock()
        self._client = connect(target)
        self.core = client.CoreV1Api(self._client)
        with explained(f"The cluster of the context {target.context}"), answering(target, self.server):
            version = client.VersionApi(self._client).get_code()
            self._dynamic = kinds_of(self._client)
        system = self.get({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}})
        self.identity = str((system or {})["metadata"]["uid"])
        number = (int(version.major), int(version.minor.rstrip("+")))
        if number < OLDEST:
            raise LocalError(
                f"The cluster must run Kubernetes {'.'.join(map(str, OLDEST))} or newer; it runs {version.git_version}."
            )
        if target.identity and target.identity != self.identity:
            raise LostError(
                f"The context {target.context} leads to another cluster than the one that has this stack: it was made "
                "anew, or the kubeconfig has changed. `make down PURGE=1` forgets the stack; then apply it again."
            )

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self._client.configuration.host)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def knows(self, api_version: str, kind: str | None = None) -> bool:
        """Returns whether the cluster has the API, or the kind in it."""
        filters = {"api_version": api_version, **({"kind": kind} if kind else {})}
        with self._lock, explained(api_version):
            return bool(self._dynamic.resources.search(**filters))

    def forget_kinds(self) -> None:
        """Has the kinds read again, after definitions of some were installed."""
        with self._lock, explained("The cluster's kinds"):
            self._dynamic.resources.invalidate_cache()

    def apply(self, manifest: Object, *, marked: bool = True) -> Object:
        """Creates or changes an object, whose unknown fields are refused, and returns it. Raises ProviderError.

        It is marked as this stack's: whoever changes fields of it becomes their manager, and could become that of all.
        """
        metadata = manifest["metadata"]
        mark = {"annotations": {**(metadata.get("annotations") or {}), MARK: "true"}} if marked else {}
        with explained(describe(manifest)):
            applied = self._dynamic.server_side_apply(  # type: ignore[no-untyped-call]
                self._resource(manifest),
                body={**manifest, "metadata": {**metadata, **mark}},
                name=metadata["name"],
                namespace=metadata.get("namespace"),
                field_manager=MANAGER,
                force_conflicts=True,
                query_params=[("fieldValidation", "Strict")],
            )
        return _content(applied)

    def patch(self, manifest: Object, patch: object, content_type: str) -> Object:
        """Changes a part of an object, under no name of ours, and returns it. Raises ProviderError."""
        metadata = manifest["metadata"]
        with explained(describe(manifest)):
            resource = self._resource(manifest)
            name, namespace = metadata["name"], metadata.get("namespace")
            return _content(resource.patch(body=patch, name=name, namespace=namespace, content_type=content_type))

    def get(self, manifest: Object) -> Object | None:
        """Returns the object of that kind and name as the cluster has it, or None. Raises ProviderError."""
        metadata = manifest["metadata"]
        with explained(describe(manifest)):
            try:
                resource = self._resource(manifest)
                return _content(resource.get(name=metadata["name"], namespace=metadata.get("namespace")))
            except (NotFoundError, ResourceNotFoundError):
                return None

    def select(self, api_version: str, kind: str, *, namespace: str | None = None, **selectors: str) -> list[Object]:
        """Returns objects by their labels (`label_selector`); none where the cluster does not know the kind.

        It may have known it before: the list of a kind whose definition was deleted is not found.
        """
        with explained(kind):
            try:
                resource = self._resource({"apiVersion": api_version, "kind": kind})
                content = _content(resource.get(namespace=namespace, **selectors))
            except (NotFoundError, ResourceNotFoundError):
                return []
        items: list[Object] = content["items"]
        return items

    def delete(self, manifest: Object, *, timeout: float) -> None:
        """Deletes an object with what it owns, and returns when it is gone. Raises ProviderError after `timeout` s."""
        metadata = manifest["metadata"]
        end = time.monotonic() + timeout
        with explained(describe(manifest)):
            try:
                resource = self._resource(manifest)
                body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
                resource.delete(name=metadata["name"], namespace=metadata.get("namespace"), body=body)
            except (NotFoundError, ResourceNotFoundError):
                return
        while (rest := self.get(manifest)) is not None:
            if time.monotonic() > end:
                waiting = ", ".join(rest["metadata"].get("finalizers", [])) or "its end"
                raise ProviderError(f"{describe(manifest)} is not gone after {timeout:.0f} s; it waits for {waiting}.")
            time.sleep(0.3)

    def log(self, namespace: str, pod: str, *, lines: int | None = None, previous: bool = False) -> str:
        """Returns the log of a pod's container, or of the one before it: its last lines, or all. Empty: none."""
        with explained(f"The log of the pod {pod}"):
            try:
                return str(self.core.read_namespaced_pod_log(pod, namespace, previous=previous, tail_lines=lines))
            except ApiException:  # a container that has not started, or never did
                return ""

    def run(self, namespace: str, pod: str, command: list[str], text: str, *, timeout: float = READ) -> str:
        """Runs a command in a pod with `text` as its input, and returns what it says.

        Raises ProviderError when it fails, or has not ended within `timeout` seconds.
        """
        return execution.run(self._client.configuration, namespace, pod, command, text, timeout=timeout)

    def _resource(self, manifest: Object) -> Any:
        """Returns the API of the manifest's kind. Raises ResourceNotFoundError."""
        with self._lock:  # finding a kind may read all kinds again, which threads would do to each other's harm
            return self._dynamic.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])


def describe(manifest: Object) -> str:
    """Returns `Deployment apps/users`."""
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {'/'.join(filter(None, [metadata.get('namespace'), metadata['name']]))}"


def _content(answer: Any) -> Object:
    content: Object = answer.to_dict()
    return content
