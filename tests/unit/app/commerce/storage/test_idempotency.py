import time

import pytest

from app.commerce.storage.attributes import load
from app.commerce.storage.database import Database
from app.commerce.storage.idempotency import LIFETIME, Answer, Keys, claim
from app.contract.problems import CONFLICT, ProblemError

ANSWER = Answer(status=201, headers={"location": "/orders/1"}, body={"id": "1"})


def claimed(key="k", subject="alice", operation="createOrder", request=None):
    return claim(key, subject=subject, operation=operation, request=request or {"a": 1, "b": 2})


@pytest.fixture
def keys(shop):
    def make(now: float = 1_800_000_000.5) -> Keys:
        database = Database(client=shop.dynamodb, deadline=time.monotonic() + 10)
        return Keys(database=database, table=shop.names["keys"], now=lambda: now)

    return make


def effect(keys: Keys, its_claim, answer: Answer, done: list):
    def act() -> Answer:
        keys.database.transact(keys.store(its_claim, answer))
        done.append(answer)
        return answer

    return act


@pytest.mark.parametrize(
    "other",
    [claimed("other"), claimed(subject="bob"), claimed(operation="createProduct")],
    ids=["key", "caller", "operation"],
)
def test_keys_are_apart_by_caller_and_operation(keys, other):
    done: list = []
    for each in (claimed(), other):
        keys().once(each, effect(keys(), each, ANSWER, done))

    assert len(done) == 2


def test_an_equal_request_is_equal_whatever_the_order_of_its_members():
    assert claimed(request={"b": 2, "a": 1}) == claimed(request={"a": 1, "b": 2})
    assert claimed(request={"b": 2}).fingerprint != claimed().fingerprint


def test_a_key_with_another_request_is_refused(keys):
    keys().once(claimed(), effect(keys(), claimed(), ANSWER, []))

    with pytest.raises(ProblemError) as caught:
        keys().once(claimed(request={"a": 3}), pytest.fail)

    assert (caught.value.kind.slug, caught.value.kind.status) == ("idempotency-key-reused", 422)


@pytest.mark.parametrize(("seconds", "runs"), [(LIFETIME - 1, 1), (LIFETIME, 1), (LIFETIME + 1, 2), (LIFETIME * 9, 2)])
def test_an_answer_is_kept_for_a_day_also_when_the_record_is_still_there(keys, shop, seconds, runs):
    done: list = []
    other = Answer(status=201, headers={}, body=None)
    keys().once(claimed(), effect(keys(), claimed(), ANSWER, done))

    later = keys(1_800_000_000.5 + seconds)
    answer = later.once(claimed(), effect(later, claimed(), other, done))

    assert len(done) == runs
    assert answer == (ANSWER if runs == 1 else other)
    (record,) = shop.items("keys")
    assert record["expires_at"] == int((done[-1] is other and later.now()) or keys().now()) + LIFETIME


def test_a_refused_effect_leaves_the_key_free(keys):
    def refuse():
        raise ProblemError(CONFLICT, "Out of stock.")

    with pytest.raises(ProblemError):
        keys().once(claimed(), refuse)

    assert keys().once(claimed(), effect(keys(), claimed(), ANSWER, [])) == ANSWER


def test_a_refusal_gives_way_to_the_answer_that_was_stored_meanwhile(keys):
    """The last item went to the first request with the key: a repetition of it isn't out of stock."""

    def overtaken():
        keys().database.transact(keys().store(claimed(), ANSWER))
        raise ProblemError(CONFLICT, "Out of stock.")

    assert keys().once(claimed(), overtaken) == ANSWER


def test_the_record_tells_nothing_of_the_key_or_the_request(keys):
    (action,) = keys().store(claimed("secret-key", request={"card": "4111"}), ANSWER)

    record = load(action.write["Put"]["Item"])

    assert record["id"].startswith("createOrder#")
    assert "secret-key" not in str(record)
    assert "4111" not in str(record)
