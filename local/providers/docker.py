"""pulumi-docker on this machine: an image is its build context, named by the content's hash.

No layer is built and nothing is pushed. A container runs from the same sources in `.local/images/<hash>`, with this
machine's interpreter and packages in the place of those that the Dockerfile installs.
"""

from __future__ import annotations

import compileall
import hashlib
import shutil
from pathlib import Path

from local.desired import read_all
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Made, Package, Properties, Updatable

IMAGE = "docker:index/image:Image"
"""The type of images."""
KEPT = 10
"""Images that no Deployment names and that are kept nevertheless, as a registry does for whoever wants one back."""
IGNORE_FILE = ".dockerignore"


class Image(Updatable):
    """An image: a folder with the files of its build context."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def fingerprint(self, inputs: Properties) -> Properties:
        """Returns the hash of the build context, by which the real provider finds that an image has to be built."""
        context = self._context(inputs)
        return {"contextDigest": context_digest(context, _files(context))}

    def create(self, name: str, inputs: Properties) -> Made:
        return Made(id=inputs["imageName"], outputs=self._build(inputs))

    def update(self, id_: str, old: Properties, new: Properties, outputs: Properties) -> Properties:
        return self._build(new)

    def delete(self, id_: str, outputs: Properties) -> None:
        """Leaves the folders: other digests of this image may still run. `_forget` removes unused ones."""

    def exists(self, id_: str, outputs: Properties) -> bool:
        return (self._machine.images / str(outputs["contextDigest"])).is_dir()

    def _context(self, inputs: Properties) -> Path:
        """Returns the folder of the build context.

        Raises ProviderError when its Dockerfile is not at its top, which is the one place where this provider looks,
        or when there is an ignore file: what the context holds would then not be what a builder gets.
        """
        build = inputs["build"]
        context, dockerfile = (self._machine.root / str(build[key]) for key in ("context", "dockerfile"))
        if not dockerfile.is_file():
            raise ProviderError(f"The image's Dockerfile {dockerfile} does not exist.")
        if dockerfile.parent != context:
            raise ProviderError(
                f"The image's Dockerfile {dockerfile} must be at the top of its build context {context}."
            )
        for ignore in (context / IGNORE_FILE, dockerfile.with_name(f"{dockerfile.name}{IGNORE_FILE}")):
            if ignore.exists():
                raise ProviderError(
                    f"{ignore} is not read on this machine: a build context must hold no ignored files."
                )
        return context

    def _build(self, inputs: Properties) -> Properties:
        context = self._context(inputs)
        files = _files(context)
        digest = context_digest(context, files)
        target = self._machine.images / digest
        is_new = not target.exists()
        if is_new:
            _copy(context, target)
        target.touch()  # a copy has the time of its original, and would be forgotten as if it were as old
        if is_new:
            self._forget()
        repository = inputs["imageName"].rpartition(":")[0]
        return {
            "baseImageName": inputs["imageName"],
            "repoDigest": f"{repository}@sha256:{digest}",
            "contextDigest": digest,
        }

    def _forget(self) -> None:
        """Removes the images that no pod template names, except for the KEPT newest."""
        templates = (value.get("spec", {}).get("template", {}) for value in read_all(self._machine).values())
        pods = [template["spec"] for template in templates if "spec" in template]
        used = {each["image"].rpartition("@sha256:")[2] for pod in pods for each in pod["containers"]}
        built = [path for path in self._machine.images.iterdir() if path.name not in used and not path.suffix]
        for path in sorted(built, key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(path, ignore_errors=True)


def _files(context: Path) -> list[str]:
    """Returns the paths of all files in the context, relative to it and in order."""
    return sorted(path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file())


def context_digest(context: Path, files: list[str]) -> str:
    """Returns the SHA-256 over names, executable bits and contents: the same for the same sources on every machine."""
    digest = hashlib.sha256()
    for name in files:
        path = context / name
        content = path.read_bytes()
        digest.update(f"{name}\0{path.stat().st_mode & 0o100:o}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _copy(context: Path, target: Path) -> None:
    """Copies the files and compiles the Python ones, as an image does.

    They go into a temporary folder first, so that a digest names a whole folder or none.
    """
    temporary = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    shutil.copytree(context, temporary)
    compileall.compile_dir(temporary, quiet=2)
    temporary.rename(target)


def package(machine: Machine) -> Package:
    """Returns the resource types of pulumi-docker that exist on this machine."""
    return Package(handlers={IMAGE: Image(machine)})
