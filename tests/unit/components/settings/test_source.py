"""The reading of the settings: some things are refused at once, and every problem is in one error."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pytest

from components import settings
from components.settings import Settings, SettingsError
from components.settings.source import _sentences
from tests.support.program import MACHINE, STACKS, run
from tests.unit.components.settings.test_settings import EVERYWHERE, refused

REFUSED = "the stack 'local' is this machine: apply it with `make up`; a Pulumi engine deploys dev and prod"


def load(stack: str, config: Mapping[str, object]) -> Settings:
    loaded: list[Settings] = []
    run(lambda: loaded.append(settings.load()), stack=stack, config=config)
    return loaded[0]


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_file_is_valid(stack: str) -> None:
    assert load(stack, {}).services["users"].min_replicas >= 2


def test_local_without_its_machine_is_refused_before_anything_else() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        load("local", {"crosscloud:machine": None, "crosscloud:cluster": {"tier": "Gold"}})
    assert str(refused.value) == REFUSED


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_machine_is_refused_elsewhere(stack: str) -> None:
    with pytest.raises(pulumi.RunError, match="crosscloud:machine is for the stack 'local'"):
        load(stack, {"crosscloud:machine": MACHINE})


def test_the_machine_gives_addresses_to_the_stack_local_only() -> None:
    local, dev = load("local", {}), load("dev", {})
    assert (local.identity.issuer, local.ingress_host, local.ingress.port) == (
        "http://127.0.0.1:8180",
        "localhost",
        8444,
    )
    assert (local.database.port, local.database.tls) == (5433, "disable")
    assert (dev.database.port, dev.database.tls, dev.ingress.port) == (5432, "verify-full", 443)
    assert dev.ingress_host.endswith(".cloudapp.azure.com")


def test_all_problems_are_listed_at_once() -> None:
    broken = {
        "crosscloud:clutser": {},
        "crosscloud:azure": "westeurope",
        "crosscloud:cluster": {"tier": "Gold", "authorizedIpRanges": ["0.0.0.0/0", "office"], "maxNodes": "three"},
        "crosscloud:database": {"tls": "disable", "pasword": "x"},
        "crosscloud:services": {"users": {"minReplicas": 3, "maxReplicas": 2}},
    }
    with pytest.raises(SettingsError) as error:
        load("dev", broken)
    paths = [problem.split()[0] for problem in error.value.problems]
    assert sorted(paths) == [
        "crosscloud:azure",
        "crosscloud:cluster.adminGroupObjectIds",
        "crosscloud:cluster.authorizedIpRanges[0]",
        "crosscloud:cluster.authorizedIpRanges[1]",
        "crosscloud:cluster.maxNodes",
        "crosscloud:cluster.tier",
        "crosscloud:clutser",
        "crosscloud:database.administrators",
        "crosscloud:database.pasword",
        "crosscloud:database.tls",
        "crosscloud:services.users.maxReplicas",
    ]
    assert str(error.value).startswith("Pulumi.dev.yaml has 11 problems:\n")


def test_a_problem_says_what_is_allowed_and_what_was_given() -> None:
    with pytest.raises(SettingsError) as error:
        load("dev", {"crosscloud:network": {"outbound": "vpn", "nodes": "10.10.0.1/20"}, "crosscloud:protect": "maybe"})
    allowed, network, flag = sorted(error.value.problems, key=lambda text: "outbound" not in text)
    assert "must be 'loadBalancer' or 'natGateway'; given \"vpn\" (how nodes reach the internet" in allowed
    assert 'crosscloud:protect must be true or false; given "maybe"' in network + flag
    assert (
        'crosscloud:network.nodes must be an IPv4 network, such as 10.10.0.0/20; given "10.10.0.1/20"' in network + flag
    )


def test_every_kind_of_error_has_a_sentence_of_our_own() -> None:
    for path, value, _ in EVERYWHERE:
        group, *steps = path.split(".")
        for problem in _sentences(Settings, "crosscloud", refused(path, value)):
            assert problem.startswith(f"crosscloud:{group}"), steps
            assert "is not accepted" not in problem
            assert "should" not in problem


def test_a_missing_setting_says_what_it_is_for() -> None:
    with pytest.raises(SettingsError) as error:
        load("dev", {"crosscloud:registry": {}})
    (problem,) = error.value.problems
    assert problem.startswith("crosscloud:registry.name is missing: name of the container registry")


def test_an_unknown_setting_lists_those_that_exist() -> None:
    with pytest.raises(SettingsError) as error:
        load("dev", {"crosscloud:services": {"users": {"replicas": 2}}})
    (problem,) = error.value.problems
    assert problem.startswith("crosscloud:services.users.replicas is no setting; there are canary, cpu, cpuTarget,")
    assert "minReplicas" in problem


def test_an_encrypted_setting_is_refused() -> None:
    def main() -> None:
        values = dict(pulumi.runtime.config.CONFIG.get())
        pulumi.runtime.set_all_config(values, ["crosscloud:database"])
        settings.load()

    with pytest.raises(SettingsError, match="crosscloud:database is encrypted, but no setting is a secret"):
        run(main)


def with_headers(*, encrypted: bool, **group: object) -> None:
    """Loads the settings of dev with these for the collector, as an engine gives them that has decrypted them."""

    def main() -> None:
        values = {**pulumi.runtime.config.CONFIG.get(), "crosscloud:telemetry": json.dumps(group)}
        pulumi.runtime.set_all_config(values, ["crosscloud:telemetry"] if encrypted else [])
        settings.load()

    run(main)


COLLECTOR = "https://otlp.example.com"


def test_headers_of_the_collector_are_secrets_and_are_taken_encrypted_only() -> None:
    headers = {"X-Api-Key": "SENSITIVE"}
    with_headers(encrypted=True, endpoint=COLLECTOR, headers=headers)
    with pytest.raises(SettingsError, match="headers must be encrypted: set each again by `pulumi config set") as error:
        with_headers(encrypted=False, endpoint=COLLECTOR, headers=headers)
    assert "SENSITIVE" not in str(error.value)


@pytest.mark.parametrize(
    "group",
    [
        {"headers": {"X-Api-Key": "SENSITIVE"}},
        {"endpoint": COLLECTOR, "headers": {"X-Api-Key": "SENSITIVE\n"}},
        {"endpoint": COLLECTOR, "headers": {"X-Api-Key": {"value": "SENSITIVE"}}},
        {"endpoint": COLLECTOR, "headers": {"X Api Key": "SENSITIVE"}},
        {"endpoint": COLLECTOR, "headers": {"Host": "SENSITIVE"}},
        {"endpoint": COLLECTOR, "headers": ["SENSITIVE"]},
        {"endpoint": COLLECTOR, "header": "SENSITIVE"},
    ],
)
def test_no_error_repeats_a_header(group: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match="crosscloud:telemetry") as error:
        with_headers(encrypted=True, **group)
    assert "SENSITIVE" not in str(error.value)


def test_the_word_local_is_the_collector_of_this_machine_where_there_is_one() -> None:
    word = {"crosscloud:telemetry": {"endpoint": "local"}}
    address = "http://127.0.0.1:31999"
    known = {"crosscloud:machine": {**MACHINE, "collector": address}}
    assert load("local", word | known).telemetry.endpoint == address
    assert load("local", word).telemetry.endpoint is None
    assert load("local", known | {"crosscloud:telemetry": None}).telemetry.endpoint is None


def test_configuration_of_other_packages_is_left_alone() -> None:
    assert load("dev", {"aws:profile": "someone"}).production is False
