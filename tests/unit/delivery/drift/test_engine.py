"""Logs of a real engine about previews of a refresh are read: recorded by tests/engine/test_drift.py.

`detailed` is of a provider that tells each property, and that gives a secret's new value back without a mark.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from delivery.commands import DeliveryError
from delivery.drift.accepted import Acceptance, Row, read
from delivery.drift.engine import Refresh, refresh
from delivery.drift.engine import read as parse
from delivery.drift.guard import guard
from delivery.drift.look import LEFT_OUT, look
from delivery.drift.repair import repair
from planning.drift.finding import Verdict
from planning.drift.report import as_json, as_markdown, as_text
from planning.drift.stores import STORES

RECORDED = Path(__file__).with_name("recorded")
PLANTED = "hunter2-planted-by-a-test"
MAPPING, QUEUE = "aws:lambda/eventSourceMapping:EventSourceMapping", "aws:sqs/queue:Queue"
TODAY = dt.date(2026, 11, 30)


class Engine:
    """Plays recordings, one after the other and the last one again and again, to whoever runs a refresh."""

    def __init__(self, *names: str, fails: bool = False) -> None:
        self.names, self.fails = list(names), fails
        self.commands: list[Sequence[str]] = []

    def run(self, command: Sequence[str]) -> str:
        words = [word for word in command if "=" not in word and word != "env"]
        self.commands.append(words)
        if words[:2] == ["pulumi", "refresh"]:
            assert "--preview-only" in words
            assert not {"--yes", "-y", "--skip-preview"} & set(words)
            name = self.names.pop(0) if len(self.names) > 1 else self.names[0]
            Path(words[words.index("--event-log") + 1]).write_text((RECORDED / f"{name}.jsonl").read_text())
            if self.fails:
                raise DeliveryError("`pulumi refresh --stack` failed with exit status 1.")
        return ""

    @property
    def updates(self) -> list[Sequence[str]]:
        return [words for words in self.commands if words[:2] != ["pulumi", "refresh"]]


def recorded(name: str) -> Refresh:
    return refresh("dev", Engine(name).run)


def test_a_clean_stack_is_clean() -> None:
    found = look("dev", Engine("clean").run)
    assert (found.verdict, found.drifted, found.looked > 0) == (Verdict.CLEAN, [], True)


def test_a_log_that_breaks_off_within_a_line_is_not_clean() -> None:
    text = (RECORDED / "clean.jsonl").read_text()
    cut = parse(text[: len(text) // 2])
    assert cut.unknown == ("The engine's log of events breaks off within a line: it was killed. Look again.",)


def test_what_is_changed_and_what_is_gone_is_told_apart_with_its_properties() -> None:
    found = look("dev", Engine("changed").run)
    assert found.verdict is Verdict.DRIFT
    rows = {(each.type.rpartition(":")[2], each.gone): [str(d) for d in each.differences] for each in found.others}
    assert rows[("Route", True)] == []
    assert rows[("Queue", False)] == ["visibilityTimeoutSeconds: 168 → 5"]
    assert rows[("Function", False)]
    assert [(each.type, each.lever.section) for each in found.levers if each.lever] == [(MAPPING, "Stop a consumer")]


def test_a_provider_that_tells_each_property_is_read_as_well() -> None:
    found = recorded("detailed")
    told = {each.name: [str(difference) for difference in each.differences] for each in found.drifted}
    assert told == {
        "work": ["tags.owner: absent → [not shown]", "visibilityTimeoutSeconds: 60 → 5"],
        "s": ["secretString: [not shown] → [not shown]"],
    }


@pytest.mark.parametrize("name", ["changed", "detailed", "lost"])
def test_no_form_of_a_report_shows_a_value_that_may_be_secret(name: str) -> None:
    found = look("dev", Engine(name).run)
    shown = "\n".join(form(found) for form in (as_text, as_markdown, as_json))
    if name != "lost":
        assert PLANTED in (RECORDED / f"{name}.jsonl").read_text(), "the engine itself hides nothing that has no mark"
    assert PLANTED not in shown
    assert "ciphertext" not in shown


def test_what_holds_data_and_is_gone_is_the_gravest_and_stops_guard_and_repair() -> None:
    found = look("dev", Engine("lost").run)
    assert found.verdict is Verdict.LOST
    assert {each.type for each in found.lost} >= {
        "aws:dynamodb/table:Table",
        "azure-native:containerservice:ManagedCluster",
        "azure-native:dbforpostgresql:Server",
    }
    for automatic in (guard, repair):
        engine = Engine("lost")
        with pytest.raises(DeliveryError, match=r"(?s)Table orders.*Restore it first, as docs/runbook\.md, Something"):
            automatic("dev", engine.run)
        assert engine.updates == []


def test_the_guard_looks_at_every_type_that_holds_data_and_at_nothing_else() -> None:
    engine = Engine("clean")
    guard("dev", engine.run)
    (words,) = engine.commands
    targets = {words[number + 1] for number, word in enumerate(words) if word == "--target"}
    assert targets == {f"**{type_}::*" for type_ in STORES}


def test_a_look_leaves_out_what_its_role_may_not_read_and_says_so() -> None:
    engine = Engine("clean")
    found = look("dev", engine.run)
    (words,) = engine.commands
    assert {words[number + 1] for number, word in enumerate(words) if word == "--exclude"} == set(LEFT_OUT)
    assert "Secrets of Kubernetes" in as_text(found)


def test_what_failed_is_unknown_and_never_clean() -> None:
    engine = Engine("clean", fails=True)
    found = look("dev", engine.run)
    assert found.verdict is Verdict.UNKNOWN
    assert "failed with exit status 1" in as_text(found)
    for automatic in (guard, repair):
        with pytest.raises(DeliveryError, match=r"Nobody knows|can't be read"):
            automatic("dev", engine.run)
    assert engine.updates == []


def test_what_a_cloud_says_instead_of_an_answer_is_told_by_its_name_alone() -> None:
    found = look("dev", Engine("unreadable", fails=True).run)
    assert found.verdict is Verdict.UNKNOWN
    assert len(found.unknown) == 2
    assert all(each.endswith(": AccessDenied") for each in found.unknown)
    assert PLANTED in (RECORDED / "unreadable.jsonl").read_text()
    assert PLANTED not in as_text(found) + as_markdown(found) + as_json(found)


def test_an_engine_that_says_nothing_is_unknown_too(tmp_path: Path) -> None:
    found = refresh("dev", lambda _: "")
    assert found.unknown == ("The engine has ended without a summary of what it has read.",)


def test_a_repair_updates_what_differs_and_leaves_the_levers() -> None:
    engine = Engine("changed", "clean")
    repair("dev", engine.run, report=lambda _: None)
    (words,) = engine.updates
    assert {"--refresh", "--target-dependents", "--policy-pack"} <= set(words)
    targets = [words[number + 1] for number, word in enumerate(words) if word == "--target"]
    assert targets
    assert not [each for each in targets if MAPPING in each]
    engine = Engine("changed", "clean")
    repair("dev", engine.run, levers=True, report=lambda _: None)
    assert [word for word in engine.updates[0] if MAPPING in word]


def test_a_repair_that_did_not_help_fails() -> None:
    with pytest.raises(DeliveryError, match="After the repair these still differ"):
        repair("dev", Engine("changed").run, report=lambda _: None)


def test_a_clean_stack_is_not_updated() -> None:
    engine = Engine("clean")
    repair("dev", engine.run, report=lambda _: None)
    assert engine.updates == []


def row(path: str, *, type_: str = QUEUE, reviewed: dt.date = TODAY) -> Row:
    return Row(type=type_, path=path, because="somebody likes it so", reviewed=reviewed)


def test_an_accepted_difference_is_shown_with_its_reason_and_is_no_drift() -> None:
    acceptance = Acceptance(rows=[row("visibilityTimeoutSeconds")])
    found = look("dev", Engine("changed").run, acceptance=acceptance, today=TODAY)
    assert QUEUE not in {each.type for each in found.drifted}
    (accepted,) = found.accepted
    assert (accepted.drifted.type, accepted.because) == (QUEUE, "somebody likes it so")
    assert "(somebody likes it so)" in as_text(found)


def test_what_is_gone_is_never_accepted() -> None:
    acceptance = Acceptance(rows=[row("*billingMode*", type_="aws:dynamodb/table:Table")])
    assert look("dev", Engine("lost").run, acceptance=acceptance).verdict is Verdict.LOST


def test_a_row_that_met_nothing_for_long_is_told() -> None:
    old, young = row("delaySeconds", reviewed=TODAY - dt.timedelta(days=91)), row("maxMessageSize")
    found = look("dev", Engine("clean").run, acceptance=Acceptance(rows=[old, young]), today=TODAY)
    (told,) = found.stale
    assert "delaySeconds met nothing, and was last reviewed on 2026-08-31" in told
    assert found.verdict is Verdict.CLEAN


def test_every_row_has_a_reason_and_names_a_property(tmp_path: Path) -> None:
    assert all(each.because and each.reviewed for each in read().rows)
    file = tmp_path / "accepted.yaml"
    for text in ("path: x, reviewed: 2026-11-30", "path: x, because: '', reviewed: 2026-11-30"):
        file.write_text(f"- {{type: {QUEUE}, {text}}}")
        with pytest.raises(DeliveryError, match="because"):
            read(file)
    file.write_text(f"- {{type: {QUEUE}, path: '*', because: all of it, reviewed: 2026-11-30}}")
    with pytest.raises(DeliveryError, match="accepts everything"):
        read(file)


def test_recordings_are_small_and_have_no_output() -> None:
    for file in RECORDED.glob("*.jsonl"):
        assert file.stat().st_size < 30_000
        assert '"outputs"' not in file.read_text()
        assert all(json.loads(line) for line in file.read_text().splitlines())
