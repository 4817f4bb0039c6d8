"""Pods on a living machine: rolled, killed, sick, adopted, stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from local import desired
from local.errors import ProviderError
from local.free_ports import is_free
from local.processes.process import marked
from local.supervisor import client
from tests.support.load import beside
from tests.support.waiting import PATIENCE, eventually
from tests.unit.local.kubernetes.cluster import IMAGE, SCALER, SYSTEM, Cluster, clone, read


@contextmanager
def load(cluster: Cluster, *methods: str) -> Iterator[Counter[int | str]]:
    """Kept connections, one thread per method, no retries: counts statuses and errors."""
    seen: Counter[int | str] = Counter()
    context = cluster.context(cluster.clients.leaf(uri="spiffe://test/orchestrator"))

    def call(method: str, stop: threading.Event) -> None:
        while not stop.is_set():
            with cluster.connection(context) as connection:
                try:
                    while not stop.wait(0.005):
                        connection.request(method, "/slow" if sum(seen.values()) % 20 == 0 else "/fast", body=b"x")
                        response = connection.getresponse()
                        response.read()
                        seen[response.status] += 1
                except (OSError, http.client.HTTPException) as error:
                    seen[type(error).__name__] += 1

    with beside(*(partial(call, method) for method in methods)):
        yield seen


def works(cluster: Cluster) -> bool:
    try:
        return cluster.get("/")[0] == 200
    except (OSError, ssl.SSLError, http.client.HTTPException):
        return False


def pids(cluster: Cluster) -> set[int]:
    return {pod["pid"] for pod in cluster.pods("ready")}


def kill(process: dict[str, int]) -> None:
    os.kill(process["pid"], signal.SIGKILL)


def test_a_changed_template_is_rolled_without_losing_a_request(cluster: Cluster) -> None:
    """The pods have no preStop sleep as grace: the ingress must have let go of a pod before it is asked to end."""
    del cluster.container["lifecycle"]
    cluster.up()
    before = pids(cluster)
    with load(cluster, "GET", "POST", "POST") as seen:
        eventually(lambda: seen[200] > 50, what="traffic")
        cluster.set_env("VERSION", "2")
        cluster.up()
        serving = Counter(cluster.get("/")[1]["environment"].get("VERSION") for _ in range(10))
        eventually(lambda: len(cluster.pods()) == 2, what="the end of the old pods")
        count = seen[200]
        eventually(lambda: seen[200] > count + 50, what="traffic after the roll")
    assert serving == {"2": 10}
    assert set(seen) == {200}, seen
    assert not pids(cluster) & before
    assert all(not psutil.pid_exists(pid) for pid in before)


def test_a_killed_pod_comes_back_and_safe_requests_are_retried(cluster: Cluster) -> None:
    cluster.up()
    with load(cluster, "GET", "GET") as seen:
        eventually(lambda: seen[200] > 50, what="traffic")
        victim = cluster.pods("ready")[0]
        kill(victim)
        eventually(lambda: victim["pid"] not in pids(cluster) and len(pids(cluster)) == 2, what="its return")
        count = seen[200]
        eventually(lambda: seen[200] > count + 50, what="traffic after it")
    # Nobody can repeat a response whose header the caller has: the kill cuts at most one on each connection.
    assert seen.pop("IncompleteRead", 0) <= 2, seen
    assert set(seen) == {200}, seen
    (again,) = [pod for pod in cluster.pods() if pod["name"] == victim["name"]]
    assert again["restarts"] == victim["restarts"] + 1


def test_a_killed_envoy_comes_back_with_what_was_published(cluster: Cluster) -> None:
    cluster.up()
    kill(cluster.process("envoy"))
    eventually(lambda: works(cluster), what="an answer")
    assert eventually(lambda: cluster.process("envoy")["restarts"]) == 1


def test_a_new_supervisor_adopts_what_a_killed_one_left(cluster: Cluster) -> None:
    cluster.up()
    pods, envoy, old = pids(cluster), cluster.process("envoy")["pid"], cluster.status()["supervisor"]
    kill(old)
    eventually(lambda: not client.alive(cluster.machine), what="its death")
    assert works(cluster), "requests do not pass through the supervisor"
    client.ensure(cluster.machine, SYSTEM)
    eventually(lambda: pids(cluster) == pods, what="the adoption")
    assert cluster.process("envoy")["pid"] == envoy
    assert cluster.status()["supervisor"]["pid"] != old["pid"]
    kill({"pid": min(pods)})
    eventually(lambda: min(pods) not in pids(cluster) and len(pids(cluster)) == 2, what="healing by the new one")


def test_a_roll_that_a_supervisor_began_is_finished_by_the_next(cluster: Cluster) -> None:
    cluster.up()
    before = pids(cluster)
    cluster.set_env("VERSION", "2")
    cluster.apply()
    eventually(lambda: len(cluster.pods()) == 3, what="the beginning of the roll")
    kill(cluster.status()["supervisor"])
    eventually(lambda: not client.alive(cluster.machine), what="its death")
    cluster.up()
    eventually(lambda: len(cluster.pods()) == 2, what="the end of the roll")
    assert not pids(cluster) & before
    assert {process.pid for process in marked(cluster.machine)} == pids(cluster) | {cluster.process("envoy")["pid"]}


def test_strays_that_nobody_recorded_are_killed(cluster: Cluster) -> None:
    cluster.up()
    status = cluster.machine.run / "status.json"
    before = pids(cluster)
    kill(cluster.status()["supervisor"])
    eventually(lambda: not client.alive(cluster.machine), what="its death")
    status.unlink()
    cluster.up()
    assert not pids(cluster) & before
    assert all(not psutil.pid_exists(pid) for pid in before)


def test_a_template_that_never_gets_ready_fails_while_the_old_pods_serve(cluster: Cluster) -> None:
    cluster.up()
    before = pids(cluster)
    cluster.set_env("NEVER_READY", "1")
    cluster.deployment["spec"]["progressDeadlineSeconds"] = 2
    with pytest.raises(ProviderError, match=r"No progress for 2 s\. 0 of 2 pods are available"):
        cluster.up()
    assert works(cluster)
    assert pids(cluster) == before
    del cluster.container["env"][-1]
    cluster.up()
    eventually(lambda: len(cluster.pods()) == 2, what="the end of the broken pod")
    assert pids(cluster) == before


def test_a_container_that_exits_again_and_again_fails_with_its_last_words(cluster: Cluster) -> None:
    cluster.set_env("EXIT", "1")
    with pytest.raises(ProviderError, match=r"exited with 1: the settings are wrong"):
        cluster.up()


def test_a_container_that_fails_its_liveness_probe_is_restarted(cluster: Cluster) -> None:
    cluster.deployment["spec"]["replicas"] = 1
    cluster.set_env("UNHEALTHY_AFTER", "2")
    cluster.up()
    first = cluster.pods("ready")[0]
    again = eventually(lambda: [p for p in cluster.pods("ready") if p["restarts"]], what="the restart")[0]
    assert (again["name"], again["pid"] != first["pid"]) == (first["name"], True)


def test_a_pod_that_is_not_ready_gets_no_requests(cluster: Cluster) -> None:
    switch = cluster.machine.images / IMAGE / "unready"
    cluster.set_env("READY_FILE", "unready")
    cluster.up()
    switch.touch()
    eventually(lambda: len(cluster.pods("unready")) == 2, what="unreadiness")
    eventually(lambda: cluster.get("/")[0] == 503, what="the refusal")
    switch.unlink()
    eventually(lambda: works(cluster), what="readiness")
    assert all(pod["restarts"] == 0 for pod in cluster.pods())


def test_the_number_of_pods_is_the_scalers_minimum_else_the_deployments(cluster: Cluster) -> None:
    cluster.up()
    assert len(cluster.pods("ready")) == 2
    cluster.objects["HorizontalPodAutoscaler/shop/web"] = read(SCALER)
    cluster.up()
    eventually(lambda: len(cluster.pods()) == 1, what="scaling down")
    cluster.objects["HorizontalPodAutoscaler/shop/web"]["spec"]["minReplicas"] = 3
    cluster.up()
    assert len(cluster.pods("ready")) == 3
    assert cluster.status()["deployments"] == [
        {"namespace": "shop", "name": "web", "desired": 3, "ready": 3, "updated": 3}
    ]


def test_a_deleted_deployment_is_drained(cluster: Cluster) -> None:
    cluster.up()
    before = pids(cluster)
    key = "Deployment/shop/web"
    with load(cluster, "POST") as seen:
        eventually(lambda: seen[200] > 20, what="traffic")
        desired.remove(cluster.machine, key)
        desired.wait(cluster.machine, key, None)
    assert set(seen) <= {200, 503}, f"requests in flight are finished: {seen}"
    assert all(not psutil.pid_exists(pid) for pid in before)


def test_what_is_not_there_yet_is_waited_for(cluster: Cluster) -> None:
    password = cluster.objects.pop("Secret/shop/settings")
    client.ensure(cluster.machine, SYSTEM)
    cluster.apply()
    eventually(lambda: len(cluster.status().get("pods", [])) == 2, what="the pods")
    reason = "Secret 'settings' does not exist in the namespace 'shop'"
    eventually(lambda: reason in cluster.observed("Deployment/shop/web").get("message", ""), what="the reason")
    cluster.objects["Secret/shop/settings"] = password
    cluster.up()


def test_stop_ends_every_process_and_frees_every_port(cluster: Cluster) -> None:
    cluster.up()
    ports = cluster.machine.ports
    used = [ports.ingress, *(pod["port"] for pod in cluster.pods())]
    assert not any(is_free(port) for port in used)
    client.stop(cluster.machine)
    assert all(is_free(port) for port in used)
    assert not list(marked(cluster.machine))
    assert not client.alive(cluster.machine)
    assert desired.read_status(cluster.machine) == {}


def test_stop_works_when_the_supervisor_is_dead(cluster: Cluster) -> None:
    cluster.up()
    kill(cluster.status()["supervisor"])
    eventually(lambda: not client.alive(cluster.machine), what="its death")
    assert list(marked(cluster.machine))
    client.stop(cluster.machine)
    assert not list(marked(cluster.machine))


def test_a_supervisor_whose_folder_was_removed_ends_by_itself(cluster: Cluster) -> None:
    cluster.up()
    supervisor = psutil.Process(cluster.status()["supervisor"]["pid"])
    running = list(marked(cluster.machine))
    cluster.machine.home.rename(cluster.machine.root / "gone")
    shutil.rmtree(cluster.machine.root / "gone")
    assert psutil.wait_procs([supervisor, *running], timeout=PATIENCE)[1] == []


def test_two_clones_side_by_side(cluster: Cluster, tmp_path: Path) -> None:
    cluster.up()
    (tmp_path / "other").mkdir()
    other = Cluster(clone(tmp_path / "other"))
    try:
        other.up()
        assert works(cluster)
        assert works(other)
        assert not pids(cluster) & pids(other)
        client.stop(other.machine)
        assert works(cluster)
    finally:
        client.stop(other.machine)
