"""A pod of a test's own, from which connections are tried: what a stranger in the cluster could do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

from cluster.api import Api
from tests.support.cluster_stack import APPS, STRANGER, ClusterStack, eventually, is_ready

_TRY = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def tried(address):
    try:
        socket.create_connection(tuple(address), timeout=3).close()
        return "connected"
    except OSError as error:
        return type(error).__name__
addresses = json.loads(sys.argv[1])
with ThreadPoolExecutor(32) as pool:
    print(json.dumps(dict(zip(addresses, pool.map(tried, addresses.values())))))
"""
Address = tuple[str, int]


def reached_from(api: Api, namespace: str, pod: str, addresses: Mapping[str, Address]) -> set[str]:
    """Returns the names of the addresses to which the pod can open a connection."""
    output = api.run(namespace, pod, ["python", "-c", _TRY, json.dumps(addresses)], "")
    return {name for name, result in json.loads(output).items() if result == "connected"}


class ProbePod:
    """A pod in a namespace of its own, with an image of the system."""

    def __init__(self, system: ClusterStack, namespace: str = STRANGER) -> None:
        self.api, self.namespace, self.name = system.api, namespace, "probe"
        template = system.object("Deployment", "users", APPS)["spec"]["template"]["spec"]
        self._namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        self._pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name, "namespace": namespace},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {
                        "name": self.name,
                        "image": template["containers"][0]["image"],
                        "command": ["python", "-c", "import time; time.sleep(3600)"],
                    }
                ],
            },
        }

    def __enter__(self) -> ProbePod:
        with contextlib.ExitStack() as made:
            for manifest in (self._namespace, self._pod):
                self.api.apply(manifest)
                made.callback(self.api.delete, manifest, timeout=60)
            eventually(lambda: is_ready(self.api.get(self._pod) or {"status": {}, "metadata": {}}), what="the probe")
            self._made = made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def reached(self, addresses: Mapping[str, Address]) -> set[str]:
        return reached_from(self.api, self.namespace, self.name, addresses)
