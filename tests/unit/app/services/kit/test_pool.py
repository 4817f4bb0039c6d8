import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.kit.pool import Pool, PoolClosedError


class Connection:
    def __init__(self) -> None:
        self.ended: str | None = None

    def is_closed(self) -> bool:
        return self.ended is not None

    def terminate(self) -> None:
        self.ended = self.ended or "by force"

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.ended = self.ended or "orderly"


class Server:
    """Makes connections; `refuse` of the next ones are refused, and each waits while `open` is not set."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.refuse = 0
        self.open = asyncio.Event()
        self.open.set()

    async def connect(self) -> Connection:
        await asyncio.sleep(0)
        await self.open.wait()
        if self.refuse:
            self.refuse -= 1
            raise ConnectionRefusedError
        self.made.append(Connection())
        return self.made[-1]

    @property
    def living(self) -> int:
        return len([each for each in self.made if not each.is_closed()])


def run(
    work: Callable[[Pool, Server], Awaitable[Any]],
    *,
    size: int = 2,
    timeout: float = 5,
    connect: float = 5,
    idle: float = 60,
) -> Any:
    async def main() -> Any:
        server = Server()
        pool = Pool(server.connect, size=size, timeout=timeout, connect_timeout=connect, idle_lifetime=idle)
        return await work(pool, server)

    return asyncio.run(main())


def test_an_idle_connection_is_used_again_and_the_last_used_first():
    async def work(pool: Pool, server: Server) -> None:
        assert pool.take() is None
        first, second = await pool.acquire(), await pool.acquire()
        pool.release(first)
        pool.release(second)
        assert pool.take() is second
        assert await pool.acquire() is first
        assert len(server.made) == 2

    run(work)


def test_there_are_never_more_than_its_size_and_who_waits_is_served_in_order():
    async def work(pool: Pool, server: Server) -> None:
        order: list[int] = []

        async def use(number: int) -> None:
            connection = await pool.acquire()
            order.append(number)
            await asyncio.sleep(0)
            pool.release(connection)

        await asyncio.gather(*map(use, range(20)))
        assert order == list(range(20))
        assert (len(server.made), pool.size, pool.idle) == (2, 2, 2)

    run(work)


def test_connections_that_have_ended_are_not_given():
    async def work(pool: Pool, server: Server) -> None:
        first = await pool.acquire()
        pool.release(first)
        first.terminate()
        assert pool.take() is None
        second = await pool.acquire()
        second.terminate()
        pool.release(second)
        assert pool.size == 0
        assert not (await pool.acquire()).is_closed()

    run(work)


def test_an_ended_connection_makes_room_for_one_who_waits():
    async def work(pool: Pool, server: Server) -> None:
        first = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        first.terminate()
        pool.release(first)
        assert (await waiting) is server.made[1]

    run(work, size=1)


def test_a_failed_connect_is_an_error_of_one_caller_and_leaves_room_for_the_next():
    async def work(pool: Pool, server: Server) -> None:
        server.refuse = 1
        results = await asyncio.gather(pool.acquire(), pool.acquire(), return_exceptions=True)
        assert isinstance(results[0], ConnectionRefusedError)
        assert results[1] is server.made[0]

    run(work, size=1)


def test_waiting_for_a_connection_ends_with_a_timeout():
    async def work(pool: Pool, server: Server) -> None:
        connection = await pool.acquire()
        with pytest.raises(TimeoutError):
            await pool.acquire()
        pool.release(connection)
        assert await pool.acquire() is connection
        pool.release(connection)
        connection.terminate()
        server.open.clear()
        with pytest.raises(TimeoutError):
            await pool.acquire()
        server.open.set()
        assert await pool.acquire() is server.made[1]

    run(work, size=1, timeout=0.01)


def test_a_connect_that_takes_longer_than_a_request_waits_serves_the_next():
    async def work(pool: Pool, server: Server) -> None:
        server.open.clear()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await pool.acquire()
        assert pool.size == 0
        server.open.set()
        connection = await pool.acquire()
        assert server.made == [connection], "the first request's connect went on, and no other was begun"
        pool.release(connection)
        assert (pool.size, pool.idle) == (1, 1)

    run(work, size=1, timeout=0.01)


def test_a_connect_whose_request_was_cancelled_goes_on_as_well():
    async def work(pool: Pool, server: Server) -> None:
        server.open.clear()
        task = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.open.set()
        await asyncio.sleep(0.01)
        assert (pool.size, pool.idle) == (1, 1)

    run(work)


def test_a_connect_ends_at_last_and_leaves_room():
    async def work(pool: Pool, server: Server) -> None:
        server.open.clear()
        with pytest.raises(TimeoutError):
            await pool.acquire()
        await asyncio.sleep(0.05)
        server.open.set()
        assert await pool.acquire() is server.made[0]
        assert len(server.made) == 1

    run(work, size=1, timeout=0.01, connect=0.03)


def test_the_end_does_not_wait_for_a_connect_that_nobody_waits_for():
    async def work(pool: Pool, server: Server) -> None:
        server.open.clear()
        with pytest.raises(TimeoutError):
            await pool.acquire()
        async with asyncio.timeout(1):
            await pool.close()
        server.open.set()
        await asyncio.sleep(0.01)
        assert server.living == 0

    run(work, timeout=0.01)


def test_a_connection_for_somebody_who_has_just_given_up_goes_to_the_next():
    async def work(pool: Pool, server: Server) -> None:
        connection = await pool.acquire()
        first, second = (asyncio.create_task(pool.acquire()) for _ in range(2))
        await asyncio.sleep(0)
        pool.release(connection)
        first.cancel()
        assert await second is connection

    run(work, size=1)


def test_idle_connections_are_closed():
    async def work(pool: Pool, server: Server) -> None:
        first, second = await pool.acquire(), await pool.acquire()
        pool.release(first)
        pool.release(second)
        await asyncio.sleep(0.02)
        pool.release(pool.take())
        assert (first.ended, second.ended, pool.size) == ("by force", None, 1)

    run(work, idle=0.01)


def test_the_end_waits_for_those_in_use_and_lets_nobody_in():
    async def work(pool: Pool, server: Server) -> None:
        used, idle = await pool.acquire(), await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        closing = asyncio.create_task(pool.close())
        with pytest.raises(PoolClosedError):
            await waiting
        pool.release(idle)
        assert pool.take() is None
        with pytest.raises(PoolClosedError):
            await pool.acquire()
        assert not closing.done()
        pool.release(used)
        await closing
        assert [each.ended for each in server.made] == ["orderly", "orderly"]

    run(work)


def test_the_end_does_not_wait_for_ever():
    async def work(pool: Pool, server: Server) -> None:
        used, idle = await pool.acquire(), await pool.acquire()
        pool.release(idle)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await pool.close()
        assert (used.ended, idle.ended) == ("by force", "by force")
        pool.release(used)

    run(work)


STEPS = st.lists(st.tuples(st.sampled_from(["use", "break", "cancel", "refuse"]), st.integers(0, 4)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(1, 3))
def test_no_history_of_uses_loses_a_place(steps, size):
    async def work(pool: Pool, server: Server) -> None:
        async def use(kind: str, turns: int) -> None:
            try:
                connection = await pool.acquire()
            except ConnectionRefusedError:
                return
            try:
                assert server.living - pool.idle <= size
                for _ in range(turns):
                    await asyncio.sleep(0)
                if kind == "break":
                    connection.terminate()
            finally:
                pool.release(connection)

        tasks = []
        for kind, turns in steps:
            server.refuse += kind == "refuse"
            tasks.append(asyncio.create_task(use(kind, turns)))
            await asyncio.sleep(0)
            if kind == "cancel":
                tasks[turns % len(tasks)].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not [task for task in tasks if not task.cancelled() and task.exception()]
        server.refuse = 0
        all_places = await asyncio.gather(*(pool.acquire() for _ in range(size)))
        assert len(set(all_places)) == size
        assert server.living == size

    run(work, size=size)
