"""A Job on this machine: its pod runs to its end, in the process that applies the program, before the next step.

The cluster's controller would start it again whenever its node is lost. Here nothing outlives the `up` that waits for
it: one that was interrupted runs the Job again.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from local.desired import Object, read_all
from local.errors import ProviderError
from local.kubernetes.container import Identity, Template, launch, mount
from local.kubernetes.fields import check
from local.kubernetes.manifests import name_of, namespace_of, wellformed
from local.machine import Machine
from local.processes.process import log_tail, start

PAUSE = 1.0
"""Seconds until a pod takes the place of one that failed. A cluster waits ten times as long, and longer each time."""
LINES = 12
"""Last lines of the log that a failure shows."""
_GRACE = 5.0
"""Seconds from SIGTERM to SIGKILL for a pod whose time is over."""


def run(manifest: Object, machine: Machine) -> None:
    """Runs the Job's pod until it succeeds, as often and as long as the Job allows.

    Raises RefusedError and MissingError for a template that can't be run, ProviderError for a Job that failed.
    """
    check(manifest)
    spec = manifest["spec"]
    with wellformed():
        template = Template.read(spec["template"])
    tries, name = 1 + spec.get("backoffLimit", 6), name_of(manifest)
    end = time.monotonic() + spec.get("activeDeadlineSeconds", 600)
    pod = Identity(name=name, namespace=namespace_of(manifest), folder=machine.home / "jobs" / name)
    log = machine.logs / "pods" / f"{name}.log"
    try:
        for number in range(tries):
            if number:
                time.sleep(PAUSE)
            reason = asyncio.run(_attempt(template, pod, machine, log, end))
            if reason == "exited with 0":
                return
            if time.monotonic() >= end:
                break
    finally:
        shutil.rmtree(pod.folder, ignore_errors=True)
    again = f", {number + 1} times" if number else ""
    raise ProviderError(f"The Job {name} failed{again}: its pod {reason}. Its log, {log}, ends: {log_tail(log, LINES)}")


async def _attempt(template: Template, pod: Identity, machine: Machine, log: Path, end: float) -> str:
    """Runs the pod once and returns how it ended, in words."""
    objects = read_all(machine)
    with wellformed():
        mount(template.volumes, pod, objects)
        program = launch(template.container, pod, {}, machine=machine, objects=objects)
    process = start(program.argv, env=program.env, cwd=program.cwd, log=log, machine=machine)
    try:
        async with asyncio.timeout(max(0.0, end - time.monotonic())):
            return await process.wait()
    except TimeoutError:
        return "took longer than the Job's activeDeadlineSeconds"
    finally:
        await process.stop(grace=_GRACE)
