"""A stack whose file is filled in, and command-line tools that are played from recorded answers.

The answers (tests/unit/delivery/preflight/well.json, and cases/*.yaml, which are laid over it) are written after the
tools' documentation, and those of `az` after the source of its version 2.91 too: none of them comes from an account. A
first real run makes others with `./crosscloud preflight --record`, in the same form.
"""

from __future__ import annotations

import atexit
import fnmatch
import functools
import json
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from delivery.preflight.ask import Ask
from delivery.preflight.check import Deployment
from delivery.preflight.needs import Needs, read
from delivery.preflight.processes import Done, Run
from planning.plan import Planned
from tests.support.program import ROOT

Json = Any
Answers = Sequence[dict[str, Json]]
FOLDER = ROOT / "tests/unit/delivery/preflight"
WELL: Answers = json.loads((FOLDER / "well.json").read_text())
"""The answers when all is well: a command as a pattern, what it prints, its exit status and its words."""
OWN = {
    "123456789012": ("111122223333",),
    "00000000-0000-0000-0000-000000000000": tuple(f"{n * 8}-{n * 4}-4{n * 3}-8{n * 3}-{n * 12}" for n in "1234"),
    "203.0.113.0/24": ("20.79.0.0/16",),
    "0000\n": ("4711\n",),
    "0000 ": ("4711 ",),
    '"0000"': ('"4711"',),
    "example.com": ("acme.test",),
}
"""The values that take the place of the placeholders in a stack's file: one for all, or one after the other."""
TOOLS = ("aws", "az", "curl", "docker", "gh", "jq", "kubelogin", "pulumi")
FAKE = """#!{python} -IS
import fnmatch, json, pathlib, sys, time
call = " ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
with open({log!r}, "a") as log:
    log.write(json.dumps(call) + "\\n")
answers = json.loads(pathlib.Path({answers!r}).read_text())
answer = next((each for each in answers if fnmatch.fnmatchcase(call, each["call"])), None)
if answer is None:
    sys.exit(97)
time.sleep(answer.get("seconds", 0))
out = answer.get("out", "")
sys.stdout.write(out if isinstance(out, str) else json.dumps(out))
sys.stderr.write(answer.get("err", ""))
sys.exit(answer.get("rc", 0))
"""


@dataclass(frozen=True, kw_only=True)
class Played:
    """A `Run` that answers from recorded answers, and keeps each command."""

    answers: Answers = ()
    """Answers that are laid over those when all is well."""
    commands: list[tuple[str, ...]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, command: Sequence[str]) -> Done:
        with self._lock:
            self.commands.append(tuple(command))
        call = " ".join(command)
        answer = next((each for each in (*self.answers, *WELL) if fnmatch.fnmatchcase(call, each["call"])), None)
        assert answer is not None, f"the test has no answer for {call}"
        out = answer.get("out", "")
        text = out if isinstance(out, str) else json.dumps(out)
        return Done(status=answer.get("rc", 0), out=text, err=answer.get("err", ""))


def filled(text: str) -> str:
    """Returns a stack's file in which everything that only its owner knows is written."""
    for placeholder, values in OWN.items():
        for value in values[:-1]:
            text = text.replace(placeholder, value, 1)
        text = text.replace(placeholder, values[-1])
    return re.sub(r" # REPLACE.*", "", text)


@functools.cache
def root() -> Path:
    """Returns a copy of the repository, for a process's life, whose stacks are filled in and have a key."""
    folder = Path(tempfile.mkdtemp(prefix="preflight-"))
    atexit.register(shutil.rmtree, folder)
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml", "app", "components"):
        (folder / name).symlink_to(ROOT / name)
    for stack in ("dev", "prod"):
        key = f"secretsprovider: awskms://alias/crosscloud-state-{stack}?region=eu-central-1\nencryptedkey: QUJD\n"
        file = f"Pulumi.{stack}.yaml"
        (folder / file).write_text(key + filled((ROOT / file).read_text()))
    return folder


@functools.cache
def needs(stack: str = "dev") -> Needs:
    """Returns the needs of a stack that is filled in; the program is run once for each in a process."""
    return read(root(), stack)


def deployment(run: Run, case: dict[str, Json] | None = None) -> Deployment:
    """Returns a deployment with the differences that a case describes."""
    case = case or {}
    own = needs(case.get("stack", "dev"))
    text = own.text
    for old, new in case.get("file", {}).items():
        assert old in text, f"the file of {own.stack} has no {old}"
        text = text.replace(old, new)
    gone = case.get("undeclared", ())
    kept = (resource for resource in own.planned if resource.type not in gone)
    new = (
        Planned(urn=each["type"], name="own", parent="", dependencies=(), **each) for each in case.get("declares", ())
    )
    own = replace(own, text=text, planned=(*kept, *new), **case.get("needs", {}))
    ask = Ask(run=run, region=own.region, subscription=own.azure["subscriptionId"])
    options = {"repository": "ada/crosscloud", "ask_address": True, "python": (3, 13), **case.get("deployment", {})}
    return Deployment(needs=own, ask=ask, **{**options, "python": tuple(options["python"])})


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Command-line tools in a folder, which answer as processes."""

    folder: Path

    @property
    def calls(self) -> list[str]:
        """Every command that was run."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def tools(folder: Path, answers: Answers = (), *, without: Sequence[str] = ()) -> Tools:
    """Puts the tools into a folder, which is to be the whole PATH."""
    (folder / "answers").write_text(json.dumps([*answers, *WELL]))
    script = FAKE.format(python=sys.executable, log=str(folder / "log"), answers=str(folder / "answers"))
    for name in set(TOOLS) - set(without):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return Tools(folder=folder)
