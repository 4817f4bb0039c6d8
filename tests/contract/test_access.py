"""Who may call which operation, as the contract has it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import pytest

from tests.support.contract import all_scopes, document
from tests.support.stack import Stack

CONTRACT = document()
ROUTES = [(method, path) for path, item in CONTRACT["paths"].items() for method in item]
SCOPES = all_scopes().split()


@pytest.fixture(scope="module")
def without(stack: Stack) -> Callable[[str], str]:
    """A token that lacks one scope."""
    return functools.cache(lambda scope: stack.token(scope=" ".join(s for s in SCOPES if s != scope)))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_scope_is_needed_and_no_other(
    stack: Stack, without: Callable[[str], str], method: str, path: str
) -> None:
    needed = {scope for need in CONTRACT["paths"][path][method]["security"] for scope in need["jwt"]}
    target = re.sub(r"{\w+}", "nobody", path)

    def status(token: str | None) -> int:
        return stack.request(method.upper(), target, token=token).status

    assert (status(None) == 401) == bool(needed)
    assert {scope for scope in SCOPES if status(without(scope)) == 403} == needed
