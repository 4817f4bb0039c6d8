"""The local stack of a user without any rights."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack import Stack


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test runs as a plain user already")
def test_it_works_as_a_plain_user() -> None:
    """The user is `nobody`, with a clone of its own and this interpreter."""
    user = pwd.getpwnam("nobody")
    become: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", "import pulumi"], **become, cwd="/", check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"{sys.executable} or its packages lie where only root may read")
    with tempfile.TemporaryDirectory(prefix="plain-user-") as folder:
        stack = Stack.clone(Path(folder) / "clone")
        for path in [Path(folder), *Path(folder).rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "local", "up"],
                **become,
                cwd=stack.root,
                env={"PATH": os.environ["PATH"], "HOME": folder},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "Mark Wells" in done.stdout
            owners = {path.stat().st_uid for path in (stack.root / ".local").rglob("*")}
            assert owners == {user.pw_uid}
        finally:
            stack.run("down", "--purge")
