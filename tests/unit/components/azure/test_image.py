from __future__ import annotations

import pytest

from components.azure.build_context import DOCKERFILE
from tests.support.program import ROOT, STACKS, containers, deployed, run


@pytest.mark.parametrize("stack", STACKS)
def test_pods_run_the_image_by_digest(stack: str) -> None:
    program = deployed(stack, False)
    registry = program.one("containerregistry:Registry")["registryName"]
    images = {container["image"] for container in containers(program.one("Deployment", "users"))}
    assert images == {f"{registry}.azurecr.io/users@sha256:{'0' * 64}"}


def test_tag_is_constant_so_that_content_alone_rolls_pods() -> None:
    assert deployed("prod", False).one("docker:index/image:Image", "users")["imageName"].endswith("/users:prod")


@pytest.mark.parametrize("stack", STACKS)
def test_no_credential_is_kept(stack: str) -> None:
    assert set(deployed(stack, False).one("docker:index/image:Image", "users")["registry"]) == {"server"}


@pytest.mark.parametrize("stack", STACKS)
def test_build_is_the_same_on_every_machine(stack: str) -> None:
    image = deployed(stack, False).one("docker:index/image:Image", "users")
    assert image["build.platform"] == "linux/amd64"
    assert image["build.builderVersion"] == "BuilderBuildKit"
    assert image["buildOnPreview"] is False


def test_each_service_is_built_from_a_folder_of_its_own() -> None:
    for image in deployed("dev", False).all("docker:index/image:Image"):
        assert image["build.context"] == f"dist/images/{image.name}"
        assert image["build.dockerfile"] == f"dist/images/{image.name}/Dockerfile"
        assert image["build.args.SERVICE"] == image.name


def test_base_image_can_be_another_by_digest() -> None:
    base = f"mirror.example.com/python:3.13-slim@sha256:{'a' * 64}"
    program = run(config={"crosscloud:registry": {"name": "crossclouddev", "pythonImage": base}})
    arguments = program.one("docker:index/image:Image", "users")["build.args"]
    assert arguments["PYTHON_IMAGE"] == base
    assert "ARG PYTHON_IMAGE=" in (ROOT / DOCKERFILE).read_text()


def test_base_image_is_the_dockerfile_s_by_default() -> None:
    assert "PYTHON_IMAGE" not in deployed("prod", False).one("docker:index/image:Image", "users")["build.args"]
