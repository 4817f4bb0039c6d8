"""The functions' archive: our files and urllib3; botocore is the runtime's, and only imported for a client."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

import app

APP = Path(app.__file__).parent


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    left_out = shutil.ignore_patterns("__pycache__", "*.yaml", "*.json", "generate.py", "schemas.py", "reading.py")
    for package in ("commerce", "contract", "functions"):
        shutil.copytree(APP / package, folder / "app" / package, ignore=left_out)
    shutil.copytree(Path(urllib3.__file__).parent, folder / "urllib3", ignore=left_out)
    return folder


@pytest.mark.parametrize(
    ("function", "distributions"),
    [("catalog", set()), ("orders", set()), ("relay", set()), ("fulfilment", {"urllib3"})],
)
def test_it_is_complete_and_no_more_than_needed(archive, function, distributions):
    code = f"import json, app.functions.{function}.handler; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(archive)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.partition(".")[0] for name in json.loads(run.stdout)}

    assert modules - set(sys.stdlib_module_names) - {"__main__", "importlib_metadata"} == {"app"} | distributions
