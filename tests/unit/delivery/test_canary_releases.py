"""The releases of a preview: what moves in steps, from which version, and what a return changes."""

from __future__ import annotations

import fnmatch

from delivery.releases import releases
from tests.support.program import deployed
from tests.unit.delivery.previews import CHANGED, NEW, OLD, alias, live, pods, step


def test_a_function_that_is_kept_warm_does_not_move_in_steps() -> None:
    warm = step("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", "orchestrator", {}, {})
    assert [release.name for release in releases({"steps": [*CHANGED, warm]})] == ["users"]


def test_a_canary_of_somebody_s_own_is_left_alone() -> None:
    changed = [pods("users", OLD, OLD), pods("users-canary", OLD, NEW, track="canary")]
    assert list(releases({"steps": changed})) == []


def test_after_a_return_the_previous_version_is_still_the_one_that_serves() -> None:
    returned = live("orchestrator", "42") | {"routingConfig": {"additionalVersionWeights": {"41": 1}}}
    changed = [alias("orchestrator", returned, live("orchestrator", "42")), pods("users", OLD, NEW)]
    assert {release.previous for release in releases({"steps": changed})} == {"41", OLD}


def test_a_return_changes_what_has_the_calls_and_nothing_else() -> None:
    names = [resource.urn for resource in deployed("prod", False).resources]
    targets = [target.replace("**", "*") for release in releases({"steps": CHANGED}) for target in release.targets]
    found = {name for target in targets for name in fnmatch.filter(names, target)}
    assert {urn.rpartition("$")[2] for urn in found} == {
        "aws:lambda/alias:Alias::orchestrator-live",
        "kubernetes:apps/v1:Deployment::users",
        "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::users",
    }
