"""The files of a new service: its package, its migrations and its tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import Environment

from tools.service.names import Names

SERVICE_FILES = ("__init__.py", "__main__.py", "models.py", "store.py", "api.py")
"""Templates below `templates/service`; the files have the same names in `app/services/<service>`."""
MIGRATIONS = ("create", "seed")
"""Templates below `templates/service/migrations`, in the order in which they run."""
TEST_FILES = ("conftest.py", "test_api.py", "test_main.py")
"""Templates below `templates/tests`; the files have the same names in `tests/unit/app/services/<service>`."""


def service_files(names: Names, templates: Environment, now: datetime) -> dict[Path, str]:
    """Returns the text of every new file by its path in the repository. `now` becomes the migrations' version."""

    def rendered(template: str) -> str:
        return templates.get_template(f"{template}.jinja").render(names=names, version=_version(now, 0))

    folder = Path("app/services") / names.service
    tests = Path("tests/unit/app/services") / names.service
    files = {folder / name: rendered(f"service/{name}") for name in SERVICE_FILES}
    files |= {
        folder / "migrations" / f"{_version(now, number)}_{name}_{names.service}.sql": rendered(
            f"service/migrations/{name}.sql"
        )
        for number, name in enumerate(MIGRATIONS)
    }
    files |= {tests / name: rendered(f"tests/{name}") for name in TEST_FILES}
    return files


def _version(now: datetime, seconds: int) -> str:
    return f"{now + timedelta(seconds=seconds):%Y%m%d%H%M%S}"
