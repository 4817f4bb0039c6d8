from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.errors import LocalError, ProviderError
from planning.wire import holds_secret, secret
from tests.support.program import ROOT
from tests.unit.local.fakes import COMPONENT, FIXED, Cloud, Crash, Fixed, Run, thing, urn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_first_run_creates_and_second_run_touches_nothing(path: Path, cloud: Cloud) -> None:
    program = [thing("a", color="red"), thing("b", "a", color="blue")]
    assert Run(path, cloud).go(*program) == ["create a", "create b"]
    before = path.read_bytes()
    cloud.calls.clear()
    assert Run(path, cloud).go(*program) == []
    assert cloud.calls == []
    assert path.read_bytes() == before


def test_outputs_are_those_of_the_provider_over_the_inputs_and_survive_a_run(path: Path, cloud: Cloud) -> None:
    first = Run(path, cloud).engine.register(thing("a", color="red"))
    again = Run(path, cloud).engine.register(thing("a", color="red"))
    assert first.outputs["address"] == "10.0.0.1"
    assert first.outputs["color"] == "red"
    assert again == first


def test_changed_input_updates_only_that_resource(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", color="red"), thing("b", color="red"))
    run = Run(path, cloud)
    assert run.go(thing("a", color="green"), thing("b", color="red")) == ["update a"]
    assert next(s for s in run.steps if s.operation == "update").changed == ("color",)
    assert cloud.things["a"] == {"color": "green"}


def test_removed_input_is_a_change(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", color="red", label="x"))
    assert Run(path, cloud).go(thing("a", color="red")) == ["update a"]


def test_property_that_cannot_change_in_place_replaces_by_deleting_first(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", size=1))
    cloud.calls.clear()
    assert Run(path, cloud).go(thing("a", size=2)) == ["replace a"]
    assert cloud.calls == ["delete a", "create a"]


def test_type_without_update_is_replaced(path: Path, cloud: Cloud) -> None:
    fixed = Fixed()
    Run(path, cloud, fixed).go(thing("a", type_=FIXED, color="red"))
    assert Run(path, cloud, fixed).go(thing("a", type_=FIXED, color="blue")) == ["replace a"]


def test_left_out_resources_are_deleted_dependents_first(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a"), thing("b", "a"), thing("c", "b"), thing("keep"))
    assert Run(path, cloud).go(thing("keep")) == ["delete c", "delete b", "delete a"]
    assert list(cloud.things) == ["keep"]


def test_component_goes_after_its_children_and_without_a_call(path: Path, cloud: Cloud) -> None:
    group = thing("g", type_=COMPONENT)
    Run(path, cloud).go(group, thing("child", parent=group.urn), thing("user", "child"))
    cloud.calls.clear()
    run = Run(path, cloud)
    assert run.go() == ["delete user", "delete child"]
    assert list(run.state) == []


def test_retained_resource_is_forgotten_and_not_deleted(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", retain=True))
    assert Run(path, cloud).go() == []
    assert "a" in cloud.things


def test_protected_resource_is_not_replaced(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", size=1, protect=True))
    with pytest.raises(LocalError, match=r"protected; changing size would replace it"):
        Run(path, cloud).go(thing("a", size=2, protect=True))
    assert cloud.things["a"] == {"size": 1}


def test_vanished_resource_is_made_again(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a"), thing("b"))
    del cloud.things["a"]
    assert Run(path, cloud).go(thing("a"), thing("b")) == ["create a"]


IGNORED = {
    "spec.replicas": ({"spec": {"replicas": 1, "image": "x"}}, {"spec": {"replicas": 5, "image": "x"}}),
    "spec.count": ({"spec": {"image": "x"}}, {"spec": {"image": "x", "count": 3}}),
    "pools[*].count": (
        {"pools": [{"n": "a", "count": 1}, {"n": "b", "count": 2}]},
        {"pools": [{"n": "a", "count": 7}, {"n": "b", "count": 8}]},
    ),
    "pools[1].count": ({"pools": [{"count": 1}, {"count": 2}]}, {"pools": [{"count": 1}, {"count": 9}]}),
    "tags": ({"tags": {"a": "1"}}, {"tags": {"b": "2"}}),
}


@pytest.mark.parametrize("ignored", IGNORED)
def test_ignored_changes_keep_the_old_value(path: Path, cloud: Cloud, ignored: str) -> None:
    before, after = IGNORED[ignored]
    Run(path, cloud).go(thing("a", **before))
    assert Run(path, cloud).go(thing("a", **after)) == ["update a"], "without the option it is a change"
    Run(path, cloud).go(thing("a", **before))
    assert Run(path, cloud).go(thing("a", **after, ignore_changes=(ignored,))) == []
    assert Run(path, cloud).go(thing("a", **after, more=1, ignore_changes=(ignored,))) == ["update a"]
    assert cloud.things["a"] == {**before, "more": 1}


def test_a_pool_that_is_new_is_no_ignored_change(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a", pools=[{"count": 1}]))
    grown = thing("a", pools=[{"count": 5}, {"count": 3}], ignore_changes=("pools[*].count",))
    assert Run(path, cloud).go(grown) == ["update a"]
    assert cloud.things["a"] == {"pools": [{"count": 1}, {"count": 3}]}


def test_alias_renames_in_place(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("old", color="red"))
    assert Run(path, cloud).go(thing("new", color="red", aliases=(urn("old"),))) == []
    assert [entry.urn for entry in Run(path, cloud).state] == [urn("new")]


def test_unknown_type_is_named(path: Path, cloud: Cloud) -> None:
    with pytest.raises(LocalError, match="no provider for the type aws:moon/lander:Lander") as refusal:
        Run(path, cloud).go(thing("x", type_="aws:moon/lander:Lander"))
    (page,) = re.findall(r"docs/[\w-]+\.md", str(refusal.value))
    assert "## An AWS resource type\n" in (ROOT / page).read_text()
    assert "## A Kubernetes kind\n" in (ROOT / page).read_text()


def test_same_name_twice_is_refused(path: Path, cloud: Cloud) -> None:
    with pytest.raises(LocalError, match="declares fake:index:Thing 'a' twice"):
        Run(path, cloud).go(thing("a"), thing("a"))


def test_failing_provider_is_reported_and_the_next_run_goes_on(path: Path, cloud: Cloud) -> None:
    cloud.fail = {"create b"}
    run = Run(path, cloud)
    with pytest.raises(ProviderError, match="refuses to create b"):
        run.go(thing("a"), thing("b"), finish=False)
    assert run.engine.failures == ["fake:index:Thing 'b': the cloud refuses to create b"]
    assert run.steps[-1].error == "the cloud refuses to create b"
    cloud.fail = set()
    assert Run(path, cloud).go(thing("a"), thing("b")) == ["create b"]


def test_what_could_not_be_made_goes_when_it_is_no_longer_declared(path: Path, cloud: Cloud) -> None:
    cloud.fail = {"create b"}
    with pytest.raises(ProviderError):
        Run(path, cloud).go(thing("a"), thing("b", color="red"), finish=False)
    cloud.calls.clear()
    assert Run(path, cloud).go(thing("a")) == ["delete b"]
    assert cloud.calls == ["abandon b"]
    assert Run(path, cloud).go(thing("a")) == []


def test_failing_delete_keeps_the_entry(path: Path, cloud: Cloud) -> None:
    Run(path, cloud).go(thing("a"))
    cloud.fail = {"delete a"}
    with pytest.raises(ProviderError):
        Run(path, cloud).go()
    cloud.fail = set()
    assert Run(path, cloud).go() == ["delete a"]


def test_functions_answer_and_unknown_ones_are_named(path: Path, cloud: Cloud) -> None:
    engine = Run(path, cloud).engine
    assert engine.invoke("fake:index:whoami", {}) == {"name": "me"}
    with pytest.raises(LocalError, match="function aws:index/getMoon:getMoon"):
        engine.invoke("aws:index/getMoon:getMoon", {})


def test_secrets_reach_the_provider_in_clear_and_the_file_encrypted(path: Path, cloud: Cloud) -> None:
    registered = Run(path, cloud).engine.register(thing("a", token=secret("hunter2-in-the-input")))
    assert cloud.things["a"] == {"token": "hunter2-in-the-input"}
    assert holds_secret(registered.outputs["token"])
    assert holds_secret(registered.outputs["password"])
    text = path.read_text()
    assert "hunter2" not in text
    assert "secret of a" not in text
    assert Run(path, cloud).go(thing("a", token=secret("hunter2-in-the-input"))) == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("state.key").stat().st_mode & 0o777 == 0o600


PROGRAMS = {
    "create": ([], [thing("a"), thing("b", "a"), thing("c", "b")]),
    "update": ([thing("a", color=1), thing("b", "a", color=1)], [thing("a", color=2), thing("b", "a", color=2)]),
    "replace": ([thing("a", size=1), thing("b", "a", size=1)], [thing("a", size=2), thing("b", "a", size=2)]),
    "delete": ([thing("a"), thing("b", "a"), thing("c", "b")], [thing("a")]),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_killed_at_any_point_the_next_run_arrives(tmp_path: Path, case: str) -> None:
    """Dies before and after every effect of a run in turn; the next run must reach the same end."""
    before, after = PROGRAMS[case]
    wanted = {r.name: r.inputs for r in after}
    crashes = 0
    for boundary in range(1, 20):
        path, cloud = tmp_path / f"{boundary}.json", Cloud()
        Run(path, cloud).go(*before)
        cloud.boundaries, cloud.crash_at = 0, boundary
        try:
            Run(path, cloud).go(*after)
        except Crash:
            crashes += 1
            cloud.crash_at = None
            Run(path, cloud).go(*after)
        assert cloud.things == wanted
        assert Run(path, cloud).go(*after) == []
        if cloud.crash_at is not None:
            break
    assert crashes >= 2 * len(wanted)
