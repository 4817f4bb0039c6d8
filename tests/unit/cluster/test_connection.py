"""The way to the API server: every wait has an end, and nothing of a cluster is kept where others can write it."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import connection
from cluster.api import Api
from cluster.connection import LostError
from cluster.target import Target
from local.errors import ProviderError
from tests.unit.cluster.api_server import ANSWERS, kubeconfig, serving

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "slow", "namespace": "apps"}}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with serving(tmp_path) as path:
        api = Api(Target(kubeconfig=str(path), context="kind-test"))
        yield api
        api.close()


def test_kinds_are_kept_in_no_file(api: Api, tmp_path: Path) -> None:
    assert api.knows("v1", "Pod")
    api.forget_kinds()
    assert [path.name for path in tmp_path.iterdir()] == ["kubeconfig"]


def test_an_answer_that_does_not_come_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ", 0.2)
    began = time.monotonic()
    with pytest.raises(ProviderError, match="Pod apps/slow: the API server can't be reached"):
        api.get(POD)
    with pytest.raises(ProviderError, match="The log of the pod slow: the API server can't be reached"):
        api.log("apps", "slow")
    assert time.monotonic() - began < 3


def test_a_stream_of_events_has_no_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        connection.client.ApiClient, "call_api", lambda *words: asked.append(words[-1]) or pytest.fail("is not sent")
    )
    for watch in (True, False):
        with pytest.raises(pytest.fail.Exception):
            api.core.list_namespaced_pod("apps", watch=watch)
    assert asked == [None, (connection.CONNECT, connection.READ)]


def test_kinds_that_can_not_be_read_are_a_sentence(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ", 0.2)
    monkeypatch.delitem(ANSWERS, "/apis")
    with pytest.raises(ProviderError, match="kinds: the API server can't be reached"):
        api.forget_kinds()
    monkeypatch.delitem(ANSWERS, "/api/v1")
    with pytest.raises(ProviderError, match="v2: the API server can't be reached"):
        api.knows("v2", "Pod")


def test_a_server_that_is_not_there_is_tried_twice(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = kubeconfig(tmp_path, f"http://127.0.0.1:{port}")
    with pytest.raises(ProviderError) as raised:
        Api(Target(kubeconfig=str(path), context="kind-test"))
    assert str(raised.value) == (
        f"There is no API server at http://127.0.0.1:{port} ([Errno 111] Connection refused), the address of the "
        f"context kind-test in the kubeconfig {path}. Check that the cluster runs, and that this is its address: one "
        "that was made anew may have another port."
    )
    assert connection.connect(Target(kubeconfig=str(path), context="kind-test")).configuration.retries.connect == 1


@pytest.mark.parametrize("answer", [{}, [], "<html>"])
def test_another_server_is_not_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setitem(ANSWERS, "/version", answer)
    with (
        serving(tmp_path) as path,
        pytest.raises(ProviderError, match=r"There is no API server at .* answers there is"),
    ):
        Api(Target(kubeconfig=str(path), context="kind-test"))


def test_a_kind_whose_definition_was_deleted_meanwhile_has_no_objects(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert api.knows("v1", "Pod")
    monkeypatch.setitem(ANSWERS, "/api/v1/namespaces/apps/pods", None)
    assert api.select("v1", "Pod", namespace="apps") == []


def test_another_cluster_under_the_same_context_is_not_taken_for_the_stack_s(tmp_path: Path) -> None:
    with serving(tmp_path) as path, pytest.raises(LostError, match="leads to another cluster"):
        Api(Target(kubeconfig=str(path), context="kind-test", identity="another"))


@pytest.mark.parametrize("content", [{"client-certificate-data": "abc"}, {"client-key-data": "abc"}])
def test_a_kubeconfig_that_can_not_be_used_is_a_sentence(tmp_path: Path, content: dict[str, str]) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1", **content)
    with pytest.raises(LostError, match=r"The context kind-test in the kubeconfig .* can't be used"):
        Api(Target(kubeconfig=str(path), context="kind-test"))


def test_a_context_that_has_gone_is_a_sentence(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1")
    with pytest.raises(LostError, match=r"The context kind-gone in the kubeconfig .* can't be used"):
        Api(Target(kubeconfig=str(path), context="kind-gone"))
