import json
from pathlib import Path

import pytest

from app.contract import events
from app.contract.events import generate
from app.contract.events.validation import EventError, checked

FOLDER = Path(events.__file__).parent
SCHEMAS = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
EXAMPLES = [
    pytest.param(example, id=name) for name, schema in SCHEMAS.items() for example in schema.get("examples", [])
]


def test_the_generated_module_is_current():
    assert generate.TARGET.read_text() == generate.generate()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_says_what_it_is(name):
    schema = SCHEMAS[name]

    assert schema["$id"] == f"tag:crosscloud,2026:events/{name}"
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["description"]
    assert name == generate.COMMON or name == f"{schema['title']}.v1.json"
    assert name == generate.COMMON or schema["examples"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_valid(example):
    assert checked(example) is example


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_member_of_the_envelope_is_needed(example):
    for name in example:
        with pytest.raises(EventError):
            checked({key: value for key, value in example.items() if key != name})


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_member_of_the_data_is_needed(example):
    for name in example["data"]:
        with pytest.raises(EventError, match=name):
            checked(example | {"data": {key: value for key, value in example["data"].items() if key != name}})


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_member_that_a_later_edition_adds_is_taken(example):
    checked(example | {"channel": "web", "data": example["data"] | {"channel": "web"}})


@pytest.mark.parametrize(
    "change",
    [
        {"id": "5B0C7A52-8A0E-4C1B-9D3E-0A1C2B3D4E5F"},
        {"id": "0d1f3b6a-7c1e-4a56-8f0b-9e2d4c6a8b10\n"},
        {"version": 2},
        {"version": "1"},
        {"version": 1.0},
        {"type": "order.lost"},
        {"type": ["order.placed"]},
        {"sequence": 0},
        {"sequence": True},
        {"occurred_at": "2026-11-02T09:30:00+01:00"},
        {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-x"},
        {"request_id": "short"},
        {"customer_id": "auth0|1"},
        {"data": []},
    ],
)
def test_what_is_no_event(change):
    example = SCHEMAS["order.confirmed.v1.json"]["examples"][0]

    with pytest.raises(EventError):
        checked(example | change)


@pytest.mark.parametrize("document", [None, [], "order.placed", 1])
def test_what_is_no_object(document):
    with pytest.raises(EventError, match="a JSON object"):
        checked(document)


def test_the_error_says_what_is_wrong_without_the_values():
    example = SCHEMAS["order.placed.v1.json"]["examples"][0]

    with pytest.raises(EventError) as caught:
        checked(example | {"customer_id": "alice@example.com"})

    assert "customer_id must match pattern" in str(caught.value)
    assert "alice@" not in str(caught.value)
