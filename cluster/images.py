"""pulumi-docker for a cluster: images are built by a container engine, and put where the nodes find them.

How they get there follows from the context's name (kind, k3d, minikube) or is said by IMAGES:

* `registry:HOST[/PATH]`: they are pushed there, and named by their digest;
* a command with `{image}`, such as `ctr-import {image}`, which takes the image that was built under that name;
* a command with `{image}`, `{context}` and `{arguments}`, which builds it itself, from the folder `{context}`, with
  the options `{arguments}` of `docker build`. The last line that it prints is the name by which pods find the image.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter

from cluster.target import Target
from local.errors import ProviderError
from local.machine import Machine
from local.provider import Package, Properties
from local.providers.docker import IMAGE, Image, context_digest

ENGINES = ("docker", "podman", "nerdctl")
"""Container engines, the preferred one first; all take the same words."""
REGISTRY = "registry:"
_ARGUMENTS = "{arguments}"
_LOADERS = {
    "kind-": "kind load docker-image {image} --name {cluster}",
    "k3d-": "k3d image import {image} --cluster {cluster}",
    "minikube": "minikube image load {image}",
}
_PLACES = ("image", "context", "cluster")
"""Names in braces that a given command may have inside its words; {arguments} is a word by itself."""
_ANSWER = 60.0
"""Seconds in which the container engine must say its version."""
_TIMEOUT = 1800.0
"""Seconds that building or loading an image may take: with an empty cache it downloads all that the image holds."""


def check(target: Target) -> None:
    """Raises ProviderError when images can't get to the cluster: before anything is made there."""
    loader = _loader(target)
    if loader.startswith(REGISTRY) or "{context}" not in loader:
        engine = _engine()
        try:
            _run([engine, "version"], timeout=_ANSWER)
        except ProviderError as error:
            raise ProviderError(f"Building images needs {engine}, which does not answer: start it. {error}") from None


class ClusterImage(Image):
    """An image on the nodes, tagged by the hash of what it is built from: another content is another name."""

    def __init__(self, machine: Machine, target: Target) -> None:
        super().__init__(machine)
        self._target = target

    def fingerprint(self, inputs: Properties) -> Properties:
        """Returns, besides the content, how the image gets to the nodes: another way has to be gone once more."""
        return {**super().fingerprint(inputs), "loader": self._target.images}

    def exists(self, id_: str, outputs: Properties) -> bool:
        """Takes it that nodes keep images that pods use."""
        return True

    def _build(self, inputs: Properties) -> Properties:
        context = self._context(inputs)
        files = sorted(path.relative_to(context).as_posix() for path in context.rglob("*") if path.is_file())
        digest = context_digest(context, files)
        arguments = inputs["build"].get("args") or {}
        repository = inputs["imageName"].rpartition(":")[0].rpartition("/")[2]
        tag = hashlib.sha256(json.dumps([digest, arguments], sort_keys=True).encode()).hexdigest()[:16]
        name = put(self._target, repository, tag, context=context, arguments=arguments)
        return {"baseImageName": inputs["imageName"], "repoDigest": name, "contextDigest": digest}


def put(target: Target, name: str, tag: str, *, context: Path, arguments: Mapping[str, str]) -> str:
    """Builds an image from a folder, puts it where the nodes find it, and returns the name that pods use.

    Raises ProviderError with the end of what the builder said.
    """
    loader = _loader(target)
    options = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    if loader.startswith(REGISTRY):
        image = f"{loader.removeprefix(REGISTRY)}/{name}:{tag}"
        engine = _build(image, context, options)
        _run([engine, "push", image])
        digests = json.loads(_run([engine, "image", "inspect", image]))[0]["RepoDigests"]
        return next((each for each in digests if each.startswith(image.rpartition(":")[0] + "@")), image)
    image = f"crosscloud.local/{name}:{tag}"
    builds_itself = "{context}" in loader
    if not builds_itself:
        _build(image, context, options)
    values = {"image": image, "context": str(context), "cluster": target.context.partition("-")[2]}
    parts = ([*options] if part == _ARGUMENTS else [part.format(**values)] for part in shlex.split(loader))
    printed = _run([word for part in parts for word in part]).split()
    return printed[-1] if builds_itself and printed else image


def _loader(target: Target) -> str:
    """Returns how images get to the nodes: a registry, or a command. Raises ProviderError."""
    known = (command for prefix, command in _LOADERS.items() if target.context.startswith(prefix))
    loader = target.images or next(known, "")
    if not loader:
        raise ProviderError(
            f"How images get to the nodes of {target.context!r} is not known. Say IMAGES=registry:HOST[/PATH] for a "
            "registry that the nodes pull from, or IMAGES='a command with {image}' that loads one."
        )
    if not loader.startswith(REGISTRY):
        program = _words(loader)[0]
        if shutil.which(program) is None:
            raise ProviderError(f"Loading images needs {program!r}, which is not on PATH.")
    if "{context}" not in loader:
        _engine()
    return loader


def _words(loader: str) -> list[str]:
    """Returns the words of a command that loads an image. Raises ProviderError when it can't be one."""
    try:
        words = shlex.split(loader)
        places = [place for word in words if word != _ARGUMENTS for place in Formatter().parse(word)]
    except ValueError as error:
        raise ProviderError(f"IMAGES must be a command as a shell takes it; {loader!r} is none: {error}.") from None
    known = all(name in _PLACES and not form and not change for _, name, form, change in places if name is not None)
    if not known or "image" not in {name for _, name, _, _ in places}:
        raise ProviderError(
            f"IMAGES must be registry:HOST[/PATH] or a command with {{image}}; it is {loader!r}. In it {{context}} and "
            "{cluster} may stand, and {arguments} as a word of its own; other braces are doubled."
        )
    return words


def _engine() -> str:
    """Returns the container engine of this machine. Raises ProviderError."""
    chosen = os.environ.get("CONTAINER_ENGINE")
    engine = next((name for name in ([chosen] if chosen else ENGINES) if shutil.which(name)), None)
    if engine is None:
        raise ProviderError(
            f"Building images needs a container engine: one of {', '.join(ENGINES)} on PATH, or the one that "
            "the variable CONTAINER_ENGINE names."
        )
    return engine


def _build(image: str, context: Path, options: Sequence[str]) -> str:
    """Builds an image and returns the engine that has it."""
    engine = _engine()
    _run([engine, "build", "--tag", image, *options, str(context)])
    return engine


def _run(words: Sequence[str], *, timeout: float = _TIMEOUT) -> str:
    """Runs a command and returns what it prints. Raises ProviderError."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise ProviderError(f"`{shlex.join(words)}` has not ended within {timeout:.0f} s.") from None
    except OSError as error:
        raise ProviderError(f"`{shlex.join(words)}` can't be run: {error}.") from None
    if done.returncode:
        end = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-15:])
        raise ProviderError(f"`{shlex.join(words)}` failed with {done.returncode}:\n{end}")
    return done.stdout


def package(machine: Machine, target: Target) -> Package:
    """Returns the package of a cluster."""
    return Package(handlers={IMAGE: ClusterImage(machine, target)})
