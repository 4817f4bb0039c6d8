"""The processes of the node, which a privileged pod can stop: a controller that hangs, a server that is slow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.support.cluster_stack import FAULTS, ClusterStack, eventually, is_ready

NAME = "node"
_SIGNAL = """
import os, sys
from pathlib import Path
number, program, words, sent = int(sys.argv[1]), sys.argv[2], sys.argv[3:], 0
for process in Path("/proc").iterdir():
    try:
        argv = (process / "cmdline").read_bytes().decode().split("\\0") if process.name.isdigit() else []
    except OSError:
        continue
    has = lambda word: any(each == word or each.startswith(word + " ") for each in argv)
    if argv and argv[0].split("/")[-1].split(":")[0] == program and all(map(has, words)):
        os.kill(int(process.name), number)
        sent += 1
sys.exit(0 if sent else 1)
"""
STOP, CONTINUE, KILL = 19, 18, 9


class Node:
    """A pod that sees all processes of its node. The clusters of tests have one node."""

    def __init__(self, system: ClusterStack) -> None:
        self._system = system
        image = system.object("Deployment", "users")["spec"]["template"]["spec"]["containers"][0]["image"]
        self._pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": NAME, "namespace": FAULTS, "labels": {"app": NAME}},
            "spec": {
                "hostPID": True,
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {
                        "name": NAME,
                        "image": image,
                        "command": ["python", "-c", "import time; time.sleep(3600)"],
                        "securityContext": {"privileged": True, "runAsUser": 0},
                    }
                ],
            },
        }

    def __enter__(self) -> Node:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": FAULTS}}
        with contextlib.ExitStack() as made:
            for manifest in (namespace, self._pod):
                self._system.api.apply(manifest)
                made.callback(self._system.api.delete, manifest, timeout=60)
            eventually(self._runs, what="the pod that sees the node's processes")
            self._made = made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def _runs(self) -> bool:
        found = self._system.api.get(self._pod)
        return found is not None and is_ready(found)

    def signal(self, number: int, *words: str) -> None:
        """Sends a signal to every process whose program is the first of the words and whose arguments are the others,
        or begin with them: Envoy Gateway writes an option and its value as one argument."""
        self._system.api.run(FAULTS, NAME, ["python", "-c", _SIGNAL, str(number), *words], "")

    @contextlib.contextmanager
    def frozen(self, *words: str) -> Iterator[None]:
        """Stops processes until the end of the block: also where nobody knows whether the signal has reached them."""
        try:
            self.signal(STOP, *words)
            yield
        finally:
            self.signal(CONTINUE, *words)
