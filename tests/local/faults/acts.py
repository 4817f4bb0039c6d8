"""The acts of the faults: each returns when its cause is gone."""

from __future__ import annotations

import asyncio
import os
import time
from signal import SIGINT, SIGSTOP

import asyncpg
import psutil
from cryptography.hazmat.primitives.asymmetric import rsa

from local.envoy.process import admin
from local.issuer import staff, token
from local.machine import write_text
from planning.certificates import key_pem
from tests.local.faults.fault import Place
from tests.support.databases import rows
from tests.support.services import SERVICES
from tests.support.waiting import eventually

MOMENT = 4.0
"""Seconds that a fault lasts unless it says otherwise."""
CUT = 30.0
"""Seconds for which nothing passes the way to the services."""
RELOAD = "select pg_reload_conf()"


# ---- pods


def pod_killed(place: Place) -> None:
    place.killed(place.pods("users")[:1])


def pods_killed(place: Place) -> None:
    place.killed(place.pods("users"))


def pod_stopped(place: Place) -> None:
    """Stops one of two pods, until its liveness probe has ended it."""
    (victim, *_) = place.pods("users")
    os.kill(victim, SIGSTOP)
    eventually(lambda: not psutil.pid_exists(victim), what="the end of the pod")


def pods_of_billing_killed(place: Place) -> None:
    place.killed(place.pods("billing"))


def pods_of_billing_stopped(place: Place) -> None:
    place.frozen(place.pods("billing"), MOMENT)


def pod_flapping(place: Place) -> None:
    """Stops one of two pods again and again, so that it comes out of the ingress and back into it."""
    for _ in range(3):
        place.frozen(place.pods("users")[:1], MOMENT)
        eventually(lambda: len(place.pods("users")) > 1, what="both pods")


# ---- PostgreSQL


def database_killed(place: Place) -> None:
    place.killed([place.process("postgres")])


def database_restarted(place: Place) -> None:
    os.kill(place.process("postgres"), SIGINT)


def database_stopped(place: Place) -> None:
    place.frozen(place.server(), MOMENT)


def database_read_only(place: Place) -> None:
    on, off = "alter system set default_transaction_read_only = on", "alter system reset default_transaction_read_only"
    with place.changed(on, RELOAD, back=("set default_transaction_read_only = off", off, RELOAD)):
        eventually(lambda: rows(_url(place, "billing"), "show transaction_read_only") == [("on",)], what="read-only")
        time.sleep(MOMENT)


def database_without_connections(place: Place) -> None:
    """Takes every service's connections away, and lets nobody have one."""
    none = [f"alter role {service} connection limit 0" for service in SERVICES]
    any_number = tuple(f"alter role {service} connection limit -1" for service in SERVICES)
    with place.changed(*none, back=any_number):
        sessions_ended(place)
        time.sleep(MOMENT)


def sessions_ended(place: Place) -> None:
    place.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename <> 'postgres'")


def database_slow(place: Place) -> None:
    """Has every statement on the table of users wait for a lock."""

    async def hold() -> None:
        connection = await asyncpg.connect(_url(place, "users"))
        async with connection.transaction():
            await connection.execute("lock table users in access exclusive mode")
            await asyncio.sleep(MOMENT)
        await connection.close()

    asyncio.run(hold())


def _url(place: Place, service: str) -> str:
    """Returns the URL of a service's database, with its own role."""
    return str(place.stack.outputs_of("core/v1:Secret", f"{service}-database")["stringData"]["url"])


# ---- Envoy, the way in and the way to the services


def envoy_killed(place: Place) -> None:
    place.killed([place.process("envoy")])


def envoy_stopped(place: Place) -> None:
    place.frozen([place.process("envoy")], MOMENT)


def way_cut(place: Place) -> None:
    place.frozen([place.process("envoy")], CUT)


def envoy_misled(place: Place) -> None:
    """Gives Envoy a listener that it can't have, and the right ones again."""
    file = place.stack.machine.run / "xds" / "lds.json"
    right, envoy = file.read_text(), admin(place.stack.machine)
    rejected = envoy.stats("lds.update_rejected")
    write_text(file, right.replace('"address": "127.0.0.1"', '"address": "not an address"'))
    try:
        eventually(lambda: envoy.stats("lds.update_rejected") != rejected, what="the refusal")
        time.sleep(MOMENT)
    finally:
        write_text(file, right)


def envoy_reloaded(place: Place) -> None:
    """Has Envoy read its configuration again and again."""
    for _ in range(10):
        for file in (place.stack.machine.run / "xds").iterdir():
            write_text(file, file.read_text())
        time.sleep(0.2)


# ---- functions


def orders_killed(place: Place) -> None:
    place.killed_while_working("orders")


def orchestrator_killed(place: Place) -> None:
    place.killed_while_working("orchestrator")


def relay_killed(place: Place) -> None:
    place.killed_while_working("relay")


def fulfilment_killed(place: Place) -> None:
    place.killed_while_working("fulfilment")


def orders_stopped(place: Place) -> None:
    place.frozen(place.workers("orders"), MOMENT)


def every_function_cold(place: Place) -> None:
    """Takes every environment away, so that all calls start one at once."""
    place.killed(place.workers())


# ---- the emulator: gateway, tables, bus, queue and functions


def emulator_killed(place: Place) -> None:
    place.killed([place.process("emulator")])


def emulator_stopped(place: Place) -> None:
    place.frozen([place.process("emulator")], MOMENT)


def issuer_killed(place: Place) -> None:
    place.killed([place.process("issuer")])


def issuer_stopped(place: Place) -> None:
    place.frozen([place.process("issuer")], MOMENT)


def issuer_away_at_the_start(place: Place) -> None:
    """Has the gateway start while nobody gives it the keys of tokens."""
    emulator = place.process("emulator")
    place.killed([emulator])
    place.frozen([place.process("issuer")], 3 * MOMENT)


def keys_changed(place: Place) -> None:
    """Has the issuer sign with a key that the gateway does not know yet: such tokens are refused, earlier ones not."""
    machine = place.stack.machine
    file = machine.pki / "issuer.key"
    right = file.read_text()
    write_text(file, key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    try:
        early = token(machine, staff("early"), scope="staff:users:read")
        assert place.stack.request("GET", "/users/123", token=early).status == 401
        time.sleep(MOMENT)
    finally:
        write_text(file, right)


# ---- several at once


def everything_killed(place: Place) -> None:
    """Kills every process but the supervisor."""
    pods = [pod["pid"] for pod in place.stack.pods()]
    place.killed([*(place.process(name) for name in ("emulator", "envoy", "issuer", "postgres")), *pods])


def supervisor_killed(place: Place) -> None:
    """Kills the supervisor, without which nothing that ends is started again; the next `up` starts another."""
    place.killed([int(place.stack.state()["supervisor"]["pid"])])
    time.sleep(MOMENT)
    place.stack.up()
