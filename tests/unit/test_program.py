"""The whole program, for every stack, in preview (nothing but inputs is known) and deployed."""

from __future__ import annotations

import pytest
import yaml

from planning.wire import UNKNOWN
from tests.support.program import ROOT, STACKS, Program, deployed, run

BOTH = pytest.mark.parametrize("preview", [True, False], ids=["preview", "deployed"])
EVERY = pytest.mark.parametrize("stack", STACKS)


@EVERY
@BOTH
def test_program_runs_without_a_warning(stack: str, preview: bool) -> None:
    assert deployed(stack, preview).warnings == []


@EVERY
def test_preview_and_deployment_declare_the_same(stack: str) -> None:
    preview, done = deployed(stack, True), deployed(stack, False)
    assert {r.urn for r in preview.resources} == {r.urn for r in done.resources}


@EVERY
def test_no_input_or_output_stays_unknown(stack: str) -> None:
    program = deployed(stack, False)
    assert UNKNOWN not in str(program.outputs)
    assert [r.urn for r in program.resources if UNKNOWN in str(r.inputs)] == []


@EVERY
@BOTH
def test_what_people_and_tools_need_is_exported(stack: str, preview: bool) -> None:
    outputs = deployed(stack, preview).outputs
    assert {"endpoint", "ingress_url", "issuer", "audiences", "clients", "orchestrator", "cluster"} <= outputs.keys()
    assert {"function", "version", "log_group"} == outputs["orchestrator"].keys()
    assert {"bus", "archive", "rules", "rebuild", "mappings", "outbox", "dead_letters"} == outputs["events"].keys()


@EVERY
@BOTH
def test_no_output_is_a_secret(stack: str, preview: bool) -> None:
    assert deployed(stack, preview).secret_outputs == frozenset()


@EVERY
@BOTH
def test_the_local_runner_answers_every_invoke(stack: str, preview: bool) -> None:
    known = {
        "azure-native:authorization:getClientConfig",
        "azure-native:containerservice:listManagedClusterUserCredentials",
    }
    assert set(deployed(stack, preview).calls) <= known


@EVERY
def test_every_resource_belongs_to_a_component(stack: str) -> None:
    program = deployed(stack, False)
    types = {r.urn: r.type for r in program.resources}
    for resource in program.resources:
        if resource.custom:
            assert types[resource.parent].startswith("crosscloud:"), resource.urn


@EVERY
def test_type_tokens_of_components_name_their_cloud(stack: str) -> None:
    clouds = {r.type.split(":")[1] for r in deployed(stack, False).resources if not r.custom}
    assert clouds == {"aws", "azure", "kubernetes", "service", "tls"}


@EVERY
def test_objects_in_the_cluster_have_names_of_their_own(stack: str) -> None:
    for resource in deployed(stack, False).resources:
        if resource.type.startswith("kubernetes:") and "helm" not in resource.type:
            assert resource["metadata.name"], resource.urn


def test_the_stacks_differ_by_their_settings_only() -> None:
    """No stack's name decides anything outside of the settings."""
    for source in [ROOT / "__main__.py", *(ROOT / "components").glob("*.py")]:
        text = source.read_text()
        for name in STACKS:
            assert f'"{name}"' not in text, source


def test_the_diagram_fits_on_two_screens() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 110


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_stack_files_allow_one_aws_account_and_tag_everything(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert len(config["aws:allowedAccountIds"]) == 1
    assert {"project", "env", "owner", "cost-center"} <= config["aws:defaultTags"]["tags"].keys()


def test_local_stack_leads_to_no_account() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
    assert config["aws:allowedAccountIds"] == ["000000000000"]
    assert config["azure-native:metadataHost"] == "127.0.0.1"


def test_several_epochs_can_be_in_one_stack() -> None:
    certificates = {"authorities": ["2026", "2027"], "epoch": "2026-11"}
    program: Program = run(config={"crosscloud:certificates": certificates})
    assert program.one("ConfigMap", "client-authorities")["data"]["ca.crt"].count("BEGIN CERTIFICATE") == 2
