"""Hostile requests: the service never fails, whatever is sent."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mutations import VALUES, bodies
from tests.unit.app.services.analytics.conftest import event
from tests.unit.app.services.analytics.test_events import SALE

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
BATCH = {"events": [event(**SALE), event()]}
QUERY = {"currency": "CHF", "from": "2030-05-01", "to": "2030-05-31", "type": "sale", "resamples": 100}


def answered(reply) -> None:
    assert 200 <= reply.status < 500, reply
    if reply.status != 200:
        assert json.loads(reply.body)["status"] == reply.status


@MANY
@given(bodies(BATCH))
def test_no_batch_makes_it_fail(call, body):
    answered(call("POST", "/events", headers={"content-type": "application/json"}, body=body))


@MANY
@given(bodies(QUERY))
def test_no_query_of_a_report_makes_it_fail(call, body):
    answered(call("POST", "/analytics/reports", headers={"content-type": "application/json"}, body=body))


@MANY
@given(
    st.sampled_from(
        [
            "/events?user_id=123&cursor={}",
            "/events?user_id={}",
            "/events?user_id=123&limit={}",
            "/analytics/summary?from={}",
            "/analytics/summary?to={}",
            "/analytics/summary?from={0}&to={0}",
        ]
    ),
    VALUES,
)
def test_no_parameter_makes_it_fail(call, path, value):
    answered(call("GET", path.format(value)))


@pytest.mark.parametrize(("path", "good"), [("/events", BATCH), ("/analytics/reports", QUERY)])
def test_the_good_ones_get_through(post, path, good):
    """The tests above would prove nothing if everything were refused at the door."""
    assert post(path, good).status == 200
