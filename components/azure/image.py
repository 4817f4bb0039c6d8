"""A service's container image: built from the repository, pushed, and referred to by what is in it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, Output, ResourceOptions

from components.registry import Registry


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """`dockerfile` is relative to the program's folder, which is the build context; `<dockerfile>.dockerignore` lists
    what of it is used."""

    registry: Registry
    dockerfile: str


class Image(ComponentResource):
    """The tag never changes, so that only a changed content builds, pushes and rolls out. The push takes the
    credentials of `az acr login` (or a credential helper), so that none is in the state."""

    ref: Output[str]
    """`registry/name@sha256:...`"""

    def __init__(self, name: str, args: ImageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Image", name, {}, opts)
        server, base = args.registry.login_server, args.registry.python_image
        tagged = Output.concat(server, "/", name, ":", pulumi.get_stack())
        image = docker.Image(
            name,
            image_name=tagged,
            build=docker.DockerBuildArgs(
                context=".",
                dockerfile=args.dockerfile,
                # What the nodes run on; otherwise it would be the architecture of whoever builds.
                platform="linux/amd64",
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
                args={"BUILDKIT_INLINE_CACHE": "1", **({"PYTHON_IMAGE": base} if base else {})},
                cache_from=docker.CacheFromArgs(images=[tagged]),
            ),
            registry=docker.RegistryArgs(server=server),
            build_on_preview=False,
            opts=ResourceOptions(parent=self),
        )
        self.ref = image.repo_digest
        self.register_outputs({"ref": self.ref})
