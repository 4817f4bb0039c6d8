"""The Helm chart of the services: what it makes of its values, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from planning import commands
from planning.errors import PlanningError
from planning.helm import write_chart
from planning.manifests import as_yaml
from planning.plan import STAND_INS
from planning.render import Rendered, objects
from tests.support.charts import Object, by_name, helm, templated, values_of
from tests.support.program import ROOT, STACKS
from tests.support.services import SERVICES

CANARY: dict[str, Any] = {"previousImage": f"registry.example/users@sha256:{'a' * 64}", "weight": 0.9}
OTHER = f"registry.example/users@sha256:{'b' * 64}"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart, and the objects of the rendering that it is of."""

    folder: Path
    rendered: list[Rendered]

    @property
    def services(self) -> list[Object]:
        """The objects of the services that the chart should have."""
        return [each.manifest for each in self.rendered if each.service and each.manifest["kind"] != "Secret"]


def chart_of(folder: Path, stack: str, config: dict[str, object] | None = None) -> Chart:
    rendered = objects(ROOT, stack, config=STAND_INS if stack == "local" else config)
    write_chart(rendered, folder, root=ROOT, stack=stack)
    return Chart(folder=folder, rendered=rendered)


@pytest.fixture(scope="module", params=[*STACKS, "prod with a canary"])
def chart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    stack, _, canary = request.param.partition(" ")
    services = {name: {"minReplicas": 2, "maxReplicas": 3, "canary": CANARY} for name in SERVICES}
    folder = tmp_path_factory.mktemp("charts") / "chart"
    return chart_of(folder, stack, {"crosscloud:services": services} if canary else None)


