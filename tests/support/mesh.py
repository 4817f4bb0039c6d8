"""The program with a service mesh."""

from __future__ import annotations

import yaml

from tests.support.program import ROOT

REVISION = "asm-1-31"
ISTIO = ("istio.io/api@v1.31.4", "kubernetes/customresourcedefinitions.gen.yaml")
"""The Go module with the definitions of Istio's kinds, of the revision's Istio, and the file in it."""


def with_mesh(stack: str = "prod", revisions: tuple[str, ...] = (REVISION,)) -> dict[str, object]:
    """Returns the configuration of a stack in which the mesh is switched on."""
    cluster = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]["crosscloud:cluster"]
    return {"crosscloud:cluster": {**cluster, "serviceMesh": "istio", "meshRevisions": list(revisions)}}
