"""A service's container image: built from a folder that holds its sources alone, pushed, and named by its digest."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker
from pulumi import ComponentResource, Output, ResourceOptions

from components.azure.build_context import build_context


@dataclass(frozen=True, kw_only=True)
class ImageStore:
    """The registry that images are pushed to, and the image that they start from."""

    registry: Output[str]
    """The registry's host name, with which the images' names begin."""
    python_image: str | None
    """The image to start from, by digest. Default: the one that the Dockerfile names."""


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """The arguments of an `Image`."""

    store: ImageStore
    """The registry that the image is pushed to, and the image that it starts from."""
    service: str
    """The name of the service's folder in `app/services`. It is the Dockerfile's build argument SERVICE."""


class Image(ComponentResource):
    """A container image whose tag never changes, so that only changed content builds, pushes and rolls out.

    The push takes the credentials of `az acr login` (or a credential helper), so that none is in the state.
    """

    ref: Output[str]
    """`registry/name@sha256:...`"""

    def __init__(self, name: str, args: ImageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("crosscloud:azure:Image", name, {}, opts)
        server, base = args.store.registry, args.store.python_image
        tagged = Output.concat(server, "/", name, ":", pulumi.get_stack())
        context = build_context(args.service)
        arguments = {"BUILDKIT_INLINE_CACHE": "1", "SERVICE": args.service}
        image = docker.Image(
            name,
            image_name=tagged,
            build=docker.DockerBuildArgs(
                context=context,
                dockerfile=f"{context}/Dockerfile",
                # What the nodes run on; otherwise it would be the architecture of whoever builds.
                platform="linux/amd64",
                builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
                args={**arguments, **({"PYTHON_IMAGE": base} if base else {})},
                cache_from=docker.CacheFromArgs(images=[tagged]),
            ),
            registry=docker.RegistryArgs(server=server),
            build_on_preview=False,
            opts=ResourceOptions(parent=self),
        )
        self.ref = image.repo_digest
        self.register_outputs({"ref": self.ref})
