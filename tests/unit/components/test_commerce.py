"""The rights to products, orders and their events, in the whole program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.commerce.domain import events
from app.commerce.storage import idempotency, orders, products
from app.contract.batches import RESERVE, SECONDS_PER_EVENT
from app.contract.events import types
from app.contract.events.generate import COMMON, FOLDER
from app.contract.operation import ORCHESTRATOR
from app.contract.reading import Contract
from components.commerce import INSERTED_EVENTS
from components.commerce_functions import BY_CUSTOMER
from tests.support import dead_letters
from tests.support.clouds import ACCOUNT, REGION
from tests.support.program import ROOT, STACKS, Declared, Program, deployed
from tests.support.services import functions

FUNCTIONS = sorted(functions() - {"orchestrator"})
SUFFIX = "-1a2b3c4"


@pytest.fixture(scope="module", params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    return deployed(request.param, False)


def statements(declared: Declared, member: str = "policy") -> list[dict[str, Any]]:
    return list(json.loads(declared[member])["Statement"])


def function(program: Program, name: str) -> Declared:
    return program.one("lambda/function:Function", name)


def rights(program: Program, role: str) -> set[str]:
    """`dynamodb:GetItem table/orders`, without the account, what Pulumi adds to names, and the use of the stack's key
    (test_encryption_key)."""
    found = set()
    for statement in statements(program.one("RolePolicy", role)):
        assert statement["Effect"] == "Allow"
        if statement["Action"][0].startswith("kms:"):
            continue
        resource = statement["Resource"].split(":", 5)[5].replace(SUFFIX, "")
        found |= {f"{action} {resource}" for action in statement["Action"]}
    return found


OF_THE_TABLES = {
    "catalog": {
        *(f"dynamodb:{action} table/products" for action in ("GetItem", "Scan", "PutItem", "UpdateItem", "DeleteItem")),
        *(f"dynamodb:{action} table/idempotency" for action in ("GetItem", "PutItem")),
    },
    "orders": {
        *(f"dynamodb:{action} table/orders" for action in ("GetItem", "PutItem", "Query")),
        "dynamodb:Query table/orders/index/by_customer",
        *(f"dynamodb:{action} table/products" for action in ("BatchGetItem", "UpdateItem")),
        *(f"dynamodb:{action} table/idempotency" for action in ("GetItem", "PutItem")),
    },
    "relay": {
        f"dynamodb:{action} table/orders/stream/*"
        for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    },
    "fulfilment": {
        *(f"dynamodb:{action} table/orders" for action in ("GetItem", "PutItem")),
        "dynamodb:UpdateItem table/products",
    },
}
OTHERS = {
    "catalog": set[str](),
    "orders": set[str](),
    "relay": {"events:PutEvents event-bus/orders", "sqs:SendMessage relay-dead-letters"},
    "fulfilment": {
        *(
            f"sqs:{action} fulfilment"
            for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
        ),
        "secretsmanager:GetSecretValue secret:fulfilment-AbCdEf",
    },
}


@pytest.mark.parametrize("name", sorted(OF_THE_TABLES))
def test_a_function_may_do_what_it_does_and_nothing_else(program: Program, name: str) -> None:
    own = {right for right in rights(program, name) if not right.startswith("logs:")}
    assert own == OF_THE_TABLES[name] | OTHERS[name]
    logs = {right for right in rights(program, name) if right.startswith("logs:")}
    assert {right.split()[0] for right in logs} == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert all(right.endswith(f"/{name}:*") for right in logs)


CONTRACT = Contract.read(ROOT / "app/contract/openapi.yaml")
TAKING_KEYS = [
    (function, operation_id)
    for function in CONTRACT.functions
    if function != ORCHESTRATOR  # the services keep the keys of what it forwards
    for operation_id in CONTRACT.idempotent(function)
]


def may(program: Program, role: str, action: str, key: str) -> bool:
    """Returns whether the role's policy allows `action` on the idempotency table's item with that partition key.

    As IAM evaluates StringLike: `*` stands for any characters, `?` for one, everything else for itself, in its case.
    """
    for statement in statements(program.one("RolePolicy", role)):
        if action in statement["Action"] and "table/idempotency" in statement["Resource"]:
            ((operator, condition),) = statement["Condition"].items()
            assert (operator, condition.keys()) == ("ForAllValues:StringLike", {"dynamodb:LeadingKeys"})
            patterns = [
                re.escape(one).replace(r"\*", ".*").replace(r"\?", ".") for one in condition["dynamodb:LeadingKeys"]
            ]
            if any(re.fullmatch(pattern, key) for pattern in patterns):
                return True
    return False


@pytest.mark.parametrize("action", ["dynamodb:GetItem", "dynamodb:PutItem"])
@pytest.mark.parametrize(("owner", "operation_id"), TAKING_KEYS)
def test_a_function_sees_and_keeps_the_answers_to_its_own_requests_alone(
    program: Program, owner: str, operation_id: str, action: str
) -> None:
    key = idempotency.claim("a-key", subject="ada", operation=operation_id, request={}).id
    assert {name for name in FUNCTIONS if may(program, name, action, key)} == {owner}


def test_every_function_with_the_table_of_keys_has_operations_that_take_keys(program: Program) -> None:
    given = {name for name in FUNCTIONS if "IDEMPOTENCY_TABLE" in function(program, name)["environment.variables"]}
    assert given == {owner for owner, _ in TAKING_KEYS}
    assert not any(may(program, name, "dynamodb:PutItem", "another#key") for name in FUNCTIONS)


def test_each_function_has_a_role_of_its_own_which_only_lambda_takes(program: Program) -> None:
    roles = [function(program, name)["role"] for name in FUNCTIONS]
    assert roles == [f"arn:aws:iam::{ACCOUNT}:role/{name}{SUFFIX}" for name in FUNCTIONS]
    for name in FUNCTIONS:
        (trust,) = statements(program.one("Role", name), "assumeRolePolicy")
        assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")


def test_nobody_else_touches_tables_queues_bus_and_topics(program: Program) -> None:
    touching = {
        policy.name
        for policy in program.all("RolePolicy")
        for statement in statements(policy)
        if re.match(r"arn:aws:(dynamodb|sqs|events|sns):", statement["Resource"])
    }
    assert touching == {*FUNCTIONS, "order-notices"}


# ---- events


def test_the_relay_alone_sends_events_and_only_those_of_orders(program: Program) -> None:
    (put,) = (one for one in statements(program.one("RolePolicy", "relay")) if one["Action"] == ["events:PutEvents"])
    (condition,) = put["Condition"].values()
    assert condition["events:source"] == [types.SOURCE]
    assert set(condition["events:detail-type"]) == set(types.TYPES)
    rule = json.loads(program.one("EventRule", "fulfilment")["eventPattern"])
    assert (rule["source"], set(rule["detail-type"])) == ([types.SOURCE], set(types.TYPES))


def test_the_events_that_are_granted_and_subscribed_to_are_those_that_are_described_and_written() -> None:
    described = {path.name.removesuffix(".json") for path in FOLDER.glob("*.json")} - {COMMON.removesuffix(".json")}
    assert described == {f"{type_}.v{events.VERSION}" for type_ in types.TYPES}
    assert sorted(events.TYPES.values()) == sorted(types.TYPES)
    assert events.SOURCE == types.SOURCE


def test_queues_and_topics_take_from_their_own_sender_alone(program: Program) -> None:
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/orders{SUFFIX}"
    policies = [*program.all("QueuePolicy"), program.one("TopicPolicy", "order-notices")]
    senders = {one.name: list(allowed(one)) for one in policies}
    fulfilment, rebuild = ([("events.amazonaws.com", f"{rule}/{name}{SUFFIX}")] for name in ("fulfilment", "rebuild"))
    assert senders == {
        "fulfilment": fulfilment,
        "fulfilment-dead-letters": fulfilment,
        "rebuild": rebuild,
        "rebuild-dead-letters": rebuild,
        "relay-dead-letters": [],
        "order-notices-dead-letters": [("events.amazonaws.com", f"{rule}/order-notices{SUFFIX}")],
        "order-notices": [],
    }


def allowed(policy: Declared) -> Iterator[tuple[str, str]]:
    """Yields the services that may send, each with the source on whose behalf it does."""
    tls, *others = statements(policy)
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    for one in others:
        assert len(one["Action"].split(":")) == 2
        yield one["Principal"]["Service"], one["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_whatever_fails_is_kept(program: Program) -> None:
    stream, queue = (program.one("EventSourceMapping", name) for name in ("relay", "fulfilment"))
    assert stream["destinationConfig.onFailure.destinationArn"].endswith(f":relay-dead-letters{SUFFIX}")
    assert queue["functionResponseTypes"] == ["ReportBatchItemFailures"]
    redrive = json.loads(program.one("sqs/queue:Queue", "fulfilment")["redrivePolicy"])
    assert redrive["deadLetterTargetArn"].endswith(f":fulfilment-dead-letters{SUFFIX}")
    assert redrive["maxReceiveCount"] == 10
    targets = {one.name: one["deadLetterConfig.arn"].rpartition(":")[2] for one in program.all("EventTarget")}
    assert targets == {name: f"{name}-dead-letters{SUFFIX}" for name in ("fulfilment", "rebuild", "order-notices")}


def test_only_a_rebuild_gets_the_events_of_its_replay(program: Program) -> None:
    """Otherwise customers would be told again what happened long ago, and orders would wait behind the archive."""
    names = {rule.name: json.loads(rule["eventPattern"])["replay-name"] for rule in program.all("EventRule")}
    live = [{"exists": False}, {"anything-but": {"prefix": "rebuild-"}}]
    assert names == {"fulfilment": live, "order-notices": live, "rebuild": [{"prefix": "rebuild-"}]}
    assert program.outputs["events"]["rebuild"]["queue"].endswith(f"/rebuild{SUFFIX}")
    assert program.outputs["events"]["rebuild"]["function"] == f"fulfilment{SUFFIX}:live"


def test_a_message_of_a_killed_call_waits_for_six_of_its_timeouts(program: Program) -> None:
    timeout = function(program, "fulfilment")["timeout"]
    assert program.one("sqs/queue:Queue", "fulfilment")["visibilityTimeoutSeconds"] == 6 * timeout


def test_a_call_of_fulfilment_has_time_for_every_event_that_it_is_given(program: Program) -> None:
    size = program.one("EventSourceMapping", "fulfilment")["batchSize"]
    assert size >= 1
    assert size * SECONDS_PER_EVENT + RESERVE <= function(program, "fulfilment")["timeout"]


def test_every_source_of_dead_letters_has_a_test_that_gives_them_back(program: Program) -> None:
    assert dead_letters.declared(program) == dead_letters.SOURCES


def test_every_dead_letter_queue_has_one_way_back(program: Program) -> None:
    ways = program.outputs["events"]["dead_letters"]
    queues = {queue["url"] for queue in map(dict, ways.values())}
    assert {one.name for one in program.all("sqs/queue:Queue") if one.name.endswith("-dead-letters")} == {
        url.rpartition("/")[2].replace(SUFFIX, "") for url in queues
    }
    assert all(len(way.keys() - {"url", "log_group"}) == 1 for way in ways.values())
    assert ways["fulfilment"]["log_group"] == program.one("cloudwatch/logGroup:LogGroup", "fulfilment")["name"]


def test_only_new_events_of_the_table_are_relayed(program: Program) -> None:
    (pattern,) = program.one("EventSourceMapping", "relay")["filterCriteria.filters"]
    assert json.loads(pattern["pattern"]) == INSERTED_EVENTS
    assert INSERTED_EVENTS["dynamodb"] == {"Keys": {"entry": {"S": [{"prefix": orders.EVENT}]}}}
    assert not orders.HEAD.startswith(orders.EVENT)


def test_tables_have_the_keys_that_the_code_writes(program: Program) -> None:
    tables = {one.name: one for one in program.all("dynamodb/table:Table")}
    keys = {name: {one[key] for key in ("hashKey", "rangeKey")} - {None} for name, one in tables.items()}
    assert keys == {
        "orders": set(orders._key("", "")),
        "products": set(products._key("")),
        "idempotency": {"id"},
    }
    (index,) = tables["orders"]["globalSecondaryIndexes"]
    assert index["name"] == BY_CUSTOMER == orders.INDEX


# ---- tables


def test_tables_can_be_restored_to_any_second_and_only_idempotency_forgets(program: Program) -> None:
    tables = {one.name: one for one in program.all("dynamodb/table:Table")}
    assert tables.keys() == {"products", "orders", "idempotency"}
    assert all(one["pointInTimeRecovery.enabled"] is True for one in tables.values())
    assert {name: one["ttl.attributeName"] for name, one in tables.items()} == {
        "products": None,
        "orders": None,
        "idempotency": "expires_at",
    }


@pytest.mark.parametrize(("stack", "protected"), [("local", False), ("dev", False), ("prod", True)])
def test_tables_are_protected_in_production(stack: str, protected: bool) -> None:
    for table in deployed(stack, False).all("dynamodb/table:Table"):
        assert (table.protect, table["deletionProtectionEnabled"]) == (protected, protected)


# ---- the way to the services


def test_fulfilment_has_a_certificate_and_a_secret_of_its_own(program: Program) -> None:
    secrets = {
        name: function(program, name)["environment.variables"]["UPSTREAM_TLS_SECRET_ARN"]
        for name in ("orchestrator", "fulfilment")
    }
    assert len(set(secrets.values())) == 2
    values = {name: json.loads(program.one("SecretVersion", name)["secretString"]) for name in secrets}
    assert len({value["certificate"] for value in values.values()}) == 2
    assert len({value["private_key"] for value in values.values()}) == 2
    assert len({value["ca"] for value in values.values()}) == 1
    for name in ("catalog", "orders", "relay"):
        assert not {"UPSTREAM_URL", "UPSTREAM_TLS_SECRET_ARN"} & function(program, name)["environment.variables"].keys()


def test_the_ingress_lets_in_the_orchestrator_and_fulfilment_and_nobody_else(program: Program) -> None:
    names = program.one("ClientTrafficPolicy")["spec.tls.clientValidation.subjectAltNames.uris"]
    assert all(one["type"] == "Exact" for one in names)
    assert [re.sub(r"^spiffe://crosscloud/[a-z]+/", "", one["value"]) for one in names] == [
        "orchestrator",
        "fulfilment",
    ]


# ---- what customers are told


def test_customers_are_notified_of_what_becomes_of_their_orders(program: Program) -> None:
    rule = program.one("EventRule", "order-notices")
    told = [type_ for type_ in types.TYPES if type_ != types.CONFIRMED]
    pattern = json.loads(rule["eventPattern"])
    assert (pattern["source"], pattern["detail-type"]) == ([types.SOURCE], told)
    assert program.one("sns/topic:Topic", "order-notices")["kmsMasterKeyId"] == "alias/aws/sns"


def test_only_that_rule_publishes_notices_and_can_do_nothing_else(program: Program) -> None:
    target = program.one("EventTarget", "order-notices")
    assert target["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/order-notices{SUFFIX}"
    assert target["arn"].endswith(f":order-notices{SUFFIX}")
    assert rights(program, "order-notices") == {"sns:Publish order-notices"}
    (trust,) = statements(program.one("Role", "order-notices"), "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"].endswith(f"/order-notices{SUFFIX}")
    assert program.one("RolePolicy", "order-notices").urn in program.after(target)
