from __future__ import annotations

from tests.support.program import Declared
from tests.unit.components.events import program, statements


def topic(name: str) -> Declared:
    return program().one("sns/topic:Topic", name)


def test_notices_are_encrypted_and_alarms_go_where_alarms_can_publish() -> None:
    assert topic("notices")["kmsMasterKeyId"] == "alias/aws/sns"
    assert topic("operators")["kmsMasterKeyId"] is None


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
