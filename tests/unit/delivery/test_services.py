"""The query of managed Prometheus, and what is made of its answer."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest

from app.services.kit import application
from app.services.kit.health import ROUTES
from app.services.kit.metrics import Metrics
from app.services.kit.places import Places
from components.kubernetes import release_tracks
from delivery import services
from delivery.releases import ServiceRelease
from delivery.services import Services, signals, versions
from delivery.verdict import Measured, Subject, complaints
from tests.unit.components.test_cluster_alerts import KEPT_BY_DEFAULT

USERS = ServiceRelease(name="users", setting="", key="", previous="", targets=())


def answering(*series: tuple[str, str, str, str]) -> Services:
    """A workspace that answers with these signals, services, tracks and values."""

    def run(command: Sequence[str]) -> str:
        assert command[:4] == ["az", "rest", "--method", "get"]
        result = [
            {"metric": {"signal": signal, "job": job, "track": track}, "value": [0, value]}
            for signal, job, track, value in series
        ]
        return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})

    return Services(endpoint="https://query.example", names=("users",), namespace="apps", run=run)


def test_the_two_tracks_are_measured_each_for_itself() -> None:
    measured = answering(
        ("calls", "users", "stable", "95"),
        ("calls", "users", "canary", "5"),
        ("failures", "users", "canary", "2"),
        ("milliseconds", "users", "canary", "NaN"),
        ("milliseconds", "users", "stable", "12.5"),
        ("restarts", "users", "canary", "1"),
    ).measure(60)
    assert versions([USERS], measured) == {
        "users": (Measured(calls=95, milliseconds=12.5), Measured(calls=5, failures=2, restarts=1))
    }
    assert services.totals(["users"], measured) == {"users": Measured(calls=100, failures=2)}


def refusing(stable: tuple[int, int], canary: tuple[int, int]) -> list[str]:
    """The reasons to return of a service whose tracks had so many calls, and refused so many; none before."""
    measured = answering(
        *(
            (signal, "users", track, str(value))
            for track, (calls, refused) in (("stable", stable), ("canary", canary))
            for signal, value in (("calls", calls), ("failures", refused), ("refusals", refused))
        )
    ).measure(60)
    old, new = versions([USERS], measured)["users"]
    now = services.totals(["users"], measured)["users"]
    return [*complaints(Subject(name="users", before=Measured(calls=3600), now=now, old=old, new=new))]


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
@pytest.mark.parametrize("rate", [0.02, 0.2, 1.0])
def test_pods_of_both_tracks_that_refuse_alike_return_no_release(share: float, rate: float) -> None:
    """More callers than there are places meet both, and the hour before knows nothing of them."""
    new = round(1000 * share)
    assert refusing((1000 - new, round((1000 - new) * rate)), (new, round(new * rate))) == []


def test_a_version_that_refuses_more_is_returned() -> None:
    (reason,) = refusing((500, 10), (500, 100))
    assert reason.startswith("users: 100 of 500 calls of the new version failed")


def test_a_refusal_is_the_status_of_taken_places() -> None:
    assert Places(0, name="calculations", retry_after=1).unavailable("").kind.status == services.REFUSAL


def test_nothing_is_asked_where_there_is_no_workspace_yet() -> None:
    def run(command: Sequence[str]) -> str:
        raise AssertionError(command)

    one = Services(endpoint=None, names=("users",), namespace="apps", run=run)
    assert one.measure(60) == {}
    assert one.totals(60) == {"users": Measured()}


def test_one_call_asks_for_everything_by_name() -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str:
        asked.append(command)
        return json.dumps({"data": {"result": []}})

    Services(endpoint="https://query.example", names=("users",), namespace="apps", run=run).measure(301.2)
    (command,) = asked
    (query,) = parse_qs(urlsplit(command[command.index("--url") + 1]).query)["query"]
    assert set(re.findall(r'"signal", "(\w+)"', query)) == signals("apps", 301).keys()
    assert "[301s]" in query
    assert query.count("(") == query.count(")")
    assert query.count("{") == query.count("}")


def test_only_what_is_collected_is_asked_for() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/users", 200, 0.01)
    own = {line.partition("{")[0].partition(" ")[0] for line in metrics.text().decode().splitlines()}
    own |= set(re.findall(r'metrics\.gauge\("([a-z_]+)"', inspect.getsource(application)))
    for signal, query in signals("apps", 60).items():
        assert set(re.findall(r"([a-z_]+)\{", query)) <= own | KEPT_BY_DEFAULT, signal


def test_probes_are_no_calls() -> None:
    for signal in ("calls", "failures", "refusals", "milliseconds"):
        (left_out,) = set(re.findall(r'route!~"([^"]+)"', signals("apps", 60)[signal]))
        assert set(left_out.split("|")) == ROUTES


def test_the_tracks_are_those_of_the_program() -> None:
    assert (services.STABLE, services.CANARY) == (release_tracks.STABLE, release_tracks.CANARY)


@pytest.mark.parametrize("signal", ["calls", "failures", "refusals"])
def test_the_first_failure_of_new_pods_counts_and_what_older_pods_counted_before_does_not(signal: str) -> None:
    """A series begins with its first failure, so that an increase would not see it."""
    query = signals("apps", 60)[signal]
    assert "increase(" not in query
    assert re.search(r"max_over_time\(http_\w+\{[^}]+\}\[60s\]\) - \(max_over_time\(.+ offset 60s\) or 0 \*", query)
