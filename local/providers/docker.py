"""pulumi-docker on this machine: an image is its build context, named by the content's hash.

No layer is built and nothing is pushed. A container runs from the same sources in `.local/images/<hash>`, with this
machine's interpreter and packages in the place of those that the Dockerfile installs.
"""

from __future__ import annotations

import hashlib
import py_compile
import shutil
from pathlib import Path

from docker.utils.build import exclude_paths

from local.desired import read_all
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Made, Package, Properties, Updatable
from local.supervisor.manifests import of_kind

KEPT = 10
"""Images that no Deployment names, as a registry keeps some for who wants one back."""


class Image(Updatable):
    """docker:index/image:Image"""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def fingerprint(self, inputs: Properties) -> Properties:
        build = inputs["build"]
        context = self._machine.root / build.get("context", ".")
        return {"contextDigest": context_digest(context, _files(context, build))}

    def create(self, name: str, inputs: Properties) -> Made:
        return Made(id=inputs["imageName"], outputs=self._build(inputs))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._build(new)

    def delete(self, id_: str, outputs: Properties) -> None:
        """Images of other digests may still run: what nobody names goes when new ones are built."""

    def exists(self, id_: str, outputs: Properties) -> bool:
        folder = self._machine.images / str(outputs["contextDigest"])
        return folder.is_dir()

    def _build(self, inputs: Properties) -> Properties:
        build = inputs["build"]
        context = self._machine.root / build.get("context", ".")
        files = _files(context, build)
        digest = context_digest(context, files)
        target = self._machine.images / digest
        if target.exists():
            target.touch()
        else:
            _copy(context, files, target)
            self._forget()
        repository = inputs["imageName"].rpartition(":")[0]
        return {
            "baseImageName": inputs["imageName"],
            "repoDigest": f"{repository}@sha256:{digest}",
            "contextDigest": digest,
        }

    def _forget(self) -> None:
        used = set()
        for _, deployment in of_kind(read_all(self._machine), "Deployment"):
            pod = deployment["spec"]["template"]["spec"]
            used |= {_digest(each["image"]) for each in (*pod.get("initContainers", ()), *pod["containers"])}
        built = [path for path in self._machine.images.iterdir() if path.name not in used and not path.suffix]
        for path in sorted(built, key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)


def _digest(image: str) -> str:
    return image.rpartition("@sha256:")[2]


def _files(context: Path, build: Properties) -> list[str]:
    """Relative paths of the context's files: what `<Dockerfile>.dockerignore`, else `.dockerignore`, lets through."""
    dockerfile = Path(build.get("dockerfile", context / "Dockerfile"))
    dockerfile = dockerfile if dockerfile.is_absolute() else context / dockerfile
    if not dockerfile.is_file():
        raise ProviderError(f"The image's Dockerfile {dockerfile} does not exist.")
    ignore = next(
        (
            p
            for p in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore")
            if p.is_file()
        ),
        None,
    )
    lines = ignore.read_text().splitlines() if ignore else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    found = exclude_paths(str(context), patterns, dockerfile=str(dockerfile.relative_to(context)))
    return sorted(path for path in found if (context / path).is_file())


def context_digest(context: Path, files: list[str]) -> str:
    """SHA-256 over names, executable bits and contents: the same for the same sources on every machine."""
    digest = hashlib.sha256()
    for name in files:
        path = context / name
        content = path.read_bytes()
        digest.update(f"{name}\0{path.stat().st_mode & 0o100:o}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _copy(context: Path, files: list[str], target: Path) -> None:
    """Into a temporary folder first, so that a digest names a whole folder or none. Compiles Python, as images do."""
    temporary = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    for name in files:
        copy = temporary / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(context / name, copy)
        if copy.suffix == ".py":
            py_compile.compile(str(copy), doraise=False, quiet=2)
    temporary.rename(target)


def package(machine: Machine) -> Package:
    return Package(handlers={"docker:index/image:Image": Image(machine)})
