"""The faults of the local stack, with the failing outcomes that callers may get of each."""

from __future__ import annotations

from tests.local.faults import acts
from tests.local.faults.fault import NO_ANSWER, Fault, Place
from tests.support.fault_rows import Group

UNAVAILABLE = frozenset({503})
"""The answer to a call that may be made again later; it says when."""
SILENT = frozenset({503, 504})
"""The answers where a service or its database takes calls and says nothing in time."""
UNREACHED = frozenset({502, 503, 504})
"""The answers where something on the way has ended, or is just starting and takes too long."""

FAULTS: tuple[Fault[Place], ...] = (
    Fault(group=Group.PODS, name="a pod is killed", act=acts.pod_killed),
    Fault(group=Group.PODS, name="all pods of a service are killed", act=acts.pods_killed, statuses=UNREACHED),
    Fault(
        group=Group.PODS,
        name="a pod is stopped, until its liveness probe ends it",
        act=acts.pod_stopped,
        statuses=SILENT,
    ),
    Fault(group=Group.PODS, name="readiness and liveness of a pod flap", act=acts.pod_flapping, statuses=SILENT),
    Fault(group=Group.PODS, name="all pods of billing are killed", act=acts.pods_of_billing_killed, quick=True),
    Fault(group=Group.PODS, name="all pods of billing are stopped", act=acts.pods_of_billing_stopped),
    Fault(group=Group.DATABASE, name="PostgreSQL is killed", act=acts.database_killed, statuses=UNAVAILABLE),
    Fault(group=Group.DATABASE, name="PostgreSQL restarts", act=acts.database_restarted, statuses=UNAVAILABLE),
    Fault(group=Group.DATABASE, name="PostgreSQL is stopped", act=acts.database_stopped, statuses=SILENT),
    Fault(group=Group.DATABASE, name="PostgreSQL is read-only", act=acts.database_read_only),
    Fault(
        group=Group.DATABASE,
        name="PostgreSQL has no connections left",
        act=acts.database_without_connections,
        statuses=UNAVAILABLE,
    ),
    Fault(
        group=Group.DATABASE,
        name="PostgreSQL ends all sessions",
        act=acts.sessions_ended,
        statuses=UNAVAILABLE,
    ),
    Fault(
        group=Group.DATABASE,
        name="PostgreSQL is slow: statements wait for a lock",
        act=acts.database_slow,
        statuses=SILENT,
    ),
    Fault(
        group=Group.NETWORK,
        name="Envoy is killed",
        act=acts.envoy_killed,
        statuses=UNREACHED | {NO_ANSWER},
        quick=True,
    ),
    Fault(group=Group.NETWORK, name="Envoy is stopped", act=acts.envoy_stopped, statuses=SILENT),
    Fault(
        group=Group.NETWORK,
        name="the way between functions and services is cut for 30 s",
        act=acts.way_cut,
        statuses=SILENT,
    ),
    Fault(group=Group.NETWORK, name="Envoy gets a configuration that is wrong", act=acts.envoy_misled),
    Fault(group=Group.NETWORK, name="Envoy reloads its configuration", act=acts.envoy_reloaded),
    Fault(
        group=Group.FUNCTIONS,
        name="a function is killed in mid-call",
        act=acts.orders_killed,
        statuses=UNREACHED,
    ),
    Fault(
        group=Group.FUNCTIONS,
        name="the orchestrator is killed in mid-call",
        act=acts.orchestrator_killed,
        statuses=UNREACHED,
    ),
    Fault(group=Group.EVENTS, name="the relay of events is killed in mid-batch", act=acts.relay_killed),
    Fault(group=Group.EVENTS, name="the consumer is killed in mid-batch", act=acts.fulfilment_killed),
    Fault(group=Group.FUNCTIONS, name="a function stalls", act=acts.orders_stopped, statuses=SILENT),
    Fault(
        group=Group.FUNCTIONS,
        name="all functions start cold at once",
        act=acts.every_function_cold,
        statuses=UNREACHED,
    ),
    Fault(
        group=Group.MACHINE,
        name="the emulator is killed",
        act=acts.emulator_killed,
        statuses=UNREACHED,
    ),
    Fault(group=Group.MACHINE, name="the emulator is stopped", act=acts.emulator_stopped, statuses=SILENT),
    Fault(group=Group.TOKENS, name="the issuer is killed", act=acts.issuer_killed, quick=True),
    Fault(group=Group.TOKENS, name="the issuer is stopped", act=acts.issuer_stopped),
    Fault(
        group=Group.TOKENS,
        name="the gateway starts while the issuer's keys are away",
        act=acts.issuer_away_at_the_start,
        statuses=frozenset({401, 503, 504}),
    ),
    Fault(
        group=Group.TOKENS, name="the issuer signs with a key that the gateway does not know yet", act=acts.keys_changed
    ),
    Fault(
        group=Group.MACHINE,
        name="everything is killed at once, but for the supervisor",
        act=acts.everything_killed,
        statuses=UNREACHED | {NO_ANSWER},
    ),
    Fault(group=Group.MACHINE, name="the supervisor is killed", act=acts.supervisor_killed, recovery="the next `up`"),
)
