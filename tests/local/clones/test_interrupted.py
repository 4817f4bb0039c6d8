"""`up` that is stopped or killed before it has ended."""

from __future__ import annotations

import signal

from tests.support.stack import Stack


def test_up_killed_half_way_is_finished_by_the_next(clone: Stack) -> None:
    """Kills `up` four times after some more steps, each time with what the earlier ones have left."""
    for steps in (1, 20, 30, 20):
        started = clone.start("up")
        for _ in range(steps):
            assert started.stdout
            started.stdout.readline()
        started.send_signal(signal.SIGKILL)
        started.communicate()
    clone.up()
    assert clone.request("GET", "/users/123", token=clone.token()).status == 200
    assert "0 changes" in clone.up().out


def test_stopped_up_says_how_to_go_on(clone: Stack) -> None:
    started = clone.start("up")
    assert started.stdout
    started.stdout.readline()
    started.send_signal(signal.SIGINT)
    _, err = started.communicate()
    assert started.returncode == 130
    assert err == "Stopped. Run the same command again to go on.\n"
    clone.up()
