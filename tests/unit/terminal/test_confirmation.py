from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from local.errors import LocalError
from terminal.confirmation import confirm_purge


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "goes_on"), [("y\n", True), ("YES\n", True), ("\n", False), ("no\n", False), ("", False)]
)
def test_data_go_only_when_a_person_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, *, goes_on: bool
) -> None:
    (tmp_path / ".local").mkdir()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    if goes_on:
        confirm_purge(tmp_path)
    else:
        with pytest.raises(LocalError, match="Nothing is deleted"):
            confirm_purge(tmp_path)
    assert f"This deletes {tmp_path / '.local'}" in capsys.readouterr().err


def test_nobody_is_asked_without_a_terminal_or_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    confirm_purge(tmp_path)
    (tmp_path / ".local").mkdir()
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    confirm_purge(tmp_path)
