import json
import re

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
