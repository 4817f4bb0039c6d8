"""The generated client: whole, typed, the same each time, and able to read every error."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.support.contract import document, operations
from tools.client import ClientError, generate


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    generate(folder / "first")
    return folder / "first"


@pytest.fixture
def client(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package itself."""
    monkeypatch.syspath_prepend(str(project))
    import crosscloud_client

    yield crosscloud_client
    for name in [name for name in sys.modules if name.partition(".")[0] == "crosscloud_client"]:
        monkeypatch.delitem(sys.modules, name)


def files(project: Path) -> dict[str, bytes]:
    return {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}


def test_the_same_contract_makes_the_same_client(project: Path, tmp_path: Path) -> None:
    generate(tmp_path / "second")
    generate(tmp_path / "second")
    assert files(tmp_path / "second") == files(project)


def test_every_operation_is_there(project: Path) -> None:
    found = operations(document())
    modules = {(found[name]["tags"][0], re.sub(r"(?=[A-Z])", "_", name).lower()) for name in found}
    api = project / "crosscloud_client" / "api"
    assert {(p.parent.name, p.stem) for p in api.glob("*/*.py") if p.stem != "__init__"} == modules


def test_the_client_is_typed(project: Path, tmp_path: Path) -> None:
    assert (project / "crosscloud_client" / "py.typed").exists()
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path)]
    done = subprocess.run([*command, "crosscloud_client"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


PROBLEM = {"type": "tag:x", "title": "t", "status": 404, "detail": "d", "request_id": "r"}


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (200, {"id": "123", "name": "Mark Wells", "role": "Engineer"}, "User"),
        (404, PROBLEM, "Problem"),
        (404, {"message": "Not Found"}, "GatewayError"),
        (401, {"message": "Unauthorized"}, "GatewayError"),
        (403, PROBLEM | {"status": 403}, "Problem"),
        (503, {"message": "Service Unavailable"}, "GatewayError"),
        (503, PROBLEM | {"status": 503}, "Problem"),
    ],
)
def test_errors_of_both_forms_are_read(client: Any, status: int, content: dict[str, Any], kind: str) -> None:
    """Errors come from the orchestrator as problem documents and from the gateway in its own form."""
    from crosscloud_client.api.users import get_user

    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=content)

    transport = {"transport": httpx.MockTransport(answer)}
    with client.AuthenticatedClient(base_url="https://api.test", token="t", httpx_args=transport) as caller:
        found = get_user.sync_detailed("a b", client=caller)
    assert (found.status_code, type(found.parsed).__name__) == (status, kind)
    assert found.parsed.to_dict() == content
    assert str(seen[0].url) == "https://api.test/users/a%20b"
    assert seen[0].headers["authorization"] == "Bearer t"


def test_what_the_generator_leaves_out_is_an_error(tmp_path: Path) -> None:
    broken = document()
    broken["components"]["schemas"]["User"]["properties"]["role"] = {"type": "nonsense"}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(broken))
    with pytest.raises(ClientError, match="nonsense"):
        generate(tmp_path / "client", tmp_path / "openapi.yaml")
    assert not (tmp_path / "client").exists()
