"""The things that the stack's own key encrypts in production, and the roles that may use it for them."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from components import settings
from components.aws.encryption_key import READ, WRITE
from tests.support.clouds import ACCOUNT, REGION
from tests.support.program import Declared, Program, deployed, run

OWNER = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
SUFFIX = "-1a2b3c4"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/data{SUFFIX}"


@pytest.fixture(scope="module")
def prod() -> Program:
    return deployed("prod", False)


def statements(declared: Declared) -> list[dict[str, Any]]:
    return list(json.loads(declared["policy"])["Statement"])


def uses(program: Program, role: str) -> dict[str, set[str]]:
    """Actions on the key by the one service through which they are allowed."""
    found: dict[str, set[str]] = {}
    for statement in statements(program.one("RolePolicy", role)):
        if any(action.startswith("kms:") for action in statement["Action"]):
            assert statement["Resource"] == KEY
            (service,) = [statement["Condition"]["StringEquals"]["kms:ViaService"]]
            found[service.removesuffix(f".{REGION}.amazonaws.com")] = set(statement["Action"])
    return found


def needed(program: Program, role: str) -> dict[str, set[str]]:
    """Returns what a role needs the key for, by what it may do with tables and secrets."""
    actions = {action for statement in statements(program.one("RolePolicy", role)) for action in statement["Action"]}
    key: dict[str, set[str]] = {}
    if any(action.startswith("dynamodb:") for action in actions):
        writes = actions & {f"dynamodb:{verb}Item" for verb in ("Put", "Update", "Delete")}
        key["dynamodb"] = {*READ["dynamodb"], *(WRITE["dynamodb"] if writes else ())}
    if "secretsmanager:GetSecretValue" in actions:
        key["secretsmanager"] = {"kms:Decrypt"}
    return key


def test_it_turns_every_year_and_can_be_restored_for_a_month(prod: Program) -> None:
    key = prod.one("kms/key:Key", "data")
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert key.protect
    alias = prod.one("kms/alias:Alias")
    assert (alias["name"], alias["targetKeyId"]) == ("alias/crosscloud-prod-data", f"data{SUFFIX}")


def test_tables_and_secrets_are_encrypted_with_it(prod: Program) -> None:
    tables = prod.all("dynamodb/table:Table")
    assert len(tables) == 3
    for table in tables:
        assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY}
    assert {secret.name: secret["kmsKeyId"] for secret in prod.all("secretsmanager/secret:Secret")} == {
        "orchestrator": KEY,
        "fulfilment": KEY,
    }


def test_whoever_administers_it_can_t_read_with_it(prod: Program) -> None:
    administration, *_ = statements(prod.one("kms/key:Key", "data"))
    assert administration["Principal"] == OWNER
    reading = ("Decrypt", "Encrypt", "DataKey", "ReEncrypt", "CreateGrant", "Sign", "Mac", "Derive", "*")
    assert [action for action in administration["Action"] if any(word in action for word in reading)] == []
    assert {"kms:PutKeyPolicy", "kms:CancelKeyDeletion"} <= set(administration["Action"])


def test_nobody_uses_it_but_through_the_services_that_it_is_for(prod: Program) -> None:
    _, used = statements(prod.one("kms/key:Key", "data"))
    assert used["Principal"] == OWNER
    through = [f"{service}.{REGION}.amazonaws.com" for service in ("dynamodb", "secretsmanager")]
    assert used["Condition"] == {"StringEquals": {"kms:ViaService": through}}


def test_each_role_uses_it_for_what_it_reads_and_writes_alone(prod: Program) -> None:
    reads, writes = set(READ["dynamodb"]), {*READ["dynamodb"], *WRITE["dynamodb"]}
    used = {policy.name: uses(prod, policy.name) for policy in prod.all("RolePolicy")}
    expected = {
        "orchestrator": {"secretsmanager": {"kms:Decrypt"}},
        "catalog": {"dynamodb": writes},
        "orders": {"dynamodb": writes},
        "relay": {"dynamodb": reads},
        "fulfilment": {"dynamodb": writes, "secretsmanager": {"kms:Decrypt"}},
        "order-notices": {},
    }
    assert {name: used[name] for name in expected} == expected
    assert used == {name: needed(prod, name) for name in used}  # of a function that is added later, too


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_elsewhere_keys_of_aws_do(stack: str) -> None:
    program = deployed(stack, False)
    assert "data" not in {key.name for key in program.all("kms/key:Key")}
    assert [policy.name for policy in program.all("RolePolicy") if "kms:" in policy["policy"]] == []
    assert {table["serverSideEncryption"] for table in program.all("dynamodb/table:Table")} == {None}
    assert {secret["kmsKeyId"] for secret in program.all("secretsmanager/secret:Secret")} == {None}


def test_production_without_it_is_refused() -> None:
    with pytest.raises(settings.SettingsError, match=r"encryption\.customerKey must be true"):
        run(stack="prod", config={"crosscloud:encryption": {}})


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_keys_belong_to_one_account(stack: str) -> None:
    accounts = [ACCOUNT, "210987654321"]
    with pytest.raises(pulumi.RunError, match="aws:allowedAccountIds must name exactly one account"):
        run(stack=stack, config={"aws:allowedAccountIds": accounts})


@pytest.mark.parametrize("account", ["123", "12345678901a", "1234567890123", 12345])
def test_an_account_that_can_be_none_is_refused(account: object) -> None:
    with pytest.raises(pulumi.RunError, match=f"by its 12 digits in quotes, not {account!r}"):
        run(stack="dev", config={"aws:allowedAccountIds": [account]})
