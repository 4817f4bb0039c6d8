import pytest

from app.contract import schemas

SKU = {"type": "string", "pattern": "^[a-z]+$"}
ORDER = {
    "type": "object",
    "required": ["items", "total"],
    "additionalProperties": False,
    "properties": {
        "total": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "note": {"type": "string", "nullable": True, "example": "x", "default": "x"},
        "state": {"type": "string", "enum": ["new"], "nullable": True},
        "example": {"type": "boolean"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"$ref": "#/components/schemas/Sku"}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def module():
    names: dict = {}
    exec(schemas.compiled({"Sku": SKU}, {"BODY": {"createOrder": ORDER}}), names)
    return names


@pytest.mark.parametrize(
    "value",
    [
        {"total": 1, "items": []},
        {"total": 1, "items": [{"sku": "abc"}], "note": None, "state": None},
        {"total": 1, "items": [{"sku": "abc"}], "note": "x", "state": "new", "example": True},
    ],
)
def test_what_openapi_allows_passes(module, value):
    module["BODY"]["createOrder"](value)


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ([], ["type"]),
        ({}, ["required"]),
        ({"total": 0, "items": []}, ["minimum"]),
        ({"total": True, "items": []}, ["type"]),
        ({"total": 1.5, "items": []}, ["type"]),
        ({"total": 1, "items": [{"sku": "abc\n"}]}, ["pattern"]),
        ({"total": 1, "items": [{"sku": None}]}, ["type"]),
        ({"total": "1", "items": 1, "note": 1, "other": 1}, ["type", "type", "type", "additionalProperties"]),
        ({"total": 1, "items": [], "example": "yes"}, ["type"]),
    ],
)
def test_every_violation_is_found(module, value, rules):
    with pytest.raises(module["JsonSchemaValuesException"]) as caught:
        module["BODY"]["createOrder"](value)

    assert [error.rule for error in caught.value.errors] == rules


def test_the_value_stays_as_it_was(module):
    value = {"total": 1, "items": []}
    module["BODY"]["createOrder"](value)

    assert value == {"total": 1, "items": []}


def test_the_code_needs_only_the_standard_library(module):
    code = schemas.compiled({}, {"BODY": {"one": {"type": "number", "minimum": 1}}})

    assert "fastjsonschema" not in code
    imports = [line for line in code.splitlines() if line.startswith(("import ", "from "))]
    assert set(imports) <= {"import re", "from collections.abc import Callable"}


def test_other_code_of_a_newer_generator_is_refused(monkeypatch):
    monkeypatch.setattr(schemas.fastjsonschema, "compile_to_code", lambda *_, **__: "import decimal\n")

    with pytest.raises(ValueError, match="other code"):
        schemas.compiled({}, {"BODY": {}})
