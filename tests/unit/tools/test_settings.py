"""docs/settings.md: current, whole, and written by models that say everything it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from components.settings import Settings
from components.settings.checks import Group
from tests.support.program import ROOT
from tools.settings import described
from tools.settings.__main__ import PAGE, generate
from tools.settings.described import DescriptionError, Section, sections
from tools.settings.stacks import YOURS, shown, values


def section(path: str) -> Section:
    return next(each for each in sections() if path in each.paths)


def given(text: str, path: str, name: str) -> str:
    """Returns the text that the page shows for a setting of a stack's file."""
    found = section(path)
    setting = next(each for each in found.settings if each.name == name)
    return shown(found, setting, values(f"config:\n{text}"))


def leaves(schema: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    """The name of everything that a JSON schema lets be set, wherever it is."""
    found = set()
    for name, property_ in schema.get("properties", {}).items():
        parts = [property_, *property_.get("anyOf", []), *property_.get("patternProperties", {}).values()]
        parts.append(property_.get("additionalProperties", {}))
        groups = [
            definitions[part["$ref"].rpartition("/")[2]] for part in parts if isinstance(part, dict) and "$ref" in part
        ]
        found |= {inner for group in groups for inner in leaves(group, definitions)} or {name}
    return found


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == generate(), "run `python -m tools.settings`"


def test_what_stands_above_the_tables_is_kept(tmp_path: Path) -> None:
    for name in ("Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    page = tmp_path / "docs" / "settings.md"
    page.parent.mkdir()
    page.write_text(PAGE.read_text().replace("# Settings", "# My settings", 1))
    page.write_text(generate(tmp_path)[:-100])
    assert generate(tmp_path) == generate().replace("# Settings", "# My settings", 1)


def test_every_setting_is_there_and_says_what_it_is_for() -> None:
    schema = Settings.model_json_schema()
    shown_settings = [each for section in sections() for each in section.settings]
    assert {each.name for each in shown_settings} == leaves(schema, schema["$defs"])
    assert [each.name for each in shown_settings if not each.description or not each.allowed] == []


@pytest.mark.parametrize(
    ("path", "name", "allowed"),
    [
        ("cluster", "tier", "Standard or Premium: Free has no uptime agreement (in production)"),
        ("cluster", "kubernetesVersion", "one of 1.35, 1.36"),
        ("cluster", "maxNodes", "1 to 100; at least minNodes"),
        ("services.<name>", "logLevel", "not DEBUG"),
        ("api.throttle", "rate", "above 0, at most 10,000"),
        ("azure", "subscriptionId", "UUID"),
    ],
)
def test_what_a_setting_takes_is_what_the_program_checks(path: str, name: str, allowed: str) -> None:
    setting = next(each for each in section(path).settings if each.name == name)
    assert allowed in setting.allowed


def test_a_number_without_a_unit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Vague(Group):
        patience: int = Field(5, description="how long to wait")

    monkeypatch.setattr(described, "Settings", Vague)
    with pytest.raises(DescriptionError, match="patience is a number: its description must say its unit"):
        sections()


def test_stacks_values_are_shown_where_they_are_set() -> None:
    assert given("  crosscloud:cluster:\n    tier: Free\n", "cluster", "tier") == "`Free`"
    assert given("  crosscloud:cluster: {}\n", "cluster", "tier") == ""
    assert given(
        "  crosscloud:services: {users: {cpu: 1}, billing: {cpu: 1}, x: {cpu: 2}}\n", "services.<name>", "cpu"
    ) == ("users, billing `1`; x `2`")
    assert given("  crosscloud:functions: {relay: {memory: 1}}\n", "functions.relay", "memory") == "relay `1`"


def test_a_value_that_is_to_be_replaced_is_not_shown() -> None:
    text = "  crosscloud:registry:\n    name: mine # REPLACE: it is unique\n    sku: Premium\n"
    assert given(text, "registry", "name") == YOURS
    assert given(text, "registry", "sku") == "`Premium`"
