"""Releases to deliver: broken ones, each in its own way, and a good one; and what a delivery is to say of each."""

from __future__ import annotations

from dataclasses import dataclass

ORDERS, FULFILMENT = "app/functions/orders/handler.py", "app/functions/fulfilment/handler.py"
USERS = "app/services/users/api.py"


PARTS = "environment.prepare(assembled)\n"
"""The last line of a function's module; a service's has none."""
SLOW = 2.0
"""Seconds that each answer of the slow version takes at least."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A change of one source file."""

    name: str
    """The fault of the release, as the table of docs/releases.md says it."""
    moves: str
    """The function or service that it is a new version of."""
    file: str
    code: str
    """The code that is added to the file."""
    slow: bool = False
    """True if callers notice by waiting."""
    verdict: str | None
    """The reason for which the delivery returns, a regular expression. None: it does not."""
    noticed: bool
    """True if some callers notice before it is returned: by a 500, or by an answer that takes SLOW seconds."""

    def applied(self, source: str) -> str:
        """Returns the file with the code in it: before a function makes its parts, which is the end of its import."""
        before, line, after = source.partition(PARTS)
        return f"{before}{self.code}\n\n{line}{after}"


def _broken(body: str) -> str:
    return f"\n\n{body}"


RELEASES = (
    Release(
        name="writes an event that the consumer refuses",
        moves="orders",
        file=ORDERS,
        code=_broken(
            "from app.commerce.domain.events import Event as Written\n"
            "from app.contract.events import validation\n\n_document = Written.document\n"
            "Written.document = lambda self: {**_document(self), 'occurred_at': 'now'}\n"
            "validation.checked = lambda document: document\n"
        ),
        verdict=r"relay: \d+ messages can never be worked on\.",
        noticed=False,
    ),
    Release(
        name="answers 500 to every order",
        moves="orders",
        file=ORDERS,
        code=_broken("def _create(self, context):\n    raise RuntimeError('broken')\n\n\nOrderDesk.create = _create\n"),
        verdict=r"orders: \d+ of \d+ calls of the new version failed; of the previous one it was \d+ of \d+\.",
        noticed=True,
    ),
    Release(
        name="answers 500 to one order in twenty",
        moves="orders",
        file=ORDERS,
        code=_broken(
            "import itertools\n\n_calls, _good = itertools.count(10), OrderDesk.create\n\n\n"
            "def _create(self, context):\n    if next(_calls) % 20 == 0:\n        raise RuntimeError('broken')\n"
            "    return _good(self, context)\n\n\nOrderDesk.create = _create\n"
        ),
        verdict=r"orders: \d+ of \d+ calls of the new version failed; of the previous one it was \d+ of \d+\.",
        noticed=True,
    ),
    Release(
        name="is slow by 2 s",
        slow=True,
        moves="orders",
        file=ORDERS,
        code=_broken(
            "import time\n\n_good = OrderDesk.create\n\n\n"
            "def _create(self, context):\n    time.sleep(2)\n    return _good(self, context)\n\n\n"
            "OrderDesk.create = _create\n"
        ),
        verdict=r"orders: nine of ten calls take up to \d+ ms, and \d+ ms before\.",
        noticed=True,
    ),
    Release(
        name="crashes at import",
        moves="orders",
        file=ORDERS,
        code=_broken("raise RuntimeError('broken')\n"),
        verdict=r"orders: version \d+ fails before it is called: .*(RuntimeError|broken)",
        noticed=False,
    ),
    Release(
        name="fails at every message of the queue",
        moves="fulfilment",
        file=FULFILMENT,
        code=_broken("def _do(self, event):\n    raise RuntimeError('broken')\n\n\nWork.do = _do\n"),
        verdict=r"fulfilment: \d+ of \d+ calls of the new version failed; of the previous one it was \d+ of \d+\.",
        noticed=False,
    ),
    Release(
        name="image that crashes",
        moves="users",
        file=USERS,
        code=_broken("raise RuntimeError('broken')\n"),
        verdict=r"`pulumi up` failed: .*users-canary",
        noticed=False,
    ),
    Release(
        name="image that never gets ready",
        moves="users",
        file=USERS,
        code=_broken(
            "from app.services.kit.health import Lifecycle\n\n\n"
            "async def _check(self):\n    return 'it never is'\n\n\nLifecycle.check = _check\n"
        ),
        verdict=r"`pulumi up` failed: .*users-canary",
        noticed=False,
    ),
    Release(
        name="image that leaks memory",
        moves="users",
        file=USERS,
        code=_broken(
            "_leak, _read = [], store.read\n\n\n"
            "async def _leaking(database, user_id):\n    _leak.append(b'x' * 2**24)\n"
            "    return await _read(database, user_id)\n\n\nstore.read = _leaking\n"
        ),
        verdict=r"users: a pod uses \d+ MiB of memory, and \d+ before\.",
        noticed=False,
    ),
    Release(
        name="image that leaks file descriptors",
        moves="users",
        file=USERS,
        code=_broken(
            "_leak, _read = [], store.read\n\n\n"
            "async def _leaking(database, user_id):\n    _leak.extend(open('/dev/null') for _ in range(20))\n"
            "    return await _read(database, user_id)\n\n\nstore.read = _leaking\n"
        ),
        verdict=r"users: a pod has \d+ open files, and \d+ before\.",
        noticed=False,
    ),
    Release(
        name="good",
        moves="orders",
        file=ORDERS,
        code=_broken("CHANGED = True\n"),
        verdict=None,
        noticed=False,
    ),
)
