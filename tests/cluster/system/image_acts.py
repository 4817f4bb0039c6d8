"""The acts of the cases in which an image can't work, or takes long: by the program, whose `up` says why it fails."""

from __future__ import annotations

import re
from contextlib import ExitStack

from tests.cluster.system.acts import serving
from tests.cluster.system.scene import API, SETTINGS, Scene

LAST_LINE = 'router = Router(tags=["users"])'
"""A line of the users service that every start runs."""


def _fails(scene: Scene, reason: str, *changes: tuple[str, str, str]) -> None:
    """Rolls something that can't work: `up` says why, and one more `up` with what was before mends it."""
    with ExitStack() as restored:
        restored.enter_context(scene.edited(*changes))
        with scene.load():
            began = scene.since()
            scene.failing_up(reason)
            scene.note(f"refused after {scene.since() - began:.0f} s")
            restored.close()


def _added(code: str) -> tuple[str, str, str]:
    return API, LAST_LINE, f"{LAST_LINE}\n{code}\n"


def crashing_image(scene: Scene) -> None:
    _fails(scene, "RuntimeError: broken", _added('raise RuntimeError("broken")'))


def unready_image(scene: Scene) -> None:
    code = (
        "from app.services.kit.health import Lifecycle\n\n\n"
        "async def _check(self):\n    return 'it never is'\n\n\nLifecycle.check = _check\n"
    )
    _fails(scene, "Deployment apps/users failed", _added(code))


def greedy_image(scene: Scene) -> None:
    _fails(scene, "OOMKilled", _added('_hoard = b"x" * 600_000_000'))


def missing_image(scene: Scene) -> None:
    """Rolls an image by a digest that no node has and no registry."""
    repository = re.split("[:@]", serving(scene))[0]
    wrong = f"{repository}@sha256:{'0' * 64}"
    before = "    users:\n      minReplicas: 2\n"
    canary_of_it = f"{before}      canary: {{previousImage: '{wrong}', weight: 1}}\n"
    _fails(scene, "ImagePull", (SETTINGS, before, canary_of_it))


SLOW = "import time\n\ntime.sleep(10)"
"""A start that takes so long that requests would find nobody."""
SLOW_COMMAND = ["sh", "-c", "sleep 10; exec python -m app.services.users"]
"""The same without another image."""


def slow_image(scene: Scene) -> None:
    """Rolls an image whose start takes 10 s."""
    with scene.edited(_added(SLOW)), scene.load():
        scene.up()
        scene.system.settled()


def slow_image_without_probes(scene: Scene) -> None:
    nobody_asks = {"startupProbe": None, "readinessProbe": None, "livenessProbe": None}
    with scene.without_retries(), scene.pods_without(**nobody_asks), scene.load():
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "app", "command": SLOW_COMMAND}]}}}}
        with scene.system.patched("Deployment", "users", patch, strategic=True):
            scene.system.settled()
