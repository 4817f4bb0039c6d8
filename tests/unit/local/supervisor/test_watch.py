from __future__ import annotations

import os
import time
from pathlib import Path

from local.machine import write_json
from local.supervisor import watch as module
from local.supervisor.watch import Watch


def settled(watch: Watch) -> Watch:
    """After the clock tick in which the last change lies."""
    time.sleep(module._CLOCK_TICK / 1e9 + 0.02)
    watch.changed()
    assert not watch.changed()
    return watch


def test_every_way_of_change_is_seen_once(tmp_path: Path) -> None:
    tree, folder = tmp_path / "objects", tmp_path / "pki"
    watch = Watch(tree, [folder])
    assert watch.changed(), "the first look"
    file = tree / "Secret" / "shop" / "a.json"
    changes = [
        lambda: write_json(file, {}),
        lambda: write_json(file, {"a": 1}),
        lambda: write_json(file.with_name("b.json"), {}),
        lambda: write_json(tree / "Secret" / "other" / "a.json", {}),
        file.unlink,
        lambda: write_json(folder / "key", {}),
    ]
    for change in changes:
        settled(watch)
        change()
        assert watch.changed()


def test_two_changes_in_one_tick_of_the_clock_are_both_seen(tmp_path: Path) -> None:
    """The folder's time may be the same after the second one."""
    watch = Watch(tmp_path, [])
    folder = tmp_path / "Secret" / "shop"
    write_json(folder / "a.json", {"a": 1})
    assert watch.changed()
    modified = folder.stat().st_mtime_ns
    write_json(folder / "a.json", {"a": 2})
    os.utime(folder, ns=(modified, modified))
    assert watch.changed()
