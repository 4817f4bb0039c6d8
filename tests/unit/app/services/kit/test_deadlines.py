import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.services.kit.deadlines import Deadline, Deadlines

SHORT = 0.05


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> int:
    return 1


async def within(deadline: Deadline, work: Callable[[], Awaitable[Any]]) -> Any:
    with deadline:
        return await work()


def test_a_result_in_time_is_returned():
    async def run() -> int:
        return await within(Deadlines(SHORT).begin(), at_once)

    assert asyncio.run(run()) == 1


def test_what_does_not_arrive_ends_and_the_task_goes_on():
    async def run() -> int:
        with pytest.raises(TimeoutError):
            await within(Deadlines(SHORT).begin(), never)
        await asyncio.sleep(0)
        return asyncio.current_task().cancelling()

    assert asyncio.run(run()) == 0


def test_each_has_its_own_time_and_those_that_are_done_have_none():
    async def run() -> list[str]:
        deadlines = Deadlines(SHORT)
        order: list[str] = []

        async def read(name: str, *, done: bool) -> None:
            deadline = deadlines.begin()
            deadline.done = done
            try:
                await within(deadline, lambda: asyncio.sleep(4 * SHORT))
            except TimeoutError:
                order.append(f"{name} late")
            else:
                order.append(f"{name} there")

        async with asyncio.TaskGroup() as group:
            group.create_task(read("first", done=False))
            group.create_task(read("second", done=True))
            await asyncio.sleep(SHORT / 2)
            group.create_task(read("third", done=False))
        return order

    assert asyncio.run(run()) == ["first late", "third late", "second there"]


def test_a_deadline_that_passes_between_two_reads_ends_the_next():
    async def run() -> None:
        deadline = Deadlines(SHORT).begin()
        await within(deadline, at_once)
        await asyncio.sleep(2 * SHORT)
        with pytest.raises(TimeoutError):
            await within(deadline, at_once)

    asyncio.run(run())


def test_somebody_elses_cancellation_stays_one():
    async def run() -> None:
        task = asyncio.create_task(within(Deadlines(10).begin(), never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_both_cancellations_at_once_are_somebody_elses_too():
    async def run() -> None:
        deadlines = Deadlines(SHORT)
        task = asyncio.create_task(within(deadlines.begin(), never))
        await asyncio.sleep(0)
        task.cancel()
        deadlines._pending[0].at = 0
        deadlines._expire(asyncio.get_running_loop())
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_what_is_done_is_forgotten():
    async def run() -> int:
        deadlines = Deadlines(10)
        for _ in range(1000):
            deadlines.begin().done = True
        return len(deadlines._pending)

    assert asyncio.run(run()) == 1


def test_the_timer_rests_when_nothing_is_read():
    async def run() -> object:
        deadlines = Deadlines(SHORT)
        deadlines.begin()
        await asyncio.sleep(3 * SHORT)
        assert deadlines._timer is None
        with pytest.raises(TimeoutError):
            await within(deadlines.begin(), never)

    asyncio.run(run())
