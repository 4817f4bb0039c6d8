"""The refusals of `make service`, and its additions to people's files. Its service is tried in tests/recipes."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest
import yaml

from tests.support import databases
from tests.support.contract import document
from tests.support.postgres import postgres
from tests.support.program import ROOT
from tests.support.services import NEW_SERVICE
from tools.service import __main__ as command_line
from tools.service.__main__ import main, new_texts
from tools.service.additions import STACKS
from tools.service.names import CONTRACT, RESERVED_WORDS, Names, NameTakenError, checked
from tools.service.yaml_text import YamlPlaceError, added

REFUSED = [
    ("Inventory", "sku", "should match pattern"),
    ("x", "sku", "should match pattern"),
    ("a" * 21, "sku", "should match pattern"),
    ("in ventory", "sku", "should match pattern"),
    ("", "sku", "should match pattern"),
    ("kit", "sku", "must not be one of"),
    ("orchestrator", "sku", "must not be one of"),
    ("fulfilment", "sku", "must not be one of"),
    ("staff", "sku", "must not be one of"),
    ("template1", "sku", "must not be one of"),
    ("class", "sku", "reserved word"),
    ("table", "sku", "reserved word"),
    ("users", "sku", "There is a service users already, in app/services/users"),
    ("products", "sku", "the contract has a path /products already"),
    ("health", "sku", "the contract has a path /health already"),
    ("event", "sku", "the contract has an entry Event in components.schemas already"),
    (NEW_SERVICE, "SKU", "must be a word"),
    (NEW_SERVICE, "", "must be a word"),
    (NEW_SERVICE, "s" * 21, "must be a word"),
    (NEW_SERVICE, "from", "reserved word"),
    (NEW_SERVICE, "json", "reserved word"),
    (NEW_SERVICE, "name", "another column of that name"),
]


@pytest.mark.parametrize(("service", "key", "reason"), REFUSED)
def test_a_bad_or_taken_name_is_refused_in_one_sentence(service: str, key: str, reason: str) -> None:
    with pytest.raises(NameTakenError, match=reason) as caught:
        checked(ROOT, service=service, key=key)
    assert re.fullmatch(r"[^\n]+\.", str(caught.value))


def test_a_refusal_writes_nothing_and_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "app/contract").mkdir(parents=True)
    (tmp_path / "app/services" / NEW_SERVICE).mkdir(parents=True)
    assert main([NEW_SERVICE, "--root", str(tmp_path)]) == 1
    assert capsys.readouterr() == ("", f"There is a service {NEW_SERVICE} already, in app/services/{NEW_SERVICE}.\n")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def texts(root: Path) -> dict[Path, bytes]:
    """Returns the contents of the files that tools have not left for themselves."""
    files = (path for path in root.rglob("*") if path.is_file() and ".ruff_cache" not in path.parts)
    return {path: path.read_bytes() for path in files}


@pytest.mark.slow  # plans the program
def test_a_service_that_the_program_can_not_have_is_taken_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("app/contract", "app/services", *(f"Pulumi.{stack}.yaml" for stack in STACKS)):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tmp_path / name)
    before = texts(tmp_path)
    monkeypatch.setattr(command_line, "generate", lambda root: int((root / "app/services" / NEW_SERVICE).exists()))
    assert main([NEW_SERVICE, "--root", str(tmp_path)]) == 1
    assert f"can't have the service {NEW_SERVICE}" in capsys.readouterr().err
    assert texts(tmp_path) == before
    assert not (tmp_path / "app/services" / NEW_SERVICE).exists()


def test_a_good_name_is_taken_as_it_is() -> None:
    names, schema = checked(ROOT, service=NEW_SERVICE, key="sku"), NEW_SERVICE.capitalize()
    assert (names.schema, names.key_schema, names.operation) == (schema, f"{schema}Sku", f"get{schema}")


def test_the_reserved_words_are_those_of_the_server(tmp_path: Path) -> None:
    statement = "select word from pg_get_keywords() where catcode in ('R', 'T')"
    with postgres(tmp_path) as server:
        words = {row["word"] for row in databases.rows(server.new_database(), statement)}
    assert {word for word in words if "_" not in word} == RESERVED_WORDS


def test_nothing_that_was_there_is_changed() -> None:
    names = Names(service=NEW_SERVICE, key="sku")
    for path, text in new_texts(ROOT, names).items():
        if not (ROOT / path).exists():
            continue
        remaining = iter(text.splitlines())
        for line in (ROOT / path).read_text().splitlines():
            known = line.rstrip("]},") if "x-extensible-enum" in line else line
            assert any(found == line or (known != line and found.startswith(known)) for found in remaining), line


def test_the_contract_gets_a_route_and_loses_nothing() -> None:
    names = Names(service="parts", key="number")
    before = document()
    after = yaml.safe_load(new_texts(ROOT, names)[CONTRACT])
    assert after["paths"].keys() - before["paths"].keys() == {"/parts/{number}"}
    operation = after["paths"]["/parts/{number}"]["get"]
    assert operation["security"] == [{"jwt": ["parts:read"]}]
    assert operation["x-orchestration"]["parameters"] == {"number": "$request.path.number"}
    for path in before["paths"].keys() - {"/health"}:
        assert after["paths"][path] == before["paths"][path]
    health = after["paths"]["/health"]["get"]["x-orchestration"]["parts"]
    assert health["parts"] == {"upstream": "parts", "path": "/health/parts"}


TEXT = textwrap.dedent("""\
    # above
    one:
      a: 1 # why
      b: [x, y]
    two:
        - name: p
          text: |
            several
            lines

    three: {} # beside
    # below
    """)


@pytest.mark.parametrize(
    ("path", "entry", "lines"),
    [
        (["one"], "c:\n  d: 2\n", {"one": {"a": 1, "b": ["x", "y"], "c": {"d": 2}}}),
        (["one", "b"], "z", {"one": {"a": 1, "b": ["x", "y", "z"]}}),
        (["two"], "- name: q", {"two": [{"name": "p", "text": "several\nlines\n"}, {"name": "q"}]}),
        ([], "four: 4", {"four": 4}),
    ],
)
def test_an_entry_comes_last_and_the_rest_stays(path: list[str], entry: str, lines: dict[str, object]) -> None:
    text = added(TEXT, path, entry)
    assert yaml.safe_load(text) == {**yaml.safe_load(TEXT), **lines}
    for comment in ("# above", "  a: 1 # why", "three: {} # beside", "# below"):
        assert comment in text.splitlines()


@pytest.mark.parametrize("path", [["four"], ["one", "a"], ["one", "a", "b"], ["three"], ["two", "name"]])
def test_a_place_that_is_not_there_is_named(path: list[str]) -> None:
    with pytest.raises(YamlPlaceError, match=re.escape(".".join(path))):
        added(TEXT, path, "x: 1")
