"""What a builder gets for a service's image, by Docker's own rules and without a container engine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from docker.utils.build import exclude_paths

from tests.support.service import ROOT

SERVICES = sorted(path.parent.name for path in (ROOT / "app/services").glob("*/Dockerfile"))


def dockerfile(service: str) -> str:
    """Relative to the repository."""
    return f"app/services/{service}/Dockerfile"


def files(service: str, root: Path = ROOT) -> list[str]:
    """The context's files, as the whitelist beside the Dockerfile lets them through."""
    lines = (root / f"{dockerfile(service)}.dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    found = exclude_paths(str(root), patterns, dockerfile=dockerfile(service))
    return sorted(path for path in found if (root / path).is_file())


def copied(service: str, target: Path, root: Path = ROOT) -> Path:
    """The context's files and the whitelist, and nothing else, in the folder."""
    for name in [*files(service, root), f"{dockerfile(service)}.dockerignore"]:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)
    return target


def instructions(service: str) -> list[tuple[str, str]]:
    """Of the Dockerfile: name and the rest, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / dockerfile(service)).read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(name.upper(), rest) for name, _, rest in (line.partition(" ") for line in lines)]
