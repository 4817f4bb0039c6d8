import json
import re

import pytest

from app.contract import logs


def test_a_line_is_one_object_with_the_members_of_the_contract():
    text = logs.line(
        level="INFO", service="users", message="request", request_id="r", trace_id="t", status=200, route=None
    )
    record = json.loads(text)

    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record.pop("timestamp"))
    assert record == {
        "level": "INFO", "service": "users", "message": "request", "request_id": "r", "trace_id": "t", "status": 200
    }  # fmt: skip


def test_nothing_in_a_value_breaks_the_line():
    text = logs.line(level="INFO", service="users", message='a\nb"\u2028\ud800', stack="x\ny")

    assert text.count("\n") == 1
    assert json.loads(text)["message"] == 'a\nb"\u2028\ud800'


@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600", "\ud800", '\n"'])
def test_a_line_is_never_longer_than_its_bound_and_says_what_it_can(letter):
    text = letter * 100_000
    line = logs.line(level="ERROR", service="users", message="request", request_id="r-1", stack=text, reason=text, n=1)
    record = json.loads(line)

    assert len(line.encode()) <= logs.LONGEST
    assert len(line) > logs.LONGEST / 8
    assert (record["request_id"], record["message"], record["n"]) == ("r-1", "request", 1)
    assert record["stack"].endswith("…")
    assert text.startswith(record["stack"].removesuffix("…"))


@pytest.mark.parametrize("length", [10, 16_000, 16_300, 100_000])
def test_a_last_member_stays_whole_within_the_bound(length):
    line = logs.line(level="INFO", service="users", message="m", last='"_aws":{"A":[1]}', text="x" * length)

    assert len(line.encode()) <= logs.LONGEST
    assert line.endswith(',"_aws":{"A":[1]}}\n')
    assert json.loads(line)["_aws"] == {"A": [1]}


def test_a_member_that_is_no_json_value_does_not_lose_the_line():
    assert json.loads(logs.line(level="INFO", service="users", message="m", error=b"x"))["error"] == "b'x'"