@pytest.fixture(scope="module")
def of_prod(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    return chart_of(tmp_path_factory.mktemp("charts") / "chart", "prod")


def changed(chart: Chart, change: Callable[[Object], None]) -> dict[str, Object]:
    """Returns the objects that other values make other ones, or make anew."""
    values = values_of(chart.folder)
    before = by_name(templated(chart.folder, values))
    change(values)
    after = by_name(templated(chart.folder, values))
    return {name: each for name, each in after.items() if each != before.get(name)}


def test_every_expression_has_a_value_and_they_make_what_render_writes(chart: Chart) -> None:
    assert by_name(templated(chart.folder, values_of(chart.folder))) == by_name(chart.services)


def test_helm_makes_what_render_writes(chart: Chart) -> None:
    done = helm("template", "release", str(chart.folder))
    assert done.returncode == 0, done.stderr
    made = [each for each in yaml.safe_load_all(done.stdout) if each]
    assert by_name(made) == by_name(chart.services)
    assert len(made) == len(chart.services)


def test_helm_finds_nothing_to_say_against_it(chart: Chart) -> None:
    done = helm("lint", "--strict", str(chart.folder))
    assert done.returncode == 0, done.stdout


def test_every_service_is_in_it_and_nothing_that_they_share(chart: Chart) -> None:
    assert set(values_of(chart.folder)["services"]) == set(SERVICES)
    assert {each["metadata"]["namespace"] for each in chart.services} == {"apps"}
    assert {"Namespace", "Secret"}.isdisjoint(each["kind"] for each in chart.services)


def test_no_secret_is_in_it_and_each_is_named(chart: Chart) -> None:
    text = "\n".join(path.read_text() for path in chart.folder.rglob("*") if path.is_file())
    secrets = [each.manifest for each in chart.rendered if each.service and each.manifest["kind"] == "Secret"]
    assert secrets
    for secret in secrets:
        assert f"#   {secret['metadata']['name']}: " in text
        for value in secret["stringData"].values():
            assert value.strip() not in text
            assert json.dumps(value.strip())[1:-1] not in text


def test_another_image_is_that_of_the_pods_and_of_another_job(of_prod: Chart) -> None:
    def change(values: Object) -> None:
        values["services"]["users"]["stable"]["image"] = OTHER

    deployment, job = (each for _, each in sorted(changed(of_prod, change).items()))
    assert (deployment["kind"], job["kind"]) == ("Deployment", "Job")
    for each in (deployment, job):
        assert each["spec"]["template"]["spec"]["containers"][0]["image"] == OTHER


def test_migrations_may_come_before_the_pods_that_need_them(of_prod: Chart) -> None:
    def change(values: Object) -> None:
        values["services"]["users"]["migrations"]["image"] = OTHER

    (job,) = changed(of_prod, change).values()
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == OTHER


def test_a_release_in_one_step_after_one_in_two_runs_the_migrations_of_its_own_image(of_prod: Chart) -> None:
    values = values_of(of_prod.folder)
    third = OTHER.replace("b" * 64, "c" * 64)

    def migrated(given: Object) -> str:
        users = given["services"]["users"]
        users["stable"]["image"] = third
        jobs = (each for each in templated(of_prod.folder, given) if each["kind"] == "Job")
        (job,) = (each for each in jobs if each["metadata"]["name"].startswith("users-migrations"))
        return str(job["spec"]["template"]["spec"]["containers"][0]["image"])

    users = values["services"]["users"]
    users["migrations"]["image"] = OTHER
    assert migrated(values) == OTHER, "what --reuse-values keeps"
    users["migrations"]["image"] = ""
    jsonschema.validate(values, json.loads((of_prod.folder / "values.schema.json").read_text()))
    assert migrated(values) == third


def test_replicas_are_those_of_the_autoscaler(of_prod: Chart) -> None:
    def change(values: Object) -> None:
        values["services"]["users"]["replicas"] = {"min": 4, "max": 5}

    (scaler,) = changed(of_prod, change).values()
    assert (scaler["kind"], scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (
        "HorizontalPodAutoscaler",
        4,
        5,
    )


def wrong_values() -> dict[str, Callable[[Object], object]]:
    return {
        "a tag": lambda users: users["stable"].update(image="registry.example/users:latest"),
        "no image": lambda users: users["stable"].update(image=""),
        "a tag of migrations": lambda users: users["migrations"].update(image="registry.example/users:latest"),
        "a misspelt name": lambda users: users.update(replica={"min": 1}),
        "a text for a number": lambda users: users["replicas"].update(min="3"),
        "a negative number": lambda users: users["replicas"].update(min=-1),
        "nothing": lambda users: users.update(certificate=None),
    }


@pytest.mark.parametrize("wrong", wrong_values())
def test_a_wrong_value_is_refused(of_prod: Chart, wrong: str, tmp_path: Path) -> None:
    schema, values = json.loads((of_prod.folder / "values.schema.json").read_text()), values_of(of_prod.folder)
    jsonschema.validate(values, schema)
    wrong_values()[wrong](values["services"]["users"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, schema)


def test_helm_refuses_an_image_by_its_tag(of_prod: Chart) -> None:
    done = helm("template", "release", str(of_prod.folder), "--set", "services.users.stable.image=users:latest")
    assert done.returncode != 0
    assert "/services/users/stable/image" in done.stderr


def test_the_command_writes_files_and_chart_of_one_rendering(tmp_path: Path) -> None:
    files, chart = tmp_path / "files", tmp_path / "chart"
    commands.render(stack="dev", output=files, helm=chart)
    everything = [yaml.safe_load(path.read_text()) for path in files.iterdir()]
    written = by_name([each for each in everything if each["metadata"].get("namespace") == "apps"])
    of_chart = by_name(templated(chart, values_of(chart)))
    assert {name: written[name] for name in of_chart} == of_chart


def test_the_command_asks_what_to_write() -> None:
    with pytest.raises(PlanningError, match=r"--output FOLDER .* --helm FOLDER"):
        commands.render(stack="dev")


def test_another_image_leaves_the_files_their_names(of_prod: Chart) -> None:
    names = {path.name for path in (of_prod.folder / "templates").iterdir()}
    assert {f"job-{service}-migrations.yaml" for service in SERVICES} <= names


def test_a_folder_with_something_in_it_is_refused(of_prod: Chart) -> None:
    with pytest.raises(PlanningError, match=r"not empty"):
        write_chart(of_prod.rendered, of_prod.folder, root=ROOT, stack="prod")


def test_a_text_that_helm_would_take_for_an_expression_is_refused(of_prod: Chart, tmp_path: Path) -> None:
    odd = Rendered(
        manifest={"kind": "ConfigMap", "metadata": {"name": "odd"}, "data": {"a": "{{ b }}"}}, service="users"
    )
    with pytest.raises(PlanningError, match=r"configmap-odd"):
        write_chart([odd], tmp_path / "chart", root=ROOT, stack="prod")


@pytest.mark.parametrize("text", ["12e34", "1_000", "0x1F", "1.5", "true", "123", ".5e1"])
def test_texts_that_look_like_something_else_are_quoted(text: str) -> None:
    """YAML has two versions, which differ in what a number is: kubectl and Helm read the later one."""
    assert as_yaml({"a": text}) in (f"a: '{text}'\n", f'a: "{text}"\n')
