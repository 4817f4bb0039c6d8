from __future__ import annotations

from tests.support.program import Declared
from tests.unit.components.events import program


def table(*, protect: bool = False) -> Declared:
    return program(protect=protect).one("dynamodb/table:Table")


def test_what_is_written_can_be_brought_back() -> None:
    assert table()["pointInTimeRecovery"] == {"enabled": True}


def test_only_a_protected_table_is_kept_from_being_deleted() -> None:
    protected = table(protect=True)
    assert (protected["deletionProtectionEnabled"], protected.protect) == (True, True)
    free = table()
    assert (free["deletionProtectionEnabled"], free.protect) == (False, False)


def test_it_is_paid_for_by_use_and_has_no_capacity_that_could_be_short() -> None:
    assert table()["billingMode"] == "PAY_PER_REQUEST"
    assert table()["readCapacity"] is None


def test_every_key_is_declared_once_with_its_type() -> None:
    assert {one["name"]: one["type"] for one in table()["attributes"]} == {
        "customer": "S",
        "pk": "S",
        "placed_at": "N",
        "sk": "S",
    }
    assert len(table()["attributes"]) == 4
    assert (table()["hashKey"], table()["rangeKey"]) == ("pk", "sk")
    (index,) = table()["globalSecondaryIndexes"]
    assert (index["name"], index["projectionType"]) == ("by-customer", "ALL")
    assert [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]] == [
        ("customer", "HASH"),
        ("placed_at", "RANGE"),
    ]


def test_the_stream_tells_what_was_before_and_after() -> None:
    assert (table()["streamEnabled"], table()["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_items_expire_by_the_named_attribute() -> None:
    assert table()["ttl"] == {"attributeName": "expires", "enabled": True}
