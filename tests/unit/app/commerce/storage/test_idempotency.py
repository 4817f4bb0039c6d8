import time

import pytest

from app.commerce.errors import KeyReusedError, OutOfStockError
from app.commerce.storage.database import Database
from app.commerce.storage.idempotency import LIFETIME, Keys, claim

RESULT = {"status": 201, "headers": {"location": "/orders/1"}, "body": '{"id": "1"}'}


def claimed(key="k", subject="alice", operation="createOrder", request=None):
    return claim(key, subject=subject, operation=operation, request=request or {"a": 1, "b": 2})


@pytest.fixture
def keys(shop):
    def make(now: float = 1_800_000_000.5) -> Keys:
        database = Database(client=shop.dynamodb, deadline=time.monotonic() + 10)
        return Keys(database=database, table=shop.names["keys"], now=lambda: now)

    return make


def effect(keys: Keys, result: dict, done: list):
    """An effect whose transaction is nothing but the record of its key."""

    def act(remember) -> dict:
        keys.database.transact(remember(result))
        done.append(result)
        return result

    return act


@pytest.mark.parametrize(
    "other",
    [claimed("other"), claimed(subject="bob"), claimed(operation="createProduct")],
    ids=["key", "caller", "operation"],
)
def test_keys_are_apart_by_caller_and_operation(keys, other):
    done: list = []
    for each in (claimed(), other):
        keys().once(each, effect(keys(), RESULT, done))

    assert len(done) == 2


def test_an_equal_request_is_equal_whatever_the_order_of_its_members():
    assert claimed(request={"b": 2, "a": 1}) == claimed(request={"a": 1, "b": 2})
    assert claimed(request={"b": 2}).fingerprint != claimed().fingerprint


def test_a_key_with_another_request_is_refused(keys):
    keys().once(claimed(), effect(keys(), RESULT, []))

    with pytest.raises(KeyReusedError):
        keys().once(claimed(request={"a": 3}), pytest.fail)


@pytest.mark.parametrize(("seconds", "runs"), [(LIFETIME - 1, 1), (LIFETIME, 1), (LIFETIME + 1, 2), (LIFETIME * 9, 2)])
def test_an_answer_is_kept_for_a_day_also_when_the_record_is_still_there(keys, shop, seconds, runs):
    done: list = []
    other = {"status": 201, "headers": {}, "body": "null"}
    keys().once(claimed(), effect(keys(), RESULT, done))

    later = keys(1_800_000_000.5 + seconds)
    answer = later.once(claimed(), effect(later, other, done))

    assert len(done) == runs
    assert answer == (RESULT if runs == 1 else other)
    (record,) = shop.items("keys")
    assert record["expires_at"] == int((done[-1] is other and later.now()) or keys().now()) + LIFETIME


def test_a_refused_effect_leaves_the_key_free(keys):
    def refuse(_):
        raise OutOfStockError([0])

    with pytest.raises(OutOfStockError):
        keys().once(claimed(), refuse)

    assert keys().once(claimed(), effect(keys(), RESULT, [])) == RESULT


def test_a_refusal_gives_way_to_the_answer_that_was_stored_meanwhile(keys):
    """The last item went to the first request with the key: a repetition of it isn't out of stock."""

    def overtaken(remember):
        keys().database.transact(remember(RESULT))
        raise OutOfStockError([0])

    assert keys().once(claimed(), overtaken) == RESULT


def test_without_a_key_the_effect_happens_each_time_and_nothing_is_stored(keys, shop):
    done: list = []
    for _ in range(2):
        keys().once(None, lambda remember: done.append(remember(RESULT)) or RESULT)

    assert (done, shop.items("keys")) == ([[], []], [])


def test_the_record_tells_nothing_of_the_key_or_the_request(keys, shop):
    keys().once(claimed("secret-key", request={"card": "4111"}), effect(keys(), RESULT, []))

    (record,) = shop.items("keys")

    assert record["id"].startswith("createOrder#")
    assert "secret-key" not in str(record)
    assert "4111" not in str(record)
