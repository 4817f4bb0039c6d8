"""The way of images to the nodes: by what the context's name says, by a registry, or by a given command."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster import images
from cluster.target import Target
from local.errors import ProviderError
from local.machine import Machine, Ports

RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >>"$LOG"\n'


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder that is the whole PATH, besides the system's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.delenv("CONTAINER_ENGINE", raising=False)
    monkeypatch.setattr(images, "ENGINES", ("docker-for-this-test",))
    return folder


def tool(folder: Path, name: str, then: str = "") -> None:
    path = folder / name
    path.write_text(RECORD + then)
    path.chmod(0o755)


def put(target: Target, context: Path) -> str:
    return images.put(target, "users", "abc", context=context, arguments={"SERVICE": "users"})


def log(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text().splitlines()


@pytest.mark.parametrize(
    ("context", "command"),
    [
        ("kind-mine", "kind load docker-image crosscloud.local/users:abc --name mine"),
        ("k3d-mine", "k3d image import crosscloud.local/users:abc --cluster mine"),
        ("minikube", "minikube image load crosscloud.local/users:abc"),
    ],
)
def test_makers_of_disposable_clusters_load_what_the_engine_has_built(
    tools: Path, tmp_path: Path, context: str, command: str
) -> None:
    for name in ("docker-for-this-test", command.split(maxsplit=1)[0]):
        tool(tools, name)
    assert put(Target(kubeconfig="k", context=context), tmp_path) == "crosscloud.local/users:abc"
    build = f"docker-for-this-test build --tag crosscloud.local/users:abc --build-arg SERVICE=users {tmp_path}"
    assert log(tmp_path) == [build, command]


def test_an_image_in_a_registry_is_named_by_its_digest(tools: Path, tmp_path: Path) -> None:
    digests = '[{"RepoDigests": ["other/users@sha256:1", "r.example:5000/team/users@sha256:2"]}]'
    tool(tools, "docker-for-this-test", f"[ \"$1\" != image ] || echo '{digests}'\n")
    target = Target(kubeconfig="k", context="any", images="registry:r.example:5000/team")
    assert put(target, tmp_path) == "r.example:5000/team/users@sha256:2"
    assert [line.split()[1] for line in log(tmp_path)] == ["build", "push", "image"]


def test_a_given_command_may_build_and_says_the_name(tools: Path, tmp_path: Path) -> None:
    tool(tools, "bring", 'echo "$1"; echo "crosscloud.local/users@sha256:3"\n')
    target = Target(kubeconfig="k", context="any", images="bring {image} {context} {arguments}")
    assert put(target, tmp_path) == "crosscloud.local/users@sha256:3"
    assert log(tmp_path) == [f"bring crosscloud.local/users:abc {tmp_path} --build-arg SERVICE=users"]


def test_the_end_of_what_a_failed_build_says_is_shown(tools: Path, tmp_path: Path) -> None:
    tool(tools, "bring", "seq 1 40 >&2; exit 3\n")
    target = Target(kubeconfig="k", context="any", images="bring {image} {context}")
    with pytest.raises(ProviderError, match=r"(?s)failed with 3:\n26\n.*40$"):
        put(target, tmp_path)


@pytest.mark.parametrize(
    ("context", "given", "sentence"),
    [
        ("any", "", r"not known\. Say IMAGES=registry:HOST"),
        ("any", "bring it", r"must be registry:HOST\[/PATH\] or a command with \{image\}; it is 'bring it'"),
        (
            "any",
            "bring '{image}",
            "must be a command as a shell takes it; .* is none: No closing quot",
        ),
        ("any", "bring {image} {", "must be a command as a shell takes it"),
        ("any", "bring {image} {tag}", "other braces are doubled"),
        ("any", "bring {image} {}", "other braces are doubled"),
        ("any", "bring {image.name}", "other braces are doubled"),
        ("any", "bring {image} --with={arguments}", "{arguments} as a word of its own"),
        ("any", "bring {image}", "needs 'bring', which is not on PATH"),
        ("kind-mine", "", "needs 'kind', which is not on PATH"),
        ("any", "registry:r.example", "needs a container engine: one of docker-for-this-test on PATH"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(tools: Path, context: str, given: str, sentence: str) -> None:
    with pytest.raises(ProviderError, match=sentence):
        images.check(Target(kubeconfig="k", context=context, images=given))


def test_an_engine_that_does_not_answer_is_said_before_anything_is_made(tools: Path) -> None:
    tool(tools, "docker-for-this-test", "echo no daemon >&2; exit 1\n")
    target = Target(kubeconfig="k", context="any", images="registry:r.example")
    with pytest.raises(ProviderError, match=r"(?s)needs docker-for-this-test, which does not answer.*no daemon"):
        images.check(target)
    tool(tools, "docker-for-this-test")
    images.check(target)


def test_a_command_that_can_not_be_run_is_a_sentence(tools: Path, tmp_path: Path) -> None:
    path = tools / "bring"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    with pytest.raises(ProviderError, match=r"`bring crosscloud\.local/users:abc .*` can't be run"):
        put(Target(kubeconfig="k", context="any", images="bring {image} {context}"), tmp_path)


def test_braces_in_arguments_stay_as_they_are(tools: Path, tmp_path: Path) -> None:
    tool(tools, "bring")
    target = Target(kubeconfig="k", context="any", images="bring {image} {context} {arguments}")
    images.put(target, "users", "abc", context=tmp_path, arguments={"A": "{b}"})
    assert log(tmp_path)[0].endswith("--build-arg A={b}")


def test_another_way_or_other_arguments_make_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Dockerfile").touch()
    ports = Ports(endpoint=1, ingress=2, issuer=3, emulator=4, postgres=5)
    machine = Machine(root=tmp_path, home=tmp_path / ".local", ports=ports)
    monkeypatch.setattr(images, "put", lambda _, name, tag, **__: f"{name}:{tag}")

    def image(loader: str, argument: str) -> tuple[object, object]:
        build = {"context": ".", "dockerfile": "Dockerfile", "args": {"PYTHON_IMAGE": argument}}
        handler = images.ClusterImage(machine, Target(kubeconfig="k", context="any", images=loader))
        inputs = {"imageName": "registry/users:1", "build": build}
        return handler.fingerprint(inputs), handler.create("users", inputs).outputs["repoDigest"]

    (one, first), (same, again), (other, _), (_, changed) = (
        image(*each) for each in (("a", "3.13"), ("a", "3.13"), ("b", "3.13"), ("a", "3.14"))
    )
    assert (one, first) == (same, again)
    assert one != other
    assert first != changed
