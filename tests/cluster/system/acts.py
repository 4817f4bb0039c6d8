"""The acts of the cases: by the program where the program does it, else as the cluster or a fault would do it."""

from __future__ import annotations

import json
import re
import time

import yaml
from kubernetes.client import V1Eviction, V1ObjectMeta
from kubernetes.client.exceptions import ApiException

from planning.certificates import Leaf, common_name, issue, new_key, pem
from tests.cluster.system.scene import SELECT, SETTINGS, STORE, Scene
from tests.support.cluster_stack import APPS, EDGE, PROXIES, eventually

LAG = 5.0
"""Seconds that Envoy learns late of a pod's end, as in a large or a busy cluster."""
TOO_MANY = 429
"""The answer to an eviction that the disruption budget does not let happen now."""
AWAY = 30.0
"""Seconds without the controller."""
SHARE = 25.0
"""Seconds for which a share is measured: 3,000 answers, of which a half is known to within 3 points."""
POINTS = 3.0
"""Percentage points by which a share may differ."""
IN_CAPITALS = (STORE, SELECT, SELECT.replace(" name", " upper(name) as name"))


def nothing(scene: Scene) -> None:
    """Lets the load alone."""
    with scene.load():
        pass


def new_image(scene: Scene) -> None:
    """Rolls an image with other code."""
    with scene.edited(IN_CAPITALS), scene.load():
        began = scene.since()
        scene.up()
        scene.note(f"rolled in {scene.since() - began:.0f} s")
        scene.system.settled()


def new_setting(scene: Scene) -> None:
    """Rolls pods with another setting."""
    with (
        scene.edited((SETTINGS, "      minReplicas: 2\n", "      minReplicas: 2\n      logLevel: WARNING\n")),
        scene.load(),
    ):
        scene.up()
        scene.system.settled()


def _replace_late(scene: Scene, *, force: bool = False) -> None:
    """Deletes a pod of users, of which Envoy learns LAG seconds later."""
    victim = scene.system.ready_pods("users")[0]
    with scene.controller_frozen(LAG):
        scene.delete_pod(victim, force=force)
    scene.replaced(victim)


def late_endpoints(scene: Scene) -> None:
    with scene.load():
        _replace_late(scene)


def late_endpoints_unprotected(scene: Scene) -> None:
    with scene.without_retries(), scene.pods_without(lifecycle=None), scene.load():
        _replace_late(scene)


def deleted(scene: Scene) -> None:
    with scene.load():
        victim = scene.system.ready_pods("users")[0]
        scene.delete_pod(victim)
        scene.replaced(victim)


def deleted_by_force(scene: Scene) -> None:
    with scene.load():
        _replace_late(scene, force=True)


def deleted_by_force_without_retries(scene: Scene) -> None:
    with scene.without_retries(), scene.load():
        _replace_late(scene, force=True)


def evicted(scene: Scene) -> None:
    """Evicts every pod of users, one after the other, as the disruption budget lets it."""
    core = scene.system.api.core
    with scene.load():
        for name in scene.system.ready_pods("users"):

            def evict(name: str = name) -> bool:
                try:
                    core.create_namespaced_pod_eviction(name, APPS, V1Eviction(metadata=V1ObjectMeta(name=name)))
                except ApiException as error:
                    if error.status == TOO_MANY:
                        return False
                    raise
                return True

            eventually(evict, what=f"the budget lets {name} go")
        scene.system.settled()


def all_deleted(scene: Scene) -> None:
    """Deletes all pods of users at once, without grace."""
    with scene.without_retries(), scene.load():
        for name in scene.system.ready_pods("users"):
            scene.delete_pod(name, force=True)
        scene.system.settled()


def scaled_down(scene: Scene) -> None:
    """Has the autoscaler take two pods of four away."""
    fast = {
        "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}]}
    }
    more = {"spec": {"minReplicas": 4, "maxReplicas": 4, "behavior": fast}}
    with scene.system.patched("HorizontalPodAutoscaler", "users", more):
        eventually(lambda: len(scene.system.ready_pods("users")) == 4, what="four pods")
        with scene.load():
            scene.system.patch("HorizontalPodAutoscaler", "users", {"spec": {"minReplicas": 2}})
            eventually(lambda: len(scene.system.pods_of("users")) == 2, what="the autoscaler takes pods away")
            scene.system.settled()


def _canary(scene: Scene, previous: str, weight: float | None) -> None:
    """Applies the program with a share for the previous version; None ends the canary."""
    path = scene.system.root / SETTINGS
    content = yaml.safe_load(path.read_text())
    users = content["config"]["crosscloud:services"]["users"]
    users.pop("canary", None)
    if weight is not None:
        users["canary"] = {"previousImage": previous, "weight": weight}
    path.write_text(yaml.safe_dump(content))
    scene.up()


