"""Deployments of this machine that roll as fast as is safe: all new pods at once, each asked whether it is ready."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from local import desired
from local.desired import Object
from local.kubernetes.manifests import key_of_manifest
from local.machine import Machine
from local.provider import Package
from local.providers import kubernetes
from local.up import Platform

DEPLOYMENT = "kubernetes:apps/v1:Deployment"


class _Deployment(kubernetes.Manifest):
    """A Deployment whose pods are replaced at once, and which is afterwards exactly what the program declares.

    The pods of the version before end when the new ones are ready. What is left out is the wait of `minReadySeconds`,
    for the second look of a person who waits.
    """

    def apply(self, manifest: Object) -> Object:
        hurried = copy.deepcopy(manifest)
        hurried["spec"] |= {"minReadySeconds": 0}
        hurried["spec"].setdefault("strategy", {}).setdefault("rollingUpdate", {})["maxSurge"] = "100%"
        outputs = super().apply(hurried)
        desired.put(self._machine, key_of_manifest(manifest), manifest)
        return {**manifest, **({"status": outputs["status"]} if "status" in outputs else {})}


class Hurried(Platform):
    """The platform of this machine, for a person who waits."""

    def __init__(self, machine: Machine, place: Platform) -> None:
        super().__init__(machine)
        self._deployment, self._place = _Deployment(machine), place

    def config(self) -> Mapping[str, object]:
        return self._place.config()

    def packages(self) -> list[Package]:
        packages = self._place.packages()
        return [
            Package(handlers={**each.handlers, DEPLOYMENT: self._deployment}, functions=each.functions)
            if DEPLOYMENT in each.handlers
            else each
            for each in packages
        ]
