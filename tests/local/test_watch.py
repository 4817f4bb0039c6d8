"""`up --watch`: each save becomes live by itself with one line, and leaves the state that `up` would have left."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from local.state import State
from tests.support.contract import all_scopes
from tests.support.stack import Stack
from tests.support.waiting import eventually

SERVICE, FUNCTION = "app/services/analytics/api.py", "app/functions/catalog/handler.py"
CONTRACT, SETTINGS = "app/contract/openapi.yaml", "Pulumi.local.yaml"
RAN = " (the program ran)"


class Watch:
    """A running `up --watch`, with the lines that it has printed since it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._seen = 0
        self.ready = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if self.ready.is_set():
                self.lines.append(line.strip())
            elif line.startswith("Watching the sources"):
                self.ready.set()

    def next(self) -> str:
        """Returns the next line about an edit, without its seconds, and without what the edit before has left."""
        line = eventually(lambda: self.lines[self._seen :][:1], what="a line about the edit")[0]
        self._seen += 1
        assert re.match(r"\d+\.\d s ", line), line
        return re.sub(r"Job \S+ replaced, ", "", line.split(" s ", 1)[1])


@contextmanager
def watched(stack: Stack) -> Iterator[Watch]:
    """Watches until the end of the block, with every source as it was afterwards. A plain `up` changes nothing then."""
    before = {path: (stack.root / path).read_text() for path in (SERVICE, FUNCTION, CONTRACT, SETTINGS)}
    with stack.start("up", "--watch") as process:
        try:
            watch = Watch(process)
            eventually(lambda: watch.ready.is_set() or process.poll() is not None, what="a look at the sources")
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield watch
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
            assert process.stderr is not None
            assert process.stderr.read() == ""
            state = entries(stack)
            assert stack.run("up").changes == []
            assert entries(stack) == state
        finally:
            process.kill()
            for path, text in before.items():
                (stack.root / path).write_text(text)
            stack.up()


def entries(stack: Stack) -> dict[str, Any]:
    """Returns what the state says of each resource."""
    return {entry.urn: asdict(entry) for entry in State(stack.machine.state_file)}


def renamed(path: Path, text: str) -> None:
    """Saves a file as many editors do: another one takes its name."""
    other = path.with_name(f".{path.name}.new")
    other.write_text(text)
    other.replace(path)


def version(stack: Stack, function: str) -> str:
    (row,) = [each for each in stack.status()["functions"] if each["name"] == function]
    assert row["version"] == row["newest"]
    return str(row["version"])


def test_each_save_becomes_live_by_itself_and_the_state_is_that_of_up(stack: Stack) -> None:
    token = stack.token(scope=all_scopes())
    with watched(stack) as watch:
        pods = {pod["name"] for pod in stack.pods("analytics")}
        others = {pod["name"] for pod in stack.pods()} - pods
        renamed(stack.root / SERVICE, (stack.root / SERVICE).read_text() + "\n# edited\n")
        assert watch.next() == f"{SERVICE}: Image analytics updated, Deployment analytics updated"
        image = next(iter(stack.pods("analytics")))
        assert image["name"] not in pods
        assert {pod["name"] for pod in stack.pods()} & others == others
        sources = stack.machine.images.glob(f"*/{SERVICE}")
        assert any(path.read_text().endswith("# edited\n") for path in sources)

        before = {name: version(stack, name) for name in ("catalog", "orders")}
        (stack.root / FUNCTION).write_text((stack.root / FUNCTION).read_text() + "\n# edited\n")
        assert watch.next() == f"{FUNCTION}: Function catalog updated, Alias catalog-live updated"
        assert version(stack, "orders") == before["orders"]
        assert int(version(stack, "catalog")) == int(before["catalog"]) + 1
        assert stack.request("GET", "/products", token=token).status == 200

        contract = (stack.root / CONTRACT).read_text()
        (stack.root / CONTRACT).write_text(contract.replace("maximum: 100", "maximum: 99"))
        line = watch.next()
        assert line.startswith(f"{CONTRACT}: Function ")
        assert line.endswith(RAN)
        assert stack.request("GET", "/products?limit=100", token=token).status == 422
        assert '"maximum": 99' in stack.request("GET", "/openapi.json").data.decode()

        settings = (stack.root / SETTINGS).read_text()
        (stack.root / SETTINGS).write_text(settings.replace("memory: 512", "memory: 640"))
        changed = "Function orchestrator updated, Alias orchestrator-live updated"
        assert watch.next() == f"{SETTINGS}: {changed}{RAN}"


