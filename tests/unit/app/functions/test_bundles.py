"""Each function is deployed by itself: its bundle holds what it imports, and changes only with that."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from components.aws import bundle as module
from components.aws.bundle import bundle, contents
from tests.support.program import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "app" / "functions").glob("*/handler.py"))
FORBIDDEN = {"boto3", "botocore", "fastapi", "starlette", "pydantic", "requests", "httpx", "yaml", "jsonschema"}
OTHER = "python2.7"
IMPORTED = """
import dis, importlib, json, sys, types

def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)

def late(module):
    "The names that the module may import while it runs."
    with open(module.__file__) as file:
        for code in codes(compile(file.read(), module.__file__, "exec")):
            for step in dis.get_instructions(code):
                if step.opname == "IMPORT_NAME" and step.argval.startswith("app."):
                    yield step.argval

importlib.import_module(sys.argv[1])
done = set()
while new := {name for name in sys.modules if name.partition(".")[0] == "app"} - done:
    done |= new
    for name in new:
        for other in late(sys.modules[name]):
            importlib.import_module(other)
print(json.dumps([sys.modules[name].__file__ for name in done]))
"""
"""Names the sources that an interpreter loads, and those that it would load later. It knows nothing of the bundles."""


def handler_of(function: str) -> str:
    return f"app.functions.{function}.handler"


def isolated(path: Path, code: str) -> str:
    """Runs code with the standard library and what is in `path`."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> Mapping[str, Path]:
    """The functions' zips, by name."""
    root = tmp_path_factory.mktemp("program")
    (root / "app").symlink_to(ROOT / "app")
    return {name: root / bundle(name, handler_of(name), OTHER, root=root).path for name in FUNCTIONS}


@pytest.fixture(scope="module")
def imported() -> Mapping[str, set[str]]:
    """The sources that each function loads, from the root of the repository."""
    found = {}
    for name in FUNCTIONS:
        command = [sys.executable, "-c", IMPORTED, handler_of(name)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found[name] = {Path(file).relative_to(ROOT).as_posix() for file in json.loads(run.stdout)}
    return found


@pytest.fixture
def changes(tmp_path, monkeypatch) -> Callable[[str], list[str]]:
    """`changes(file)` says which functions get another bundle when the file does."""
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "_distribution", lambda _: {})  # the same for all: no file of ours is in there
    before = {name: contents(handler_of(name), root=tmp_path) for name in FUNCTIONS}

    def look(file: str) -> list[str]:
        path = tmp_path / file
        text = path.read_text()
        path.write_text(f"{text}\n# changed\n")
        try:
            return [name for name in FUNCTIONS if contents(handler_of(name), root=tmp_path) != before[name]]
        finally:
            path.write_text(text)

    return look


@pytest.mark.slow  # builds bundles for each source file
def test_a_change_of_a_source_changes_the_bundles_of_the_functions_that_import_it(changes, imported):
    for path in sorted((ROOT / "app").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        assert changes(file) == [name for name in FUNCTIONS if file in imported[name]], file


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_change_inside_a_function_changes_its_own_bundle_alone(changes, function):
    for path in (ROOT / "app" / "functions" / function).glob("*.py"):
        assert changes(path.relative_to(ROOT).as_posix()) == [function], path


@pytest.mark.parametrize(
    ("file", "users", "others"),
    [
        ("kit/upstream.py", {"fulfilment", "orchestrator"}, {"catalog", "orders", "relay"}),
        ("kit/breaker.py", {"fulfilment", "orchestrator"}, {"catalog", "orders", "relay"}),
        ("kit/api.py", {"catalog", "orchestrator", "orders"}, {"fulfilment", "relay"}),
        ("kit/api_keys.py", {"catalog", "orchestrator", "orders"}, {"fulfilment", "relay"}),
        ("kit/conditions.py", {"catalog", "orders"}, {"fulfilment", "orchestrator", "relay"}),
        ("kit/logs.py", {*FUNCTIONS}, set()),
    ],
)
def test_a_change_in_the_kit_reaches_only_who_uses_it(changes, file, users, others):
    changed = {*changes(f"app/functions/{file}")}
    assert users <= changed
    assert others.isdisjoint(changed)


def test_nothing_of_the_services_is_in_a_bundle(archives):
    for path in archives.values():
        with zipfile.ZipFile(path) as archive:
            assert not [name for name in archive.namelist() if name.startswith(("app/services", "components"))]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_is_complete_and_starts_without_an_sdk(archives, function):
    """The import finds everything in the zip: it has nothing of this environment."""
    names = json.loads(
        isolated(archives[function], f"import json, {handler_of(function)}; print(json.dumps([*sys.modules]))")
    )
    packages = {name.partition(".")[0] for name in names}

    assert not packages & FORBIDDEN
    assert packages - set(sys.stdlib_module_names) <= {"app", "urllib3", "__main__", "importlib_metadata"}
    assert ("urllib3" in packages) is (function in ("fulfilment", "orchestrator"))


@pytest.mark.parametrize("function", ["catalog", "orchestrator", "orders"])
def test_an_invocation_works_there(archives, function):
    code = f"""
from {handler_of(function)} import handler
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 1000
print(handler({{"routeKey": "POST /users"}}, Context())["statusCode"])
"""
    assert isolated(archives[function], code).splitlines()[-1] == "500"  # it has no settings, and says so
