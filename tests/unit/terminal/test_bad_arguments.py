"""Every command with bad arguments, where nothing runs: a sentence and a status of failure, and nothing is saved."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from delivery import events
from delivery.stack_events import open_stack
from local.machine import Machine
from terminal import clone, commands

# It is meant for tests that forget the words; here they are those of the process, as for a person.
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")

STACK = "--stack"
BAD: dict[str, list[list[str]]] = {
    "terminal.commands": [
        ["nonsense"],
        ["up", "--port", "80000"],
        ["up", "--port", "0"],
        ["up", "--port", "eighty"],
        ["up", "--port"],
        ["up", "extra"],
        ["up", "--dry-run", "--port", "9000"],
        ["up", "--dry-run", "--context", "mine"],
        ["up", "--kind", "--kubeconfig", "/nowhere"],
        ["up", "--kubeconfig", "/nowhere"],
        ["up", "--context", "mine"],
        ["up", "--watch", "--json"],
        ["up", "--watch", "--dry-run"],
        ["up", "--dry-run", "--repair"],
        ["up", "--levers"],
        ["drift"],
        ["drift", "--wrong"],
        ["drift", "extra"],
        ["down", "--forget"],
        ["down", "--wrong"],
        ["status", "--watch", "--wrong"],
        ["status", "extra"],
        ["logs", "--since", "soon"],
        ["logs", "--since"],
        ["logs", "--level", "loud"],
        ["logs", "--grep", "("],
        ["logs", "--service", "nobody"],
        ["logs", "--request-id", "nosuchid"],
        ["logs", "--request-id", "nosuchid", "--json"],
        ["trace"],
        ["trace", "nosuchid"],
        ["trace", "nosuchid", "--json"],
        ["trace", "one", "two"],
        ["token"],
        ["token", "--customer", "a b"],
        ["token", "--customer", "alice", "--staff", "bob"],
        ["token", "--staff", ""],
        ["token", "--staff", "bob", "--scope", "nope:all"],
        ["restart"],
        ["restart", "nobody"],
        ["stop", "nobody"],
        ["start", "nobody"],
        ["pause", "nobody"],
        ["pause"],
        ["resume", "nobody"],
        ["psql"],
        ["psql", "nobody"],
        ["console", "extra"],
        ["demo"],
        ["demo", "extra"],
        ["console", "--port", "eighty"],
        ["debug"],
        ["debug", "nobody"],
        ["debug", "nobody", "--port", "eighty"],
        ["shell", "extra"],
        ["shell"],
    ],
    "planning.__main__": [
        ["plan"],
        ["plan", STACK, "nowhere"],
        ["plan", STACK, "local", "--json", "--markdown"],
        ["plan", STACK, "local", "--against", "HEAD"],  # there is no git on this PATH
        ["plan", STACK, "dev", "--against", ""],
        ["render", STACK, "local"],
        ["render", STACK, "local", "--output", "app"],
        ["render", STACK, "nowhere", "--output", "/nowhere/at/all"],
    ],
    "policy.__main__": [[], [STACK, "nowhere"], [STACK, "dev", "--against", ""]],
    "delivery.events": [
        ["dlq"],
        ["dlq", STACK, "local"],
        ["dlq", STACK, "nowhere"],
        ["redrive", STACK, "local", "--queue", "nobody"],
        ["replay", STACK, "local", "--since", "yesterday"],
        ["rebuild", STACK, "local", "--since", "yesterday"],
        ["republish", STACK, "local"],
        ["pause", "nobody", STACK, "local"],
        ["resume", STACK, "local"],
    ],
    "delivery.canary": [[], [STACK, "prod"], [STACK, "prod", "--wrong"]],
    "delivery.drift.__main__": [
        [],
        [STACK, "nowhere"],
        [STACK, "local"],
        [STACK, "dev"],  # there is no engine on this PATH
        [STACK, "dev", "--wrong"],
        ["guard"],
        ["guard", STACK, "dev"],
        ["guard", STACK, "local"],
        ["repair", STACK, "nowhere"],
        ["repair", STACK, "dev", "--levers"],
    ],
    "delivery.hours": [["start"], ["start", STACK, "nowhere"], ["stop", STACK, "prod"], ["check", STACK, "dev"]],
    "delivery.preflight.__main__": [[], [STACK, "nowhere"], [STACK, "local"], [STACK, "dev", "--seconds", "soon"]],
    "delivery.smoke": [
        [],
        ["--endpoint", "nonsense"],
        ["--endpoint", "https://127.0.0.1:1", "--ca", "/nowhere"],
    ],
}


@pytest.fixture
def main(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, list[str]], int]:
    """Returns what runs a command line in an empty clone, and gives its exit status."""
    (machine.root / "app").symlink_to(clone.ROOT / "app")
    for module in (clone, commands):
        monkeypatch.setattr(module, "ROOT", machine.root)
    monkeypatch.setattr(events, "open_stack", functools.partial(open_stack, home=machine.home))
    monkeypatch.setenv("PATH", "/nowhere")

    def run(module: str, words: list[str]) -> int:
        monkeypatch.setattr(sys, "argv", ["command", *words])
        loaded = importlib.import_module(module)
        with pytest.raises(SystemExit) as ended:
            loaded.main(*([loaded.app] if module in ("delivery.canary", "delivery.hours", "delivery.smoke") else []))
        code = ended.value.code
        if isinstance(code, str):  # the interpreter writes it, and ends with 1
            sys.stderr.write(f"{code}\n")
        return code if isinstance(code, int) else 1

    return run


def files(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("module", "words"),
    [pytest.param(module, words, id=" ".join([module, *words])) for module, each in BAD.items() for words in each],
)
def test_bad_arguments(
    main: Callable[[str, list[str]], int],
    machine: Machine,
    capsys: pytest.CaptureFixture[str],
    module: str,
    words: list[str],
) -> None:
    before = files(machine.home)
    assert main(module, words) in (1, 2)
    said = capsys.readouterr()
    assert (said.err or said.out).strip()
    assert "Traceback" not in said.err + said.out
    assert files(machine.home) == before


def test_every_command_is_tried() -> None:
    words = {each[0] for each in BAD["terminal.commands"]}
    assert {name for name in commands.app if not name.startswith("-")} - words == {"aws"}
