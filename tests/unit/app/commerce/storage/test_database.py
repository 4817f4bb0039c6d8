"""Collisions, throttling and outages, which the emulator never has: the answers of the client are scripted."""

import json
import re
import time
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError

from app.commerce.errors import ConditionsFailedError, UnavailableError
from app.commerce.storage.database import COLLISIONS, Action, Database
from app.functions.kit import aws
from tests.support.program import ROOT

ACTIONS = [
    Action(name="order", write={"Put": {"TableName": "orders", "Item": {"order_id": {"S": "1"}}}}),
    Action(
        name="line 0",
        write={"Update": {"TableName": "products", "Key": {"product_id": {"S": "p"}}, "UpdateExpression": "SET a = b"}},
    ),
]


def error(client, code: str, status: int = 400, **members):
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **members}
    return getattr(client.exceptions, code, ClientError)(response, "Operation")


def cancelled(client, *codes: str, item: dict | None = None):
    reasons = [{"Code": code} | ({"Item": item} if item and code == "ConditionalCheckFailed" else {}) for code in codes]
    return error(client, "TransactionCanceledException", CancellationReasons=reasons)


class Scripted:
    """Answers as the list says, its last entry for ever; an exception is raised."""

    def __init__(self, client, *answers) -> None:
        self.exceptions = client.exceptions
        self.answers = list(answers)
        self.requests: list[dict] = []

    def __getattr__(self, _: str):
        def call(**request):
            self.requests.append(request)
            answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


@pytest.fixture(scope="module")
def client():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        return aws.client("dynamodb", {"AWS_REGION": "eu-west-1"})


@pytest.fixture
def database(client):
    def make(*answers, seconds: float = 5.0) -> Database:
        pauses: list[float] = []
        made = Database(
            client=Scripted(client, *answers),
            deadline=time.monotonic() + seconds,
            backoff=replace(COLLISIONS, sleep=pauses.append, uniform=lambda _, high: high),
        )
        object.__setattr__(made, "pauses", pauses)
        return made

    return make


def unavailable(call) -> None:
    with pytest.raises(UnavailableError):
        call()


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_collision_is_tried_again_after_growing_pauses(client, database, code):
    db = database(*[cancelled(client, "None", code)] * 3, {})

    db.transact(ACTIONS)

    assert len(db.client.requests) == 4
    assert db.pauses == [COLLISIONS.first, 2 * COLLISIONS.first, 4 * COLLISIONS.first]
    assert all("ClientRequestToken" not in request for request in db.client.requests)  # the SDK makes one per attempt


def test_collisions_end_at_the_deadline(client, database):
    db = database(cancelled(client, "TransactionConflict", "None"), seconds=COLLISIONS.longest / 2)

    unavailable(lambda: db.transact(ACTIONS))

    assert len(db.client.requests) >= 2


def test_a_collision_decides_nothing_about_a_condition(client, database):
    """The other condition may hold at the next attempt, together with that which collided."""
    db = database(cancelled(client, "ConditionalCheckFailed", "TransactionConflict"), {})

    db.transact(ACTIONS)

    assert len(db.client.requests) == 2


def test_refused_conditions_are_named_with_what_was_found(client, database):
    item = {"quantity": {"N": "1"}}
    db = database(cancelled(client, "None", "ConditionalCheckFailed", item=item))

    with pytest.raises(ConditionsFailedError) as caught:
        db.transact(ACTIONS)

    assert caught.value.items == {"line 0": item}


def test_a_mistake_of_ours_is_not_unavailability(client, database):
    db = database(cancelled(client, "ValidationError", "None"))

    with pytest.raises(RuntimeError, match="refuses order: ValidationError"):
        db.transact(ACTIONS)


def test_nothing_is_written_but_by_transactions():
    """The SDK repeats a call whose answer was lost. Of a single conditional write DynamoDB would judge the condition
    once more, against what the first attempt has written."""
    sources = [path for folder in ("commerce", "functions") for path in (ROOT / "app" / folder).rglob("*.py")]
    single = re.compile(r"\b(put_item|update_item|delete_item|batch_write_item|execute_statement)\b")

    assert [str(path) for path in sources if single.search(path.read_text())] == []


@pytest.mark.parametrize(
    "failure",
    [
        lambda client: error(client, "ProvisionedThroughputExceededException"),
        lambda client: error(client, "TransactionInProgressException"),
        lambda client: error(client, "ThrottlingException"),
        lambda client: error(client, "RequestLimitExceeded"),
        lambda client: error(client, "InternalServerError", 500),
        lambda _: EndpointConnectionError(endpoint_url="http://127.0.0.1"),
    ],
)
@pytest.mark.parametrize("call", [lambda db: db.get("t", {}), lambda db: db.transact(ACTIONS)], ids=["get", "transact"])
def test_an_outage_is_a_503(client, database, failure, call):
    unavailable(lambda: call(database(failure(client))))


def test_what_is_forbidden_is_not_unavailability(client, database):
    with pytest.raises(ClientError):
        database(error(client, "AccessDeniedException")).get("t", {})


def test_a_request_that_makes_no_sense_is_not_unavailability(client):
    with pytest.raises(ParamValidationError):
        Database(client=client, deadline=time.monotonic() + 5).get("t", {"id": "no attribute"})


def test_nothing_begins_after_the_deadline(database):
    db = database({}, seconds=-1)

    unavailable(lambda: db.get("t", {}))

    assert db.client.requests == []


def test_keys_that_were_not_processed_are_read_again(database):
    rest = {"t": {"Keys": [{"id": {"S": "2"}}]}}
    db = database({"Responses": {"t": [{"id": {"S": "1"}}]}, "UnprocessedKeys": rest}, {"Responses": {"t": [rest]}})

    assert len(db.get_all("t", [{"id": {"S": "1"}}, {"id": {"S": "2"}}])) == 2
    assert db.client.requests[1]["RequestItems"] == rest


def test_the_sdk_names_each_attempt_by_a_token(client):
    """The SDK's own repetition of a transaction whose answer was lost then has the effect of one."""
    seen = []
    client.meta.events.register(
        "before-send.dynamodb.TransactWriteItems",
        lambda request, **_: seen.append(json.loads(request.body)) or _answer(),
    )

    for _ in range(2):
        Database(client=client, deadline=time.monotonic() + 5).transact(ACTIONS)

    assert seen[0]["ClientRequestToken"] != seen[1]["ClientRequestToken"]
    assert seen[0]["TransactItems"][1]["Update"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


def _answer():
    from botocore.awsrequest import AWSResponse

    class Raw:
        def stream(self):
            yield b"{}"

    return AWSResponse("http://127.0.0.1", 200, {}, Raw())
