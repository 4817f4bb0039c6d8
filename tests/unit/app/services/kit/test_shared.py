import asyncio
from contextvars import ContextVar

import pytest

from app.services.kit.shared import Shared

request: ContextVar[str] = ContextVar("request", default="none")


class Work:
    """Work that takes a while, or fails."""

    def __init__(self, seconds: float = 0.1, error: Exception | None = None) -> None:
        self.seconds = seconds
        self.error = error
        self.begun = 0
        self.seen: list[str] = []

    async def __call__(self) -> int:
        self.begun += 1
        self.seen.append(request.get())
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        return self.begun


def test_callers_at_the_same_time_share_one_run_and_later_ones_get_another():
    async def run() -> None:
        work = Work()
        shared = Shared(work, timeout=5)
        assert await asyncio.gather(*(shared.result() for _ in range(5))) == [1] * 5
        assert await shared.result() == 2

    asyncio.run(run())


def test_a_caller_that_gives_up_does_not_end_it():
    async def run() -> None:
        work = Work()
        shared = Shared(work, timeout=5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await shared.result()
        assert await shared.result() == 1

    asyncio.run(run())


def test_it_has_a_time_limit_of_its_own():
    async def run() -> None:
        shared = Shared(Work(5), timeout=0.05)
        with pytest.raises(TimeoutError):
            await shared.result()

    asyncio.run(run())


def test_a_failure_reaches_all_who_wait_and_the_next_call_tries_again():
    async def run() -> None:
        work = Work(error=LookupError())
        shared = Shared(work, timeout=5)
        results = await asyncio.gather(*(shared.result() for _ in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [LookupError] * 3
        work.error = None
        assert await shared.result() == 2

    asyncio.run(run())


def test_a_failure_that_nobody_waited_for_is_not_reported_as_forgotten():
    complaints = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        shared = Shared(Work(0, error=LookupError()), timeout=5)
        shared.begin()
        await asyncio.sleep(0.02)
        del shared

    asyncio.run(run())
    assert complaints == []


def test_it_does_not_run_in_the_name_of_the_request_that_began_it():
    async def run() -> Work:
        work = Work(0)
        request.set("first")
        await Shared(work, timeout=5).result()
        return work

    assert asyncio.run(run()).seen == ["none"]
