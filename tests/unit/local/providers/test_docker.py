from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.desired import key_of, put
from local.errors import ProviderError
from local.machine import Machine
from local.providers.docker import KEPT, Image


@pytest.fixture
def inputs(machine: Machine) -> dict[str, object]:
    for name, text in {
        "app/kit/a.py": "A = 1\n",
        "app/users/b.py": "B = 1\n",
        "app/users/__pycache__/b.pyc": "junk",
        "app/users/Dockerfile": "FROM scratch\n",
        "app/users/Dockerfile.dockerignore": "*\n!app/kit\n!app/users\n**/__pycache__\n",
        "app/billing/c.py": "C = 1\n",
        "secret.env": "x",
    }.items():
        path = machine.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    dockerfile = str(machine.root / "app/users/Dockerfile")
    return {"imageName": "registry/users:stable", "build": {"context": str(machine.root), "dockerfile": dockerfile}}


def _tree(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}


def test_image_is_the_context_that_its_ignore_file_lets_through(machine: Machine, inputs: dict[str, object]) -> None:
    outputs = Image(machine).create("users", inputs).outputs
    repository, _, digest = str(outputs["repoDigest"]).partition("@sha256:")
    assert repository == "registry/users"
    wanted = {"app/kit/a.py", "app/users/b.py", "app/users/Dockerfile", "app/users/Dockerfile.dockerignore"}
    assert _tree(machine.images / digest) == wanted


@pytest.mark.parametrize(
    ("file", "changes"),
    [("app/users/b.py", True), ("app/kit/a.py", True), ("app/billing/c.py", False), ("secret.env", False)],
)
def test_only_changed_content_of_the_context_is_a_change(
    machine: Machine, inputs: dict[str, object], file: str, changes: bool
) -> None:
    image = Image(machine)
    before = image.fingerprint(inputs)
    assert image.fingerprint(inputs) == before
    path = machine.root / file
    path.write_text(path.read_text() + "# more\n")
    assert (image.fingerprint(inputs) != before) is changes


def test_new_and_renamed_files_and_their_times(machine: Machine, inputs: dict[str, object]) -> None:
    image = Image(machine)
    before = image.fingerprint(inputs)
    (machine.root / "app/users/b.py").touch()
    assert image.fingerprint(inputs) == before
    (machine.root / "app/users/b.py").rename(machine.root / "app/users/d.py")
    assert image.fingerprint(inputs) != before


def test_running_image_is_untouched_by_later_edits_and_missed_when_gone(
    machine: Machine, inputs: dict[str, object]
) -> None:
    image = Image(machine)
    made = image.create("users", inputs)
    folder = machine.images / made.outputs["contextDigest"]
    (machine.root / "app/users/b.py").write_text("B = 2\n")
    assert (folder / "app/users/b.py").read_text() == "B = 1\n"
    assert image.exists(made.id, made.outputs)
    folder.rename(folder.with_name("moved"))
    assert not image.exists(made.id, made.outputs)


def test_missing_dockerfile_is_one_sentence(machine: Machine, inputs: dict[str, object]) -> None:
    (machine.root / "app/users/Dockerfile").unlink()
    with pytest.raises(ProviderError, match=r"Dockerfile .*app/users/Dockerfile does not exist"):
        Image(machine).create("users", inputs)


def test_what_a_deployment_names_stays_and_of_the_others_the_newest(
    machine: Machine, inputs: dict[str, object]
) -> None:
    image, source = Image(machine), machine.root / "app/users/b.py"
    made: list[str] = []
    for number in range(KEPT + 3):
        source.write_text(f"B = {number}\n")
        outputs = image.create("users", inputs).outputs
        made.append(outputs["contextDigest"])
        os.utime(machine.images / made[-1], (number, number))
        if number == 0:
            deployment(machine, outputs["repoDigest"])
    assert {path.name for path in machine.images.iterdir()} == {made[0], *made[-KEPT:]}


def deployment(machine: Machine, image: str) -> None:
    spec = {"template": {"spec": {"initContainers": [{"image": image}], "containers": [{"image": image}]}}}
    put(machine, key_of("Deployment", "apps", "users"), {"kind": "Deployment", "spec": spec})
