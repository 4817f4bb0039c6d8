"""The SDK of Pulumi's policy packs, for the tests of the pack.

It must not be in the environment of the program (policy/crossguard/requirements.in says why). So it is installed from
the lock of the pack into a folder of its own, and only those tests have it on their path.
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
    """Returns the folder for PYTHONPATH, and installs it once for each version of the lock. Fails with a sentence when
    the package registry does not answer."""
    pinned = re.search(r"^pulumi-policy==.*(?:\\\n.*--hash=.*)+", LOCK.read_text(), re.MULTILINE)
    assert pinned, f"{LOCK.relative_to(ROOT)} has no hashed pulumi-policy: run `make lock`."
    digest = hashlib.sha256(pinned.group().encode()).hexdigest()[:12]
    folder = Path(sys.prefix, "crossguard", digest)
    if not folder.is_dir():
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            sdk = Path(place, "sdk")
            _install(pinned.group(), sdk, Path(place, "requirements.txt"))
            try:
                sdk.rename(folder)
            except OSError:  # another test session has installed it meanwhile
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
