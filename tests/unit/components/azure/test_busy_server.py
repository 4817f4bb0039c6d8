"""A server that is made and still busy: the change is tried again, for a while, and for that reason only."""

from __future__ import annotations

import asyncio
import inspect

import pulumi
import pytest

from components.azure import busy_server

BUSY = 'Code="ServerIsBusy" Message="Server users is busy with another operation. Please try again later."'
NOT_ACCESSIBLE = 'Code="AadAuthOperationCannotBePerformedWhenServerIsNotAccessible" Message="The server is not ..."'


def failed(*errors: str) -> pulumi.ErrorHookArgs:
    """The arguments after failures, the newest first, as an engine gives them."""
    return pulumi.ErrorHookArgs(
        urn="urn", id="", name="users-people", type="administrator", failed_operation="create", errors=list(errors)
    )


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(busy_server.asyncio, "sleep", sleep)
    monkeypatch.setattr(busy_server.pulumi.log, "info", lambda _: None)
    return made


def again(args: pulumi.ErrorHookArgs) -> bool:
    answer = busy_server._again(args)
    assert inspect.isawaitable(answer)
    return asyncio.run(answer)


@pytest.mark.parametrize("message", [BUSY, NOT_ACCESSIBLE])
def test_a_busy_server_is_tried_again_after_a_pause(message: str, pauses: list[float]) -> None:
    assert again(failed(message))
    assert pauses == [busy_server.PAUSE]


def test_it_is_not_tried_for_ever(pauses: list[float]) -> None:
    assert again(failed(*[BUSY] * (busy_server.TRIES - 1)))
    assert not again(failed(*[BUSY] * busy_server.TRIES))
    assert busy_server.TRIES < 100, "the engine's own limit ends with another message"
    assert 120 <= busy_server.TRIES * busy_server.PAUSE <= 600


def test_another_error_is_an_error_at_once(pauses: list[float]) -> None:
    assert not again(failed('Code="AuthorizationFailed"', BUSY))
    assert pauses == []
