"""Performs the recipes of docs/contributing.md on a copy of the repository, and checks the copy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.images.context import SERVICES
from tests.recipes.copy import CHECKS, Copy
from tests.recipes.page import Command, recipe, recipes
from tests.support.contract import all_scopes
from tests.support.program import ROOT
from tests.support.services import NEW_SERVICE
from tests.support.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

THINGS = {
    "A service",
    "A route of a service",
    "A function and its route",
    "An AWS resource type",
    "A Kubernetes kind",
    "A setting",
    "An alarm",
}
CONCERNING_ALL = (
    *(
        f"tests/unit/test_{name}.py"
        for name in ("costs", "deploy", "deploy_rights", "order", "pages", "program", "runbook")
    ),
    *(
        f"tests/unit/components/{name}.py"
        for name in (
            "alarms/test_alarms",
            "aws/test_encryption_key",
            "azure/test_database",
            "kubernetes/test_namespace",
            "kubernetes/test_scraping",
            "kubernetes/test_workload",
            "test_api",
            "test_commerce",
            "test_feature_tag",
            "test_identity",
            "test_microservice",
            "test_operations",
            "test_workspaces",
        )
    ),
    *(
        f"tests/unit/app/functions/{name}.py"
        for name in ("test_bundles", "test_callers", "orchestrator/test_fan_out", "orchestrator/test_logs")
    ),
    "tests/unit/app/services/test_routes.py",
    "tests/unit/local/kubernetes/test_fields.py",
    "tests/unit/policy/test_rules.py",
    "tests/unit/tools/test_settings.py",
)
"""Tests that look at the whole program, at every service, at every function or at every page."""
IMAGES = ("tests/images/test_context.py", "tests/images/test_dockerfiles.py", "tests/images/test_requirements.py")
"""Tests of every service's image that need no container engine."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """A copy in which every recipe has been performed. It is removed at the end: with its caches it is large."""
    root = tmp_path_factory.mktemp("recipes") / "copy"
    copy = Copy(root)
    copy.perform([step for heading in recipes() for step in recipe(heading)])
    yield copy
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def stack(copy: Copy) -> Iterator[Stack]:
    """The copy on this machine."""
    stack = Stack(copy.root)
    try:
        stack.up()
        yield stack
    finally:
        stack.run("down", "--purge")


def test_there_is_a_recipe_for_each_thing() -> None:
    assert set(recipes()) == THINGS


@pytest.mark.parametrize("heading", recipes())
def test_no_recipe_edits_a_test_or_a_page(heading: str) -> None:
    paths = [step.path for step in recipe(heading) if not isinstance(step, Command)]
    edited = [path for path in paths if (ROOT / path).exists()]
    assert [path for path in edited if path.startswith("tests/") or path.endswith(".md")] == []


@pytest.mark.parametrize("name", CHECKS)
def test_afterwards_a_check_of_the_repository_passes(copy: Copy, name: str) -> None:
    copy.check(name)


def test_afterwards_the_import_contracts_hold(copy: Copy) -> None:
    copy.check_imports()


def test_afterwards_the_tests_that_concern_all_pass(copy: Copy) -> None:
    copy.test("--fast", *CONCERNING_ALL)


def test_afterwards_the_images_are_those_of_their_services(copy: Copy) -> None:
    earlier = " or ".join(f"[{service}]" for service in SERVICES)  # their images are tested where they stand
    copy.test(*IMAGES, "-k", f"not ({earlier})")


def test_a_pull_request_with_all_of_it_says_what_it_costs(copy: Copy) -> None:
    cost = json.loads(copy.module("planning", "plan", "--stack", "dev", "--against", "HEAD", "--json"))["cost"]
    after = {row["resource"]: row["after"] for row in cost["rows"]}
    assert after[f"{NEW_SERVICE} (Server)"] > 0
    assert {f"{NEW_SERVICE}-database-cpu (MetricAlert)", "products-refusals (MetricAlarm)"} <= after.keys()
    assert cost["difference"] == pytest.approx(sum(row["after"] - row["before"] for row in cost["rows"]))
    assert set(cost["uncounted"]) == {"availability (Function)", "availability (LogGroup)"}


def test_the_tests_that_recipes_write_pass(copy: Copy) -> None:
    written = {path for path in copy.new_files() if path.startswith("tests/") and "/test_" in path}
    assert written
    copy.test(*sorted(written))


def test_the_new_service_answers_through_the_gateway(stack: Stack) -> None:
    token = stack.token(scope=f"{NEW_SERVICE}:read")
    answer = stack.request("GET", f"/{NEW_SERVICE}/notebook", token=token)
    assert (answer.status, answer.json()) == (200, {"sku": "notebook", "name": "Notebook"})
    assert stack.request("GET", f"/{NEW_SERVICE}/nothing", token=token).status == 404
    assert stack.request("GET", f"/{NEW_SERVICE}/notebook", token=stack.token(scope="staff:users:read")).status == 403
    assert stack.request("GET", f"/{NEW_SERVICE}/notebook").status == 401


def test_the_new_route_answers_through_the_gateway(stack: Stack) -> None:
    answer = stack.request("GET", "/analytics/total", token=stack.token(scope=all_scopes()))
    assert answer.status == 200
    assert answer.json()["events"] >= 0


def test_the_new_function_answers_through_the_gateway(stack: Stack) -> None:
    token = stack.token(scope=all_scopes())
    product = {"name": "Notebook", "price": "4.50", "currency": "EUR", "stock": 1}
    created = stack.request("POST", "/products", token=token, json_body=product)
    assert created.status == 201
    answer = stack.request("GET", f"/products/{created.json()['id']}/availability", token=token)
    assert (answer.status, answer.json()) == (200, {"available": True})
    assert stack.request("GET", "/products/nothing/availability", token=token).status == 404


def test_the_new_resource_of_aws_is_real(stack: Stack) -> None:
    assert stack.outputs_of("ssm/parameter:Parameter", "gateway")["value"] == stack.machine.endpoint_url
