from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from app.contract import generate as operations
from app.contract.document import ContractError
from app.contract.events import generate as events
from local.errors import LocalError
from terminal.generated import bring_up_to_date


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Returns a file that is current and one that is not."""
    current, stale = tmp_path / "app" / "current.py", tmp_path / "app" / "stale.py"
    current.parent.mkdir()
    for file in (current, stale):
        file.write_text("before")
    monkeypatch.setattr(operations, "APP", tmp_path / "app")
    monkeypatch.setattr(operations, "generate", lambda: {current: "before"})
    monkeypatch.setattr(events, "TARGET", stale)
    monkeypatch.setattr(events, "generate", lambda: "after")
    return current, stale


@pytest.mark.parametrize("write", [True, False])
def test_what_the_contract_has_changed_is_made_anew_and_named(files: tuple[Path, Path], *, write: bool) -> None:
    console = Console(file=io.StringIO(), width=200)
    bring_up_to_date(console, write=write)
    assert [file.read_text() for file in files] == ["before", "after" if write else "before"]
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.startswith(f"~ app/stale.py {'is' if write else 'would be'} made anew")
    assert "current.py" not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ContractError("openapi.yaml", ["the reference leads nowhere"]), "the reference leads nowhere"),
        (json.JSONDecodeError("Extra data", "{", 0), r"A schema in .*events is no JSON: Extra data"),
    ],
)
def test_a_contract_that_can_not_be_used_is_a_sentence(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def generate() -> str:
        raise error

    monkeypatch.setattr(events, "generate", generate)
    with pytest.raises(LocalError, match=said):
        bring_up_to_date(Console())
    assert files[1].read_text() == "before"
