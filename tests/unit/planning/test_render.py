"""Manifests as files: complete, ordered, readable by their owner only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from planning.errors import PlanningError
from planning.plan import STAND_INS
from planning.render import render
from tests.support.program import ROOT


@pytest.fixture(scope="module", params=["local", "dev", "prod"])
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("rendered") / request.param
    return render(ROOT, request.param, folder, config=STAND_INS if request.param == "local" else None)


def test_every_file_is_one_object_with_all_its_values(rendered: list[Path]) -> None:
    for path in rendered:
        manifest = yaml.safe_load(path.read_text())
        assert {"apiVersion", "kind", "metadata"} <= set(manifest)
        assert "computed" not in path.read_text()
        assert "status" not in manifest


def test_what_others_name_comes_first(rendered: list[Path]) -> None:
    kinds = [yaml.safe_load(path.read_text())["kind"] for path in sorted(rendered)]
    assert kinds.index("Deployment") > max(i for i, kind in enumerate(kinds) if kind in ("Secret", "ConfigMap"))
    assert [kind for kind in kinds if kind == "Namespace"] == kinds[: kinds.count("Namespace")]


def test_every_namespace_that_is_used_is_declared_or_every_cluster_s(rendered: list[Path]) -> None:
    manifests = [yaml.safe_load(path.read_text()) for path in rendered]
    there = {"kube-system", *(m["metadata"]["name"] for m in manifests if m["kind"] == "Namespace")}
    assert {m["metadata"]["namespace"] for m in manifests if "namespace" in m["metadata"]} <= there


def test_images_are_named_by_digest(rendered: list[Path]) -> None:
    manifests = [yaml.safe_load(path.read_text()) for path in rendered]
    deployments = [m for m in manifests if m["kind"] == "Deployment"]
    assert deployments
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        assert all("@sha256:" in each["image"] for each in pod["containers"] + pod.get("initContainers", []))


def test_only_the_owner_reads_them(rendered: list[Path]) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in rendered} == {0o600}
    assert stat.S_IMODE(rendered[0].parent.stat().st_mode) == 0o700


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(PlanningError, match=r"not empty"):
        render(ROOT, "prod", tmp_path)
