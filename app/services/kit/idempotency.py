"""Requests that may be sent again: the effect of a key happens once, and every call gets the first one's answer.

The key, the effect and the answer are one transaction, so that a crash never leaves one without the others. Concurrent
calls wait for the first, within the statement's time-out. An effect that raises is undone together with its key: the
next call tries again. The semantics are those of draft-ietf-httpapi-idempotency-key-header-07, except that a call
waits for one that is under way. Only an answer of success is remembered: a refusal is raised, and undone with its key.

    async with database.transaction() as connection:
        return await once(
            request, connection, operation="createInvoice", fingerprint=draft.model_dump_json().encode(),
            effect=lambda: create(connection, draft),
        )

The table is that of `idempotency_keys.sql`. A migration of the service has the same statements.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import Request, Response

from app.contract import problems
from app.contract.callers import PRINCIPAL
from app.contract.problems import KEY_REUSED, ProblemError
from app.services.kit.pool import Connection

LIFETIME = timedelta(hours=24)
"""The time for which an answer is kept. Afterwards the key may be used anew."""
EXPIRED_AT_ONCE = 10
"""The most expired keys that a call with a new key removes: more than it adds, and never many."""

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,128}")

# Waits for a transaction that is inserting the same key, and takes over a key whose lifetime has ended.
_CLAIM = """
insert into idempotency_keys as k (id, fingerprint) values ($1, $2)
on conflict (id) do update set fingerprint = excluded.fingerprint, created_at = now()
    where k.created_at < now() - $3::interval
returning true
"""
# Another call does not remove a key that this one has just read: _COMPLETE leaves a minute between.
_STORED = "select fingerprint, status, headers, body from idempotency_keys where id = $1"
_COMPLETE = """
with expired as (
    delete from idempotency_keys where id in (
        select id from idempotency_keys where created_at < now() - $5::interval - interval '1 minute'
        order by created_at limit $6 for update skip locked
    )
)
update idempotency_keys set status = $2, headers = $3, body = $4 where id = $1
"""


async def once(
    request: Request,
    connection: Connection,
    *,
    operation: str,
    fingerprint: bytes,
    effect: Callable[[], Awaitable[Response]],
) -> Response:
    """Returns the effect's answer, or the stored one of the first call with this caller, operation and key.

    `connection` is inside a transaction (`Database.transaction`), in which `effect` does all its work. Two requests are
    equal when their `fingerprint` is. Callers (X-Principal) and operations have keys of their own. Without the header
    Idempotency-Key the effect just happens. Raises ProblemError (422) for a malformed key, and for a key that was sent
    with another request.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return await effect()
    if _KEY.fullmatch(key) is None:
        detail = "A key has 1 to 128 of A-Z, a-z, 0-9, _ . : -"
        raise problems.invalid([{"parameter": "Idempotency-Key", "detail": detail}])
    scope = json.dumps([request.headers.get(PRINCIPAL, ""), operation, key])
    id_, mark = _digest(scope.encode()), _digest(fingerprint)
    if await connection.fetchval(_CLAIM, id_, mark, LIFETIME):
        response = await effect()
        answer = (response.status_code, json.dumps(dict(response.headers)), bytes(response.body))
        await connection.execute(_COMPLETE, id_, *answer, LIFETIME, EXPIRED_AT_ONCE)
        return response
    row = await connection.fetchrow(_STORED, id_)
    if row["fingerprint"] != mark:
        raise ProblemError(KEY_REUSED, "This Idempotency-Key was sent with another request; take a new one.")
    return Response(row["body"], row["status"], json.loads(row["headers"]))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
