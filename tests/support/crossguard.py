"""The SDK of Pulumi's policy packs, for the pack's own tests.

It has to stay out of the environment of the program (policy/crossguard/requirements.in says why), so it is installed
beside it, from the pack's own lock, and only those tests have it on their path.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.program import ROOT

LOCK = ROOT / "policy" / "crossguard" / "requirements.txt"
SECONDS = 60


def sdk() -> Path:
    """The folder to put on PYTHONPATH. Installed once for each locked version; fails with a sentence when the package
    registry is away."""
    pinned = re.search(r"^pulumi-policy==.*(?:\\\n.*--hash=.*)+", LOCK.read_text(), re.MULTILINE)
    assert pinned, f"{LOCK.relative_to(ROOT)} has no hashed pulumi-policy: run `make lock`."
    digest = hashlib.sha256(pinned.group().encode()).hexdigest()[:12]
    folder = Path(sys.prefix, "crossguard", digest)
    if not folder.is_dir():
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            made = Path(place, "sdk")
            _install(pinned.group(), made, Path(place, "requirements.txt"))
            try:
                made.rename(folder)
            except OSError:  # another test session was first
                assert folder.is_dir()
    return folder


def _install(pinned: str, folder: Path, requirements: Path) -> None:
    requirements.write_text(f"{pinned}\n")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), "-r", str(requirements)]
    environment = {**os.environ, "PIP_DEFAULT_TIMEOUT": "10", "PIP_RETRIES": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment, check=False)
        problem = done.stderr.strip() if done.returncode else ""
    except subprocess.TimeoutExpired:
        problem = f"no answer within {SECONDS} s"
    if problem:
        raise AssertionError(
            "The tests of the policy pack need pulumi-policy, which is not part of requirements.txt, and could not get "
            f"it: is the package registry reachable? Once installed it is kept in {folder.parent.parent}.\n{problem}"
        )
