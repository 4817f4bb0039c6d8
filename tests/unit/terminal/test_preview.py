"""The changes that `up` would make, found on a program and a state that the test makes up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.errors import LocalError
from local.provider import Made, Package, Properties, Recorded
from local.state import Entry
from planning.run import run_program
from terminal.preview import Preview

QUEUE, POLICY = "aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy"
PROGRAM = """
import pulumi
import pulumi_aws as aws

queue = aws.sqs.Queue("queue", name={name!r}, delay_seconds={delay})
aws.sqs.QueuePolicy("policy", queue_url=queue.url, policy=queue.arn.apply(lambda arn: "for " + arn))
{more}
"""


def never(name: str, _: Properties) -> Made:
    raise AssertionError(name)


def entry(type_: str, name: str, **fields: object) -> Entry:
    urn = f"urn:pulumi:local::crosscloud::{type_}::{name}"
    return Entry(urn=urn, type=type_, name=name, custom=True, id=f"{name}-1", **fields)  # type: ignore[arg-type]


HERE = (
    entry(QUEUE, "queue", inputs={"name": "q", "delaySeconds": 1}, outputs={"url": "http://q", "arn": "arn:q"}),
    entry(POLICY, "policy", inputs={"queueUrl": "http://q", "policy": "for arn:q"}),
)


def previewed(root: Path, *entries: Entry, name: str = "q", delay: int = 1, more: str = "") -> list[str]:
    (root / "Pulumi.yaml").write_text("name: crosscloud\n")
    (root / "Pulumi.local.yaml").write_text("config: {aws:region: eu-central-1}\n")
    (root / "__main__.py").write_text(PROGRAM.format(name=name, delay=delay, more=more))
    handlers = {QUEUE: Recorded(never), POLICY: Recorded(never)}
    preview = Preview.of([Package(handlers=handlers)], entries)
    run_program(root, "local", preview, preview=True)
    preview.finish()
    return [f"{each.operation} {each.name} {' '.join(each.changed)}".strip() for each in preview.events]


def test_nothing_is_changed_where_all_is_as_declared(tmp_path: Path) -> None:
    assert previewed(tmp_path, *HERE) == ["same queue", "same policy"]


def test_a_first_up_creates_everything(tmp_path: Path) -> None:
    assert previewed(tmp_path) == ["create queue", "create policy"]


def test_a_changed_input_is_named_and_what_does_not_follow_from_it_stays(tmp_path: Path) -> None:
    assert previewed(tmp_path, *HERE, delay=2) == ["update queue delaySeconds", "same policy"]


def test_a_replacement_makes_what_refers_to_it_change_too(tmp_path: Path) -> None:
    found = previewed(tmp_path, *HERE, name="other")
    assert found == ["replace queue name", "update policy policy queueUrl"]


def test_what_is_no_longer_declared_is_deleted_dependents_first(tmp_path: Path) -> None:
    left = entry(QUEUE, "left")
    on_it = entry(POLICY, "on-it", dependencies=(left.urn,))
    assert previewed(tmp_path, left, *HERE, on_it)[-2:] == ["delete on-it", "delete left"]


def test_what_was_not_finished_is_done_again(tmp_path: Path) -> None:
    queue = replace(HERE[0], status="updating")
    assert previewed(tmp_path, queue, HERE[1]) == ["update queue", "same policy"]


def test_an_unknown_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="extra: the local stack has no provider for the type aws:sns/topic:Topic"):
        previewed(tmp_path, more="aws.sns.Topic('extra')")
