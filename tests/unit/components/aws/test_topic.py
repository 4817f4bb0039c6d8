from __future__ import annotations

from tests.support.clouds import ACCOUNT
from tests.support.program import Declared
from tests.unit.components.events import program, statements


def topic(name: str) -> Declared:
    return program().one("sns/topic:Topic", name)


def test_topics_are_encrypted_and_services_can_use_the_key_of_those_that_they_publish_to() -> None:
    assert topic("notices")["kmsMasterKeyId"] == "alias/aws/sns"
    key = program().one("kms/key:Key")
    assert topic("operators")["kmsMasterKeyId"].endswith(":key/operators-1a2b3c4")
    assert (key.name, key["enableKeyRotation"]) == ("operators", True)
    assert (key.protect, program(protect=True).one("kms/key:Key").protect) == (False, True)


def test_the_key_is_used_by_the_senders_on_behalf_of_their_sources_and_only_kept_by_the_account() -> None:
    account, sender = statements(program().one("kms/key:Key"))
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert {"kms:PutKeyPolicy", "kms:CancelKeyDeletion"} <= set(account["Action"])
    assert not {"kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"} & set(account["Action"])
    assert sender["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert sender["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert sender["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:1:alarm:*"}}


def test_publishing_takes_tls() -> None:
    for name in ("notices", "operators"):
        (tls,) = (one for one in statements(program().one("TopicPolicy", name)) if one["Effect"] == "Deny")
        assert (tls["Action"], tls["Principal"]) == ("sns:Publish", "*")
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_only_the_named_services_publish() -> None:
    allowed = {
        name: [one["Principal"] for one in statements(program().one("TopicPolicy", name)) if one["Effect"] == "Allow"]
        for name in ("notices", "operators")
    }
    assert allowed == {"notices": [], "operators": [{"Service": "cloudwatch.amazonaws.com"}]}
