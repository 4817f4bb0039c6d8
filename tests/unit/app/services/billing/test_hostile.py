"""Hostile requests: the service never fails, and money always adds up, whatever is sent."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mutations import VALUES, bodies
from tests.unit.app.services.billing.test_api import DRAFT, ORDER

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
KEYS = st.one_of(st.none(), st.binary(max_size=10), st.sampled_from([b"key-1", b"x" * 129]))
SUM = """
select count(*) from orders as o
where total <> (select coalesce(sum(quantity * unit_price), 0) from order_items where order_id = o.id)
    or not exists (select from invoices where order_id = o.id)
"""


@MANY
@given(bodies(DRAFT | {"order_id": ORDER}), KEYS)
def test_no_draft_makes_it_fail(call, rows, body, key):
    raw = [(b"idempotency-key", key)] if key is not None else []
    headers = {"content-type": "application/json"}
    reply = call("POST", "/invoices", headers=headers, raw=raw, body=body, principal="system/fulfilment")

    assert 200 <= reply.status < 500, reply
    if reply.status > 201:
        assert json.loads(reply.body)["status"] == reply.status
    else:
        assert rows(SUM)[0][0] == 0


@MANY
@given(st.sampled_from(["user_id=a&cursor={}", "user_id={}", "user_id=a&limit={}", "{}"]), VALUES)
def test_no_parameter_makes_it_fail(call, query, value):
    assert 200 <= call("GET", f"/invoices?{query.format(value)}").status < 500
    assert 200 <= call("GET", f"/invoices/{value}").status < 500
