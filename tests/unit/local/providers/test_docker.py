from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.desired import key_of, put
from local.errors import ProviderError
from local.machine import Machine
from local.providers.docker import KEPT, Image

CONTEXT = "dist/images/users"


@pytest.fixture
def context(machine: Machine) -> Path:
    folder = machine.root / CONTEXT
    for name, text in {
        f"{CONTEXT}/app/kit/a.py": "A = 1\n",
        f"{CONTEXT}/app/users/b.py": "B = 1\n",
        f"{CONTEXT}/Dockerfile": "FROM scratch\n",
        "dist/images/billing/app/billing/c.py": "C = 1\n",
        "secret.env": "x",
    }.items():
        path = machine.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def inputs(context: Path) -> dict[str, object]:
    """The inputs as the program gives them: paths are relative to its folder."""
    build = {"context": CONTEXT, "dockerfile": f"{CONTEXT}/Dockerfile"}
    return {"imageName": "registry/users:stable", "build": build}


def _tree(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}


def test_image_is_its_context_and_nothing_else(machine: Machine, inputs: dict[str, object]) -> None:
    outputs = Image(machine).create("users", inputs).outputs
    repository, _, digest = str(outputs["repoDigest"]).partition("@sha256:")
    assert repository == "registry/users"
    assert _tree(machine.images / digest) == {"app/kit/a.py", "app/users/b.py", "Dockerfile"}


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        (f"{CONTEXT}/app/users/b.py", True),
        (f"{CONTEXT}/app/kit/a.py", True),
        (f"{CONTEXT}/Dockerfile", True),
        ("dist/images/billing/app/billing/c.py", False),
        ("secret.env", False),
    ],
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


def test_new_and_renamed_files_and_their_times(machine: Machine, inputs: dict[str, object], context: Path) -> None:
    image = Image(machine)
    before = image.fingerprint(inputs)
    (context / "app/users/b.py").touch()
    assert image.fingerprint(inputs) == before
    (context / "app/users/b.py").rename(context / "app/users/d.py")
    assert image.fingerprint(inputs) != before


def test_running_image_is_untouched_by_later_edits_and_missed_when_gone(
    machine: Machine, inputs: dict[str, object], context: Path
) -> None:
    image = Image(machine)
    made = image.create("users", inputs)
    folder = machine.images / made.outputs["contextDigest"]
    (context / "app/users/b.py").write_text("B = 2\n")
    assert (folder / "app/users/b.py").read_text() == "B = 1\n"
    assert image.exists(made.id, made.outputs)
    folder.rename(folder.with_name("moved"))
    assert not image.exists(made.id, made.outputs)


def test_missing_dockerfile_is_one_sentence(machine: Machine, inputs: dict[str, object], context: Path) -> None:
    (context / "Dockerfile").unlink()
    with pytest.raises(ProviderError, match=r"Dockerfile .*users/Dockerfile does not exist"):
        Image(machine).create("users", inputs)


def test_dockerfile_elsewhere_is_refused(machine: Machine, inputs: dict[str, object]) -> None:
    (machine.root / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(ProviderError, match=r"Dockerfile must be at the top of its build context"):
        Image(machine).fingerprint({**inputs, "build": {"context": CONTEXT, "dockerfile": "Dockerfile"}})


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
def test_ignore_file_is_refused(machine: Machine, inputs: dict[str, object], context: Path, name: str) -> None:
    """It is not read here, so that the hash would be that of other files than a builder gets."""
    (context / name).write_text("app/users\n")
    with pytest.raises(ProviderError, match="must hold no ignored files"):
        Image(machine).fingerprint(inputs)


def test_what_a_pod_template_names_stays_and_of_the_others_the_newest(
    machine: Machine, inputs: dict[str, object], context: Path
) -> None:
    image, source = Image(machine), context / "app/users/b.py"
    digests: list[str] = []
    for number in range(KEPT + 3):
        source.write_text(f"B = {number}\n")
        outputs = image.create("users", inputs).outputs
        digests.append(outputs["contextDigest"])
        os.utime(machine.images / digests[-1], (number, number))
        if number < 2:
            template(machine, ("Deployment", "Job")[number], outputs["repoDigest"])
    assert {path.name for path in machine.images.iterdir()} == {*digests[:2], *digests[-KEPT:]}


def template(machine: Machine, kind: str, image: str) -> None:
    spec = {"template": {"spec": {"containers": [{"image": image}]}}}
    put(machine, key_of(kind, "apps", "users"), {"kind": kind, "spec": spec})


def test_an_image_is_not_forgotten_before_it_is_used_however_old_its_folder_is(
    machine: Machine, inputs: dict[str, object], context: Path
) -> None:
    image, source = Image(machine), context / "app/users/b.py"
    os.utime(context, (0, 0))
    for number in range(KEPT + 1):
        source.write_text(f"B = {number}\n")
        outputs = image.create("users", inputs).outputs
        folder = machine.images / outputs["contextDigest"]
        assert folder.is_dir()
        os.utime(folder, (1000, 1000))
