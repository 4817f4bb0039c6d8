"""A caller of fulfilment gets no further in the services than the steps of a rebuild lead."""

import json
from types import SimpleNamespace

import pytest

from app.functions.fulfilment import rebuild


class Services:
    """Analytics, which answers every step and notes it."""

    def __init__(self):
        self.paths = []

    def rebuild(self, path, body):
        self.paths.append(path)
        return SimpleNamespace(status=200, body=json.dumps(body))


def take(path, services):
    return rebuild.take({"path": path, "body": {"x": 1}}, services, read=None)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/clear",
        *(f"/rebuild-20261130T101112-0a1b2c3d/{step}" for step in ("archived", "stored", "switch", "leave")),
    ],
)
def test_a_step_is_passed_on(path):
    services = Services()
    assert take(path, services) == {"status": 200, "body": {"x": 1}}
    assert services.paths == [path]


@pytest.mark.parametrize(
    "path",
    [
        "/../../billing/invoices",
        "/rebuild-x/../../events",
        "/rebuild-x/switch/..",
        "/rebuild-x/switch?compare_only=false",
        "/rebuild-x/other",
        "/living/leave",
        "/clear\n",
    ],
)
def test_another_path_is_refused_and_nobody_is_asked(path):
    services = Services()
    assert take(path, services)["status"] == 404
    assert services.paths == []
