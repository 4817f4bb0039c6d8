"""Each rule both ways: the same change of what a caller sends and of what a caller gets, and the change back."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.contract import document
from tools.breaking.__main__ import CONTRACT, main
from tools.breaking.operations import breaking
from tools.breaking.schemas import UncomparableError

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[4]


def contract(*, sent: Json | None = None, got: Json | None = None, **operation: Any) -> Json:
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}}
    answer = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Got"}}}}
    things = {"operationId": "make", "requestBody": body, "responses": {"200": answer}, **operation}
    return {
        "info": {"version": "1.0.0"},
        "paths": {"/things": {"post": things}},
        "components": {"schemas": {"Sent": sent or {}, "Got": got or {}}},
    }


TEXT = {"type": "string"}
CLOSED = {"type": "object", "additionalProperties": False, "properties": {"a": TEXT}}
OPEN = {"type": "object", "properties": {"a": TEXT}}

# name: (the wider schema, the narrower one, what is said when a request narrows, and when an answer widens)
SCHEMAS: dict[str, tuple[Json, Json, str, str]] = {
    "type": ({}, TEXT, "`type` is string, was any", "`type` is any, was string"),
    "number and integer": ({"type": "number"}, {"type": "integer"}, "is integer, was number", "is number, was integer"),
    "nullable": ({**TEXT, "nullable": True}, TEXT, "is string, was null or string", "is null or string, was string"),
    "enum": (TEXT, {**TEXT, "enum": ["a"]}, '`enum` is ["a"], was not there', '`enum` is not there, was ["a"]'),
    "enum's values": ({"enum": ["a", "b"]}, {"enum": ["a"]}, 'is ["a"], was ["a", "b"]', 'is ["a", "b"], was ["a"]'),
    "minimum": ({"minimum": 1}, {"minimum": 2}, "`minimum` is 2, was 1", "`minimum` is 1, was 2"),
    "first minimum": ({}, {"minimum": -5}, "`minimum` is -5, was not there", "`minimum` is not there, was -5"),
    "exclusive minimum": (
        {"minimum": 1},
        {"minimum": 1, "exclusiveMinimum": True},
        "`minimum` is 1 (exclusive), was 1",
        "`minimum` is 1, was 1 (exclusive)",
    ),
    "maximum": ({"maximum": 2}, {"maximum": 1}, "`maximum` is 1, was 2", "`maximum` is 2, was 1"),
    "first maximum": ({}, {"maximum": 5}, "`maximum` is 5, was not there", "`maximum` is not there, was 5"),
    "minLength": ({"minLength": 1}, {"minLength": 2}, "`minLength` is 2", "`minLength` is 1"),
    "maxLength": ({"maxLength": 2}, {"maxLength": 1}, "`maxLength` is 1", "`maxLength` is 2"),
    "minItems": ({"minItems": 1}, {"minItems": 2}, "`minItems` is 2", "`minItems` is 1"),
    "maxItems": ({"maxItems": 2}, {"maxItems": 1}, "`maxItems` is 1", "`maxItems` is 2"),
    "minProperties": ({"minProperties": 1}, {"minProperties": 2}, "`minProperties` is 2", "`minProperties` is 1"),
    "maxProperties": ({"maxProperties": 2}, {"maxProperties": 1}, "`maxProperties` is 1", "`maxProperties` is 2"),
    "pattern": (TEXT, {**TEXT, "pattern": "^a$"}, '`pattern` is "^a$"', '`pattern` is not there, was "^a$"'),
    "format": (TEXT, {**TEXT, "format": "date"}, '`format` is "date"', '`format` is not there, was "date"'),
    "uniqueItems": ({"uniqueItems": False}, {"uniqueItems": True}, "`uniqueItems` is true", "`uniqueItems` is false"),
    "required": (
        OPEN,
        {**OPEN, "required": ["a"]},
        "the body.a is required now",
        "answer 200.a is no longer always there",
    ),
    "additional members": (OPEN, CLOSED, "takes no other members now", "may have other members now"),
    "additional members' schema": (
        {"additionalProperties": TEXT},
        {"additionalProperties": {**TEXT, "maxLength": 3}},
        "the body.*: `maxLength` is 3",
        "the answer 200.*: `maxLength` is not there",
    ),
    "items": (
        {"items": {"maximum": 9}},
        {"items": {"maximum": 8}},
        "the body[]: `maximum` is 8",
        "answer 200[]: `maximum` is 9",
    ),
    "inner member": (
        {"properties": {"a": {"properties": {"b": {}}}}},
        {"properties": {"a": {"properties": {"b": TEXT}}}},
        "the body.a.b: `type` is string, was any",
        "the answer 200.a.b: `type` is any, was string",
    ),
    "part of allOf": (
        {"allOf": [OPEN, {"properties": {"b": {}}}]},
        {"allOf": [OPEN, {"properties": {"b": TEXT}, "required": ["a"]}]},
        "the body.b: `type` is string, was any",
        "the answer 200.b: `type` is any, was string",
    ),
    "oneOf": ({}, {"oneOf": [TEXT]}, "`oneOf` is new", "`oneOf` is gone"),
    "alternative": (
        {"oneOf": [TEXT, {"type": "integer"}]},
        {"oneOf": [TEXT]},
        '`oneOf` lacks {"type": "integer"}',
        '`oneOf` has in addition {"type": "integer"}',
    ),
}


def said(old: Json, new: Json) -> str:
    return "\n".join(breaking(old, new))


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_request_may_not_narrow(case: str) -> None:
    wide, narrow, sentence, _ = SCHEMAS[case]
    assert sentence in said(contract(sent=wide), contract(sent=narrow))
    assert said(contract(sent=narrow), contract(sent=wide)) == ""


@pytest.mark.parametrize("case", SCHEMAS)
def test_an_answer_may_not_widen(case: str) -> None:
    wide, narrow, _, sentence = SCHEMAS[case]
    assert sentence in said(contract(got=narrow), contract(got=wide))
    assert said(contract(got=wide), contract(got=narrow)) == ""


@pytest.mark.parametrize("keyword", ["pattern", "format", "multipleOf", "not"])
def test_what_nobody_can_compare_may_break_either_way(keyword: str) -> None:
    one, other = {keyword: "a"}, {keyword: "b"}
    assert f'`{keyword}` is "b", was "a"' in said(contract(sent=one), contract(sent=other))
    assert f'`{keyword}` is "b", was "a"' in said(contract(got=one), contract(got=other))


def test_a_member_that_is_gone_breaks_both_ways_and_a_new_one_neither() -> None:
    more = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}
    assert said(contract(sent=more), contract(sent=OPEN)) == "POST /things: the body.b is gone."
    assert said(contract(got=more), contract(got=OPEN)) == "POST /things: the answer 200.b is gone."
    assert said(contract(sent=OPEN, got=OPEN), contract(sent=more, got=more)) == ""


def test_a_new_member_breaks_an_answer_that_had_no_others_and_no_request() -> None:
    more = {**CLOSED, "properties": {"a": TEXT, "b": TEXT}}
    assert "200.b is new where nothing else was allowed" in said(contract(got=CLOSED), contract(got=more))
    assert said(contract(sent=CLOSED), contract(sent=more)) == ""


def test_a_new_required_member_breaks_a_request_and_no_answer() -> None:
    more = {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["b"]}
    assert said(contract(sent=OPEN), contract(sent=more)) == "POST /things: the body.b is required now."
    assert said(contract(got=OPEN), contract(got=more)) == ""


def test_a_default_breaks_a_request_only() -> None:
    one, other = {**TEXT, "default": "a"}, {**TEXT, "default": "b"}
    assert '`default` is "b", was "a"' in said(contract(sent=one), contract(sent=other))
    assert said(contract(got=one), contract(got=other)) == ""


def test_changed_descriptions_break_no_caller() -> None:
    words = {"title": "t", "description": "d", "example": "e", "deprecated": True, "x-anything": 1}
    assert said(contract(sent=TEXT, got=TEXT), contract(sent=TEXT | words, got=TEXT | words)) == ""
    assert said(contract(sent=TEXT | words, got=TEXT | words), contract(sent=TEXT, got=TEXT)) == ""


def test_an_extensible_list_may_grow_and_a_closed_one_may_become_extensible() -> None:
    closed, grown = {**TEXT, "enum": ["a", "b"]}, {**TEXT, "x-extensible-enum": ["a", "b", "c"]}
    extensible = {**TEXT, "x-extensible-enum": ["b", "a"]}
    assert said(contract(got=closed), contract(got=extensible)) == ""
    assert said(contract(got=extensible), contract(got=grown)) == ""
    assert "`enum` is not there" in said(contract(got=closed), contract(got=grown))
    assert "`enum` is not there" in said(contract(got=closed), contract(got=TEXT))
    assert said(contract(got=extensible), contract(got=closed)) == ""


def test_a_schema_of_itself_is_compared_once() -> None:
    tree = {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Sent"}, "value": {}}}
    stricter = copy.deepcopy(tree)
    stricter["properties"]["value"] = TEXT
    assert said(contract(sent=tree), contract(sent=stricter)).count("value: `type`") == 1
    flat = {"type": "object", "properties": {"below": {"type": "object"}, "value": {}}}
    assert "the body.below.below is gone" in said(contract(sent=tree), contract(sent=flat))


def test_parts_of_all_of_that_contradict_each_other_are_refused() -> None:
    torn = {"allOf": [{"maximum": 1}, {"maximum": 2}]}
    with pytest.raises(UncomparableError, match="`maximum`"):
        said(contract(sent=TEXT), contract(sent=torn))


# ---- operations. name: (old, new, what is said; None: nothing)

ANSWER = {"description": "", "headers": {"ETag": {"required": True, "schema": TEXT}}}
KEY = {"name": "Key", "in": "header", "schema": TEXT}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}}
BODY = {"content": {"application/json": {"schema": {}}, "text/plain": {"schema": {}}}}

OPERATIONS: dict[str, tuple[Json, Json, str | None]] = {
    "operationId": ({}, {"operationId": "create"}, "its operationId is create, was make"),
    "parameter gone": ({"parameters": [LIMIT]}, {}, "the query parameter `limit` is gone"),
    "parameter new": ({}, {"parameters": [LIMIT]}, None),
    "required parameter": ({}, {"parameters": [{**LIMIT, "required": True}]}, "parameter `limit` is required now"),
    "parameter required": (
        {"parameters": [LIMIT]},
        {"parameters": [{**LIMIT, "required": True}]},
        "the query parameter `limit` is required now",
    ),
    "parameter optional": ({"parameters": [{**LIMIT, "required": True}]}, {"parameters": [LIMIT]}, None),
    "parameter elsewhere": ({"parameters": [LIMIT]}, {"parameters": [{**LIMIT, "in": "header"}]}, "`limit` is gone"),
    "parameter narrower": (
        {"parameters": [LIMIT]},
        {"parameters": [{**LIMIT, "schema": {"type": "integer", "maximum": 5}}]},
        "the query parameter `limit`: `maximum` is 5, was 9",
    ),
    "parameter's style": (
        {"parameters": [LIMIT]},
        {"parameters": [{**LIMIT, "style": "spaceDelimited"}]},
        "`style` is spaceDelimited",
    ),
    "header name's case": ({"parameters": [KEY]}, {"parameters": [{**KEY, "name": "key"}]}, None),
    "body gone": ({}, {"requestBody": {}}, "it takes no body any more"),
    "body required": (
        {"requestBody": BODY},
        {"requestBody": {**BODY, "required": True}},
        "a body is required now",
    ),
    "body optional": ({"requestBody": {**BODY, "required": True}}, {"requestBody": BODY}, None),
    "media type gone": (
        {"requestBody": BODY},
        {"requestBody": {"content": {"application/json": {"schema": {}}}}},
        "it takes no body of the type text/plain any more",
    ),
    "smaller bodies": (
        {"x-orchestration": {"max_body": 9}},
        {"x-orchestration": {"max_body": 8}},
        "it takes a body of 8 bytes at most, took 9",
    ),
    "larger bodies": ({"x-orchestration": {"max_body": 8}}, {"x-orchestration": {"max_body": 9}}, None),
    "answer gone": (
        {"responses": {"200": ANSWER, "404": ANSWER}},
        {"responses": {"200": ANSWER}},
        "the answer 404 is gone",
    ),
    "answer new": ({"responses": {"200": ANSWER}}, {"responses": {"200": ANSWER, "404": ANSWER}}, None),
    "answer's media type gone": (
        {},
        {"responses": {"200": {"description": "", "content": {"text/csv": {}}}}},
        "the answer 200 is no longer given as application/json",
    ),
    "answer's header gone": (
        {"responses": {"200": ANSWER}},
        {"responses": {"200": {"description": ""}}},
        "the answer 200's header `ETag` is gone",
    ),
    "answer's header wider": (
        {"responses": {"200": ANSWER}},
        {"responses": {"200": {"description": "", "headers": {"etag": {"required": True, "schema": {}}}}}},
        "the answer 200's header `ETag`: `type` is any, was string",
    ),
    "answer's header optional": (
        {"responses": {"200": ANSWER}},
        {"responses": {"200": {"description": "", "headers": {"ETag": {"schema": TEXT}}}}},
        "the answer 200's header `ETag` is no longer always there",
    ),
    "scope more": (
        {"security": [{"jwt": ["read"]}]},
        {"security": [{"jwt": ["read", "write"]}]},
        "jwt read was enough, it needs jwt read write now",
    ),
    "scope less": ({"security": [{"jwt": ["read", "write"]}]}, {"security": [{"jwt": ["read"]}]}, None),
    "no longer public": ({"security": []}, {"security": [{"jwt": []}]}, "nobody's name was enough, it needs jwt now"),
    "public": ({"security": [{"jwt": []}]}, {"security": []}, None),
    "another way in": ({"security": [{"jwt": []}]}, {"security": [{"jwt": []}, {"key": []}]}, None),
    "a way in less": (
        {"security": [{"jwt": []}, {"key": []}]},
        {"security": [{"jwt": []}]},
        "key was enough, it needs jwt now",
    ),
    "a second credential": (
        {"security": [{"jwt": []}]},
        {"security": [{"jwt": [], "key": []}]},
        "jwt was enough, it needs jwt and key now",
    ),
}


@pytest.mark.parametrize("case", OPERATIONS)
def test_each_change_of_an_operation_is_judged(case: str) -> None:
    old, new, sentence = OPERATIONS[case]
    found = said(contract(**old), contract(**new))
    assert sentence in found if sentence else found == "", found


def test_operations_and_paths_may_come_and_may_not_go() -> None:
    old, more = contract(), contract()
    more["paths"]["/things"]["get"] = {"operationId": "x", "responses": {}}
    more["paths"]["/others"] = {"get": {"operationId": "y", "responses": {}}}
    assert said(old, more) == ""
    assert said(more, old).splitlines() == [
        "GET /things: the operation is gone.",
        "GET /others: the operation is gone.",
    ]


def test_a_paths_own_parameters_count() -> None:
    old, new = contract(), contract()
    new["paths"]["/things"]["parameters"] = [{**LIMIT, "required": True}]
    assert said(old, new) == "POST /things: the query parameter `limit` is required now."


# ---- the command


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / CONTRACT).parent.mkdir(parents=True)
    write(tmp_path, contract())
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    return tmp_path


def write(root: Path, document: Json) -> None:
    (root / CONTRACT).write_text(yaml.safe_dump(document))


def test_a_change_that_breaks_fails_with_a_sentence(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--against", "main", "--root", str(repository)]) == 0
    write(repository, contract(operationId="other"))
    capsys.readouterr()
    assert main(["--against", "main", "--root", str(repository)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "POST /things: its operationId is other, was make, as generated clients call it.",
        "1 change can break callers of main (1.0.0 -> 1.0.0).",
    ]


@pytest.mark.parametrize(("version", "code"), [("1.9.0", 1), ("2.0.0", 0), ("10.0.0", 0)])
def test_a_new_major_version_may_break(repository: Path, version: str, code: int) -> None:
    write(repository, {**contract(operationId="other"), "info": {"version": version}})
    assert main(["--against", "main", "--root", str(repository)]) == code


@pytest.mark.parametrize("revision", ["nowhere", "--help", "main:x"])
def test_an_unknown_revision_is_an_error(repository: Path, revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--against={revision}", "--root", str(repository)]) == 2
    assert revision in capsys.readouterr().err


def test_the_contract_itself_can_be_compared() -> None:
    """It uses nothing that the comparison does not know, and every operation is looked at."""
    contract = document()
    assert said(contract, contract) == ""
    empty = {**contract, "paths": {}}
    count = sum("operationId" in operation for item in contract["paths"].values() for operation in item.values())
    assert len(said(contract, empty).splitlines()) == count