def serving(scene: Scene) -> str:
    """Returns the image of users that serves, by its digest."""
    images = json.loads((scene.system.machine.home / "outputs.json").read_text())["images"]
    return str(images["users"])


def canary(scene: Scene) -> None:
    """Moves calls to a new version: 0, 10, 50 and 100 percent, and back to none."""
    previous, windows = serving(scene), {}
    with scene.edited(IN_CAPITALS, also=(SETTINGS,)):
        with scene.load():
            for share, weight in ((0, 1.0), (10, 0.9), (50, 0.5), (100, None), (0, 1.0)):
                _canary(scene, previous, weight)
                if share in (10, 50):
                    time.sleep(2)
                    begin = scene.since()
                    time.sleep(SHARE)
                    windows[share] = (begin, scene.since())
            scene.system.settled()
        assert scene.result
        for share, (begin, end) in windows.items():
            labels = scene.result.between(begin, end).labels
            seen = 100 * labels["new"] / (labels["new"] + labels["old"])
            scene.note(f"{share} % were {seen:.1f} %")
            assert abs(seen - share) <= POINTS, f"{share} percent were {seen:.1f}"


def canary_without_probes(scene: Scene) -> None:
    """Rolls the previous version's pods while half of the calls go to them, and nobody waits until they serve."""
    previous = serving(scene)
    container = {"name": "app", "readinessProbe": None, "startupProbe": None}
    template = {"spec": {"template": {"spec": {"containers": [container]}}}}
    with scene.edited(IN_CAPITALS, also=(SETTINGS,)):
        _canary(scene, previous, 0.5)
        with (
            scene.without_retries(),
            scene.load(),
            scene.system.patched("Deployment", "users-canary", template, strategic=True),
        ):
            time.sleep(LAG)


def _certificates(scene: Scene, authorities: list[str], epoch: str) -> None:
    path = scene.system.root / SETTINGS
    setting = f'crosscloud:certificates: {{authorities: {json.dumps(authorities)}, epoch: "{epoch}", leafHours: 4800}}'
    text, count = re.subn("crosscloud:certificates: .*", setting, path.read_text())
    assert count == 1
    path.write_text(text)
    scene.up()
    scene.renew_identity()


def leaves_renewed(scene: Scene) -> None:
    with scene.edited(also=(SETTINGS,)), scene.load():
        _certificates(scene, ["1"], "2")
        scene.system.settled()


def authorities_rotated(scene: Scene) -> None:
    """Trusts a second authority, has it sign, and drops the first."""
    with scene.edited(also=(SETTINGS,)), scene.load():
        for authorities in (["1", "2"], ["2", "1"], ["2"]):
            _certificates(scene, authorities, "2")
            scene.system.settled()


def authority_swapped(scene: Scene) -> None:
    key = new_key()
    leaf = Leaf(subject=common_name("another"), names=(), hours=1, uses={"cert_signing"}, is_ca=True)
    other = pem(issue(leaf, key.public_key(), key))
    with (
        scene.load(),
        scene.system.patched("ConfigMap", "client-authorities", {"data": {"ca.crt": other}}, EDGE),
    ):
        time.sleep(LAG)


def _envoys(scene: Scene) -> list[str]:
    selector = {"label_selector": f"gateway.envoyproxy.io/owning-gateway-name={EDGE}"}
    found = scene.system.api.select("apps/v1", "Deployment", namespace=PROXIES, **selector)
    return [each["metadata"]["name"] for each in found]


def _replace_envoys(scene: Scene) -> None:
    """Restarts the Envoys as `kubectl rollout restart` does."""
    (name,) = _envoys(scene)
    annotations = {"proof/restarted": str(time.time())}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    scene.system.ready(scene.system.patch("Deployment", name, patch, PROXIES))


def envoy_replaced(scene: Scene) -> None:
    with scene.load():
        _replace_envoys(scene)


def envoy_replaced_without_drain(scene: Scene) -> None:
    """Kills all Envoys at once; others take their place."""
    selector = {"label_selector": f"gateway.envoyproxy.io/owning-gateway-name={EDGE}"}
    with scene.load():
        for pod in scene.system.api.select("v1", "Pod", namespace=PROXIES, **selector):
            scene.system.api.core.delete_namespaced_pod(pod["metadata"]["name"], PROXIES, grace_period_seconds=0)
        (name,) = _envoys(scene)
        scene.system.ready(scene.system.object("Deployment", name, PROXIES))


def controller_away(scene: Scene) -> None:
    name = "envoy-gateway"
    replicas = scene.system.object("Deployment", name, PROXIES)["spec"]["replicas"]
    with scene.load():
        try:
            scene.system.patch("Deployment", name, {"spec": {"replicas": 0}}, PROXIES)
            time.sleep(AWAY)
        finally:
            scene.system.ready(scene.system.patch("Deployment", name, {"spec": {"replicas": replicas}}, PROXIES))