def test_what_fails_is_named_with_its_place_and_what_served_before_goes_on(stack: Stack) -> None:
    token = stack.token(scope=all_scopes())
    error = "NameError: name 'NO_SUCH_NAME' is not defined"
    asked = {FUNCTION: "/products", SERVICE: "/analytics/summary"}
    with watched(stack) as watch:
        for file, path in asked.items():
            source = (stack.root / file).read_text()
            (stack.root / file).write_text(f"{source}BROKEN = NO_SUCH_NAME\n")
            line = watch.next()
            assert line.startswith(f"failed {file}: ")
            assert f"{file}:{len(source.splitlines()) + 1}: {error}" in line
            assert line.endswith("What served before goes on.")
            assert stack.request("GET", path, token=token).status == 200

            (stack.root / file).write_text(f"{source}def broken(:\n")
            line = watch.next()
            assert f"{file}:{len(source.splitlines()) + 1}: SyntaxError: invalid syntax" in line

            (stack.root / file).write_text(source)
            assert watch.next().startswith(f"{file}: ")
            assert stack.request("GET", path, token=token).status == 200

        settings = (stack.root / SETTINGS).read_text()
        (stack.root / SETTINGS).write_text(settings.replace("memory: 512", "memory: much"))
        line = watch.next()
        assert line.startswith(f"failed {SETTINGS}: Pulumi.local.yaml has a problem:")
        assert "memory" in line
        contract = (stack.root / CONTRACT).read_text()
        (stack.root / CONTRACT).write_text(contract.replace("openapi: ", "openapi: [", 1))
        assert watch.next().startswith(f"failed {CONTRACT}")
        (stack.root / CONTRACT).write_text(contract)
        assert watch.next().startswith("failed ")  # the setting is still wrong
        (stack.root / SETTINGS).write_text(settings)
        assert watch.next().endswith(RAN)


def test_files_come_and_go_and_a_save_during_an_update_is_done_next(stack: Stack) -> None:
    new = "app/functions/catalog/beside.py"
    updated = "Function catalog updated, Alias catalog-live updated"
    try:
        with watched(stack) as watch:
            source = (stack.root / FUNCTION).read_text()
            (stack.root / new).write_text("VALUE = 1\n")
            (stack.root / FUNCTION).write_text(f"{source}\nfrom app.functions.catalog import beside  # noqa\n")
            assert watch.next() == f"{new}, {FUNCTION}: {updated}{RAN}"

            (stack.root / new).write_text("VALUE = 2\n")
            function = "lambda/function:Function"
            eventually(lambda: stack.entry(function, "catalog").status == "updating", what="the update")
            (stack.root / new).write_text("VALUE = 3\n")
            assert [watch.next(), watch.next()] == [f"{new}: {updated}"] * 2

            (stack.root / new).unlink()
            (stack.root / FUNCTION).write_text(source)
            assert watch.next() == f"{new}, {FUNCTION}: {updated}"
    finally:
        (stack.root / new).unlink(missing_ok=True)


def test_it_ends_when_the_stack_goes_down(clone: Stack) -> None:
    clone.up()
    with clone.start("up", "--watch") as process:
        watch = Watch(process)
        eventually(watch.ready.is_set)
        assert "Another `make up` of this clone is running" in clone.run("up").err
        assert clone.run("down").code == 0
        assert process.wait() == 1
        assert process.stderr is not None
        assert "The stack is down" in process.stderr.read()


@pytest.mark.parametrize("options", [["--dry-run"], ["--json"]])
def test_it_takes_no_options_that_end(stack: Stack, options: list[str]) -> None:
    done = stack.run("up", "--watch", *options)
    assert (done.code, "--watch goes on until Ctrl-C" in done.err) == (1, True)
