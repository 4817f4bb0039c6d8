"""urllib3 comes without a module that nothing here uses, and would get it when it were asked for."""

import subprocess
import sys

from tests.support.service import ROOT

IMPORTED = """
import sys
from app.functions.orchestrator import handler
print("importlib.metadata" in sys.modules, "zipfile" in sys.modules)
import urllib3.http2
print(urllib3.http2.version("urllib3") == urllib3.__version__, sys.modules["importlib.metadata"].version.__module__)
"""


def test_the_orchestrator_imports_no_metadata_of_distributions_until_they_are_asked_for():
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["False False", "True importlib.metadata"]
