"""One console in a clone, its end, and what it imports."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.context import Context
from console.follow import follow
from console.place import hold, runs
from local.errors import LocalError


def test_one_console_runs_in_a_clone(context: Context) -> None:
    assert not runs(context.place.machine)
    with hold(context.place):
        assert runs(context.place.machine)
        with pytest.raises(LocalError, match="runs already: http://127"):
            hold(context.place)
    assert not runs(context.place.machine)


def test_following_ends_when_the_folder_is_gone(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.follow.ALONE", 0.01)
    monkeypatch.setattr("console.follow.WATCHED", 0.001)

    async def removed() -> None:
        with hold(context.place) as lock:
            following = asyncio.create_task(follow(context, lock))
            await asyncio.sleep(0.05)
            assert not following.done()
            (context.place.machine.run / "console.lock").unlink()
            await asyncio.wait_for(following, 10)

    asyncio.run(removed())


def test_it_imports_neither_the_sdk_nor_what_decrypts_the_state() -> None:
    """They would more than double its memory."""
    script = "import sys, console.__main__; print(*sorted(m for m in sys.modules if m in sys.argv[1:]))"
    names = ["botocore", "boto3", "pulumi", "google.protobuf", "cryptography", "fastapi", "pydantic", "rich"]
    root = Path(__file__).parents[3]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == []
