"""The build context of a service's image, as the program writes it, and the Dockerfile that all services share."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from unittest import mock

from components.azure.build_context import build_context
from local.machine import Machine
from local.providers.docker import Image
from tests.support.service import ROOT

SERVICES = sorted(path.parent.name for path in (ROOT / "app/services").glob("*/__main__.py"))
DOCKERFILE = "app/services/Dockerfile"
LOCK = "app/services/requirements.txt"


def context(service: str, root: Path = ROOT) -> Path:
    """Returns the folder of the service's build context, after the program has brought it up to date."""
    return root / build_context(service, root)


def files(service: str, root: Path = ROOT) -> list[str]:
    """Returns the paths of the context's files, relative to the context."""
    folder = context(service, root)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def digest(service: str, root: Path) -> str:
    """Returns the hash that names the image on the local stack, by which a change is found."""
    folder = build_context(service, root)
    machine = Machine(root=root, home=root / ".local", ports=mock.sentinel.ports)
    inputs = {"build": {"context": folder, "dockerfile": f"{folder}/Dockerfile"}}
    return str(Image(machine).fingerprint(inputs)["contextDigest"])


def clone(target: Path) -> Path:
    """Copies the working tree into `target`: what git knows of it or does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def instructions() -> list[tuple[str, str]]:
    """Returns the Dockerfile's instructions, each with its arguments; continued lines are joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / DOCKERFILE).read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(name.upper(), rest) for name, _, rest in (line.partition(" ") for line in lines)]
