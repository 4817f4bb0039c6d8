"""A container engine by its command line, which builds with BuildKit as the program does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

BUILD_TIMEOUT = 900
"""The seconds that a build may take: the base image and the packages come from the network."""
TIMEOUT = 90
"""The seconds that any other command may take."""


class EngineError(Exception):
    """A command of the engine failed; says which one, and the end of its output."""


class Engine:
    """A container engine on this machine. `command` is the name of its command line, such as `docker`."""

    def __init__(self, command: str = "docker") -> None:
        self._command = command

    def missing(self) -> str | None:
        """Returns the reason why nothing can be built or run here, None when it can."""
        if shutil.which(self._command) is None:
            return f"there is no {self._command} on the PATH"
        try:
            kind, system = self("info", "--format", "{{.OSType}},{{.OperatingSystem}}").strip().split(",", 1)
        except (EngineError, subprocess.TimeoutExpired) as error:
            return f"no container engine runs here: {error}"
        if kind != "linux" or system == "Docker Desktop" or not _is_local(os.environ.get("DOCKER_HOST", "")):
            return f"containers of the engine ({system}) are not on this machine's network"
        return None

    def __call__(self, *arguments: str, timeout: float = TIMEOUT) -> str:
        """Runs a command and returns what it prints. Raises EngineError, subprocess.TimeoutExpired."""
        done = subprocess.run(
            [self._command, *arguments],
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise EngineError(f"{' '.join(arguments[:2])} ended with {done.returncode}: {done.stderr[-2000:].strip()}")
        return done.stdout

    def build(self, tag: str, context: Path, arguments: Mapping[str, str]) -> None:
        """Builds an image as the program has it built: from a folder with its Dockerfile, with build arguments."""
        options = ["--platform", "linux/amd64", "--pull", "--tag", tag]
        for name, value in arguments.items():
            options += ["--build-arg", f"{name}={value}"]
        self("build", *options, str(context), timeout=BUILD_TIMEOUT)

    @contextmanager
    def container(self, name: str, options: Sequence[str], image: str, command: Sequence[str]) -> Iterator[None]:
        """Runs a container on this machine's network until the end of the block."""
        self("run", "--detach", "--name", name, "--network", "host", *options, image, *command)
        try:
            yield
        finally:
            self("rm", "--force", "--volumes", name)


def _is_local(host: str) -> bool:
    return not host or host.startswith("unix://")
