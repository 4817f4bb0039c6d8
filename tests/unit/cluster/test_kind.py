"""kind: one that does not end is a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cluster import kind
from local.errors import LocalError
from local.machine import Machine, Ports


def test_a_kind_that_does_not_end_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("kind", 1)

    monkeypatch.setattr(kind.shutil, "which", lambda _: "kind")
    monkeypatch.setattr(kind.subprocess, "run", late)
    ports = Ports(endpoint=1, ingress=2, issuer=3, emulator=4, postgres=5)
    with pytest.raises(LocalError, match="kind get clusters has not ended within 600 s"):
        kind.ensure(Machine(root=tmp_path, home=tmp_path, ports=ports))
