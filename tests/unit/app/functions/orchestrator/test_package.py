"""The function's archive: these files and urllib3, nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

import app

APP = Path(app.__file__).parent
FORBIDDEN = {"boto3", "botocore", "fastapi", "starlette", "pydantic", "requests", "httpx", "yaml", "fastjsonschema"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    no_cache = shutil.ignore_patterns("__pycache__", "*.yaml", "generate.py", "schemas.py")
    shutil.copytree(APP / "functions", tmp_path / "app" / "functions", ignore=no_cache)
    shutil.copytree(APP / "contract", tmp_path / "app" / "contract", ignore=no_cache)
    shutil.copytree(Path(urllib3.__file__).parent, tmp_path / "urllib3", ignore=no_cache)
    return tmp_path


def isolated(archive: Path, code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(archive)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def test_the_archive_is_complete(archive):
    code = "import json, app.functions.orchestrator.handler; print(json.dumps(sorted(sys.modules)))"
    modules = {name.partition(".")[0] for name in json.loads(isolated(archive, code))}

    assert "urllib3" in modules
    assert not modules & FORBIDDEN
    assert modules - set(sys.stdlib_module_names) <= {"app", "urllib3", "__main__", "importlib_metadata"}


def test_an_invocation_works_there(archive):
    code = """
import app.functions.orchestrator.handler
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 1000
print(app.functions.orchestrator.handler.handler({"routeKey": "POST /users"}, Context())["statusCode"])
"""
    assert isolated(archive, code).splitlines()[-1] == "500"  # it has no settings, and says so
