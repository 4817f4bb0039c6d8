"""The cluster's API server: objects are applied by server-side apply with strict fields, read, and deleted for good."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3
from kubernetes import client, config, dynamic
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from kubernetes.dynamic.exceptions import NotFoundError, ResourceNotFoundError
from kubernetes.stream import stream

from cluster.target import Target
from local.errors import LocalError, ProviderError

Object = dict[str, Any]

MANAGER = "crosscloud"
"""The name under which the API server knows who set a field."""
OLDEST = (1, 31)
"""The first version with everything that the manifests say (`unhealthyPodEvictionPolicy` is stable from it on):
https://kubernetes.io/docs/tasks/run-application/configure-pdb/"""
METRICS = "metrics.k8s.io/v1beta1"
"""The API of metrics-server, without which autoscalers know nothing."""
_CONNECT, _READ = 5, 30
"""Seconds until a connection, and until an answer, must be there."""


class Api:
    """The API server of one cluster. It may be used from several threads."""

    def __init__(self, target: Target) -> None:
        """Connects. Raises LocalError when the cluster can't be reached or can't run the system."""
        self.target, self._lock = target, threading.Lock()
        try:
            self._client = config.new_client_from_config(  # type: ignore[no-untyped-call]
                target.kubeconfig, context=target.context
            )
        except (ConfigException, OSError) as error:
            raise LocalError(f"{target.kubeconfig} can't be used: {error}.") from None
        self._client.configuration.retries = urllib3.Retry(connect=1, read=0)
        self.core = client.CoreV1Api(self._client)
        with self._explained(f"The cluster of the context {target.context}"):
            version = client.VersionApi(self._client).get_code(_request_timeout=(_CONNECT, _READ))
            self._dynamic = dynamic.DynamicClient(self._client)  # type: ignore[no-untyped-call]
        system = self.get({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}})
        self.identity = str((system or {})["metadata"]["uid"])
        found = (int(version.major), int(version.minor.rstrip("+")))
        if found < OLDEST:
            raise LocalError(
                f"The cluster must run Kubernetes {'.'.join(map(str, OLDEST))} or newer; it runs {version.git_version}."
            )
        if target.identity and target.identity != self.identity:
            raise LocalError(
                f"The context {target.context} leads to another cluster than the one that has this stack: it was made "
                "anew, or the kubeconfig has changed. `make down PURGE=1` forgets the stack; then apply it again."
            )

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self._client.configuration.host)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def knows(self, api_version: str, kind: str | None = None) -> bool:
        """Returns whether the cluster has the API, or the kind in it."""
        filters = {"api_version": api_version, **({"kind": kind} if kind else {})}
        with self._lock:
            return bool(self._dynamic.resources.search(**filters))

    def forget_kinds(self) -> None:
        """Has the kinds read again, after definitions of some were installed."""
        with self._lock:
            self._dynamic.resources.invalidate_cache()

    def apply(self, manifest: Object) -> Object:
        """Creates or changes an object, whose unknown fields are refused, and returns it. Raises ProviderError."""
        metadata = manifest["metadata"]
        with self._explained(describe(manifest)):
            applied = self._dynamic.server_side_apply(  # type: ignore[no-untyped-call]
                self._resource(manifest),
                body=manifest,
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
        with self._explained(describe(manifest)):
            resource = self._resource(manifest)
            name, namespace = metadata["name"], metadata.get("namespace")
            return _content(resource.patch(body=patch, name=name, namespace=namespace, content_type=content_type))

    def get(self, manifest: Object) -> Object | None:
        """Returns the object of that kind and name as the cluster has it, or None. Raises ProviderError."""
        metadata = manifest["metadata"]
        with self._explained(describe(manifest)):
            try:
                resource = self._resource(manifest)
                return _content(resource.get(name=metadata["name"], namespace=metadata.get("namespace")))
            except (NotFoundError, ResourceNotFoundError):
                return None

    def select(self, api_version: str, kind: str, *, namespace: str | None = None, **selectors: str) -> list[Object]:
        """Returns objects by their labels (`label_selector`); none where the cluster does not know the kind."""
        with self._explained(kind):
            try:
                resource = self._resource({"apiVersion": api_version, "kind": kind})
            except ResourceNotFoundError:
                return []
            content = _content(resource.get(namespace=namespace, **selectors))
        items: list[Object] = content["items"]
        return items

    def delete(self, manifest: Object, *, timeout: float) -> None:
        """Deletes an object with what it owns, and returns when it is gone. Raises ProviderError after `timeout` s."""
        metadata = manifest["metadata"]
        end = time.monotonic() + timeout
        with self._explained(describe(manifest)):
            try:
                resource = self._resource(manifest)
                body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Foreground"}
                resource.delete(name=metadata["name"], namespace=metadata.get("namespace"), body=body)
            except (NotFoundError, ResourceNotFoundError):
                return
        while (left := self.get(manifest)) is not None:
            if time.monotonic() > end:
                waiting = ", ".join(left["metadata"].get("finalizers", [])) or "its end"
                raise ProviderError(f"{describe(manifest)} is not gone after {timeout:.0f} s; it waits for {waiting}.")
            time.sleep(0.3)

    def log(self, namespace: str, pod: str, *, lines: int | None = None, previous: bool = False) -> str:
        """Returns the log of a pod's container, or of the one before it: its last lines, or all. Empty: none."""
        try:
            return str(self.core.read_namespaced_pod_log(pod, namespace, previous=previous, tail_lines=lines))
        except ApiException:  # a container that has not started, or never did
            return ""

    def run(self, namespace: str, pod: str, command: list[str], text: str) -> str:
        """Runs a command in a pod with `text` as its input, and returns what it says. Raises ProviderError."""
        # `stream` turns all requests of its client into WebSockets meanwhile, those of other threads too.
        configuration = self._client.configuration
        with self._explained(f"Pod {pod} in {namespace}"), client.ApiClient(configuration) as own:
            connection = stream(
                client.CoreV1Api(own).connect_get_namespaced_pod_exec,
                pod,
                namespace,
                command=command,
                stdin=True,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
            )
            try:
                connection.write_stdin(text)
                connection.run_forever(timeout=_READ)
                output = str(connection.read_stdout() + connection.read_stderr())
                code = connection.returncode
            finally:
                connection.sock.shutdown()  # `close` leaves a socket open that the other side has ended
        if code:
            raise ProviderError(f"{command[0]} in the pod {pod} failed ({code}): {output.strip()}")
        return output

    def _resource(self, manifest: Object) -> Any:
        """Returns the API of the manifest's kind. Raises ResourceNotFoundError."""
        with self._lock:  # finding a kind may read all kinds again, which threads would do to each other's harm
            return self._dynamic.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Turns errors of the API server and of the way to it into ProviderError."""
        try:
            yield
        except ResourceNotFoundError:
            raise ProviderError(f"{what}: the cluster does not know this kind.") from None
        except ApiException as error:
            raise ProviderError(f"{what}: {_message(error)}") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ProviderError(f"{what}: the API server can't be reached: {error}") from None


def describe(manifest: Object) -> str:
    """Returns `Deployment apps/users`."""
    metadata = manifest["metadata"]
    return f"{manifest['kind']} {'/'.join(filter(None, [metadata.get('namespace'), metadata['name']]))}"


def _content(answer: Any) -> Object:
    content: Object = answer.to_dict()
    return content


def _message(error: ApiException) -> str:
    try:
        body: Mapping[str, Any] = json.loads(error.body or "")
        return str(body["message"])
    except (ValueError, KeyError, TypeError):
        return f"the API server answered {error.status} {error.reason}"
