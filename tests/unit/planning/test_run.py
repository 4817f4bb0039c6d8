"""The program runner against real Pulumi programs, with this machine's own providers."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pulumi
import pytest

from local.engine import Engine
from local.provider import Package
from local.providers import values
from local.state import State
from local.steps import StepEvent
from planning.changes import compare
from planning.errors import PlanningError
from planning.plan import COMPUTED, MASKED, plan
from planning.run import run_program
from planning.stack_file import read_config
from planning.wire import holds_secret, plain

MAIN = """
    import pulumi, pulumi_random as random, pulumi_tls as tls

    class Pair(pulumi.ComponentResource):
        def __init__(self, name, length, opts=None):
            super().__init__("test:index:Pair", name, {}, opts)
            inside = pulumi.ResourceOptions(parent=self)
            self.password = random.RandomPassword(f"{name}-password", length=length, special=False, opts=inside)
            self.key = tls.PrivateKey(f"{name}-key", algorithm="ECDSA", ecdsa_curve="P256", opts=inside)
            self.register_outputs({})

    config = pulumi.Config()
    pair = Pair("one", config.require_int("length"))
    certificate = tls.SelfSignedCert(
        "certificate", private_key_pem=pair.key.private_key_pem, allowed_uses=["cert_signing"], is_ca_certificate=True,
        validity_period_hours=1, subject={"common_name": "test"})
    pulumi.export("password", pair.password.result)
    pulumi.export("certificate", certificate.cert_pem)
    pulumi.export("tags", config.require_object("tags"))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text(
        "config:\n  length: 20\n  test:tags: {a: 1}\n  test:key: {secure: AAABBB}\n"
    )
    (tmp_path / "__main__.py").write_text(textwrap.dedent(MAIN))
    return tmp_path


def run(root: Path, **config: object) -> tuple[Engine, list[str]]:
    steps: list[StepEvent] = []
    packages: list[Package] = [values.package(None)]  # type: ignore[arg-type]
    engine = Engine(State(root / "state.json"), packages, steps.append)
    run_program(root, "local", engine, preview=False, config={f"test:{k}": v for k, v in config.items()})
    engine.finish()
    done = [f"{s.operation} {s.name}" for s in steps]
    return engine, sorted(line for line in done if line.split()[0] != "same")


def test_program_is_applied_and_its_outputs_keep_their_secrets(root: Path) -> None:
    engine, done = run(root)
    assert done == ["create certificate", "create one-key", "create one-password"]
    outputs = plain(engine.stack_outputs)
    assert len(outputs["password"]) == 20
    assert outputs["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert outputs["tags"] == {"a": 1}
    assert holds_secret(engine.stack_outputs["password"])
    assert outputs["password"] not in (root / "state.json").read_text()


def test_second_run_in_one_process_changes_nothing(root: Path) -> None:
    first, _ = run(root)
    second, done = run(root)
    assert done == []
    assert plain(second.stack_outputs) == plain(first.stack_outputs)


def test_configuration_given_over_the_file_changes_only_what_uses_it(root: Path) -> None:
    run(root)
    engine, done = run(root, length=30)
    assert done == ["replace one-password"]
    assert len(plain(engine.stack_outputs)["password"]) == 30


def test_urns_are_those_of_the_real_engine(root: Path) -> None:
    run(root)
    urns = {entry.urn for entry in State(root / "state.json")}
    inner = "urn:pulumi:local::test::test:index:Pair$random:index/randomPassword:RandomPassword::one-password"
    assert inner in urns
    assert "urn:pulumi:local::test::tls:index/selfSignedCert:SelfSignedCert::certificate" in urns


def test_program_left_out_is_deleted_in_order(root: Path) -> None:
    run(root)
    (root / "__main__.py").write_text("import pulumi\n")
    _, done = run(root)
    assert done == ["delete certificate", "delete one-key", "delete one-password"]
    assert list(State(root / "state.json")) == []


def test_failing_provider_stops_the_program_with_its_sentence(root: Path) -> None:
    text = (root / "__main__.py").read_text().replace('ecdsa_curve="P256"', 'ecdsa_curve="P521"')
    (root / "__main__.py").write_text(text)
    with pytest.raises(Exception, match="local stack makes ECDSA keys on P256"):
        run(root)


def test_own_error_of_the_program_comes_through(root: Path) -> None:
    (root / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('length must be at least 8')\n")
    with pytest.raises(pulumi.RunError, match="length must be at least 8"):
        run(root)


def test_config_of_a_stack(root: Path) -> None:
    project, values, secrets = read_config(root, "local")
    assert project == "test"
    assert values == {"test:length": "20", "test:tags": json.dumps({"a": 1}), "test:key": "[secret]"}
    assert secrets == ["test:key"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "does not exist"),
        ("a: [", "is no valid YAML"),
        ("- a\n", "must hold a mapping, found list"),
        ("config: 3", "`config` must hold settings by their names"),
        ("config: {1: 2}", "`config` must hold settings by their names"),
    ],
)
def test_broken_stack_file_is_one_sentence(root: Path, content: str | None, sentence: str) -> None:
    file = root / "Pulumi.local.yaml"
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(PlanningError, match=sentence):
        read_config(root, "local")


def test_plan_lists_everything_offline_with_secrets_masked(root: Path) -> None:
    planned = {p.name: p for p in plan(root, "local")}
    assert set(planned) == {"one", "one-password", "one-key", "certificate"}
    assert planned["one-password"].parent == planned["one"].urn
    assert planned["certificate"].dependencies == (planned["one-key"].urn,)
    assert planned["certificate"].properties["privateKeyPem"] in (COMPUTED, MASKED)
    assert not (root / "state.json").exists()


def test_plans_compare_property_by_property(root: Path) -> None:
    before = plan(root, "local")
    after = plan(root, "local", config={"test:length": 24})
    (change,) = compare(before, after)
    assert (change.operation, change.resource.name) == ("replace", "one-password")
    assert change.properties == {"length": (20, 24)}
    assert [c.operation for c in compare(before, before[1:])] == ["delete"]
    assert [c.operation for c in compare(before[1:], before)] == ["create"]


@pytest.mark.parametrize("status", ["", "0", "3"])
def test_a_program_that_ends_itself_has_failed(root: Path, status: str) -> None:
    (root / "__main__.py").write_text(f"raise SystemExit({status})\n")
    with pytest.raises(PlanningError, match="The program has ended itself before its end"):
        run(root)
