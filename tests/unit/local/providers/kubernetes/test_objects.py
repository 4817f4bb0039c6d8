"""The kubernetes provider against a cluster in memory: the life of an object, of a Job and of a Secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.errors import ProviderError
from local.provider import Properties
from local.providers.kubernetes import Manifest
from planning.wire import is_secret, secret
from tests.unit.local.providers.kubernetes.runs import DEPLOYMENT, Memory, Program, changed

TYPE = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"


def migration(digest: str, **labels: str) -> Properties:
    container = {"name": "migrate", "image": f"registry.example/web@sha256:{digest}"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"web-migrations-{digest}", "namespace": "shop", "labels": labels},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def test_a_job_runs_once_for_each_image(program: Program, memory: Memory) -> None:
    assert program.run(JOB, migration("1")) == ["create"]
    assert program.run(JOB, migration("1")) == ["same"]
    assert program.run(JOB, migration("1", team="shop")) == ["update"]
    assert program.run(JOB, migration("2")) == ["replace"]
    assert [call for call in memory.calls if call.startswith("complete")] == [
        "complete Job shop/web-migrations-1",
        "complete Job shop/web-migrations-2",
    ]
    assert list(memory.objects) == ["Job shop/web-migrations-2"]


def test_a_job_that_failed_runs_again_at_the_next_up(program: Program, memory: Memory) -> None:
    memory.failure = "The Job failed: column does not exist"
    with pytest.raises(ProviderError, match="column does not exist"):
        program.run(JOB, migration("1"))
    assert memory.objects == {}
    memory.failure = ""
    assert program.run(JOB, migration("1")) == ["create"]
    assert memory.calls[-2:] == ["complete Job shop/web-migrations-1", "apply Job shop/web-migrations-1"]


def test_a_job_that_failed_goes_when_the_program_no_longer_declares_it(program: Program, memory: Memory) -> None:
    memory.failure = "The Job failed: column does not exist"
    with pytest.raises(ProviderError, match="column does not exist"):
        program.run(JOB, migration("1"))
    assert program.run(JOB, None) == ["delete"]
    memory.failure = ""
    assert program.run(JOB, migration("1")) == ["create"]


def test_an_object_lives_as_long_as_the_program_declares_it(program: Program, memory: Memory) -> None:
    assert program.run(TYPE, DEPLOYMENT) == ["create"]
    assert memory.objects["Deployment shop/web"] == DEPLOYMENT
    assert program.run(TYPE, DEPLOYMENT) == ["same"]
    more = changed(DEPLOYMENT, "spec.replicas", 3)
    assert program.run(TYPE, more) == ["update"]
    assert memory.objects["Deployment shop/web"] == more
    assert program.run(TYPE, None) == ["delete"]
    assert memory.objects == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "other"),
        ("metadata.namespace", "other"),
        ("spec.selector", {"matchLabels": {"app": "other"}}),
    ],
)
def test_what_can_not_change_in_place_is_replaced(program: Program, memory: Memory, path: str, value: Any) -> None:
    program.run(TYPE, DEPLOYMENT)
    assert program.run(TYPE, changed(DEPLOYMENT, path, value)) == ["replace"]
    assert memory.calls[1] == "delete Deployment shop/web"
    assert len(memory.objects) == 1


def test_a_vanished_object_is_made_again(program: Program, memory: Memory) -> None:
    program.run(TYPE, DEPLOYMENT)
    memory.clear()
    assert program.run(TYPE, DEPLOYMENT) == ["create"]


def test_an_object_of_a_state_that_kept_its_identity_comes_up_by_one_update(
    program: Program, memory: Memory, tmp_path: Path
) -> None:
    """Until 2026-11-29 the inputs of an object had its identity among them."""
    program.run(TYPE, {**DEPLOYMENT, "identity": ["shop", "web", {"matchLabels": {"app": "web"}}]})
    assert program.run(TYPE, DEPLOYMENT) == ["update"]
    assert memory.objects["Deployment shop/web"] == DEPLOYMENT
    assert program.run(TYPE, DEPLOYMENT) == ["same"]


SECRET: Properties = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s", "namespace": "shop"},
    "stringData": {"password": "hunter2"},
    "data": {"key": "aHVudGVyMg=="},
}


def test_a_secrets_content_is_not_in_the_state(program: Program, tmp_path: Path) -> None:
    marked = {key: secret(value) if key in ("stringData", "data") else value for key, value in SECRET.items()}
    program.run("kubernetes:core/v1:Secret", marked)
    text = (tmp_path / "state.json").read_text()
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text


def test_a_secrets_content_stays_secret_in_the_program(program: Program) -> None:
    outputs = program.outputs("kubernetes:core/v1:Secret", SECRET)
    assert is_secret(outputs["stringData"])
    assert is_secret(outputs["data"])


def test_ids_and_outputs_are_those_of_the_object(memory: Memory) -> None:
    made = Manifest(memory.machine).create("web", DEPLOYMENT)
    assert made.id == "shop/web"
    assert made.outputs == {**DEPLOYMENT, "status": {"readyReplicas": 1}}
    wide = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    assert Manifest(memory.machine).create("x", wide).id == "shop"
    assert "namespace" not in memory.objects["Namespace -/shop"]["metadata"]


def test_without_a_name_it_has_one_that_stays(memory: Memory) -> None:
    handler = Manifest(memory.machine)
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
    made = handler.create("web", inputs)
    name = made.outputs["metadata"]["name"]
    assert name.startswith("web-")
    assert made.outputs["metadata"]["namespace"] == "default"
    assert handler.create("web", inputs).id == made.id, "the same again after a crash"
    outputs = handler.update(made.id, inputs, {**inputs, "data": {"a": "2"}}, made.outputs)
    assert outputs["metadata"]["name"] == name
    assert handler.exists(made.id, made.outputs)
    handler.delete(made.id, made.outputs)
    assert memory.objects == {}
