"""Compares what is there with what was made, type by type: what of it is other, or that it is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local import desired
from local.kubernetes.manifests import key_of_manifest
from local.machine import Machine
from local.provider import Handler, MadeInMemory, Properties
from local.providers.aws.functions import Function
from local.providers.aws.gateway import Stage, stage_key
from local.providers.aws.logs import LogGroup
from local.providers.aws.resource import Description, RecordedResource, Resource
from local.providers.aws.secrets import SecretVersion
from local.providers.aws.sources import EventSourceMapping
from local.providers.aws.tables import Table
from local.providers.docker import Image, context_digest
from local.providers.kubernetes import Manifest
from local.state import Entry
from planning.changes import differences
from planning.manifests import manifest_of
from planning.wire import plain
from terminal.drift.members import disagreements

Pairs = dict[str, tuple[Any, Any]]
"""The values (expected, actual) that differ, by path; None stands for absent."""
GONE = None
"""The answer that there is nothing any more."""


def is_real(handler: Handler) -> bool:
    """Returns whether a type exists outside of the state."""
    return not isinstance(handler, MadeInMemory | RecordedResource)


def reading(handler: Handler, entry: Entry, machine: Machine) -> Pairs | None:
    """Returns what of a resource differs from what was made, or GONE. Raises ProviderError when nobody answers."""
    if isinstance(handler, SecretVersion):
        return _of_secret(handler, entry)
    if not handler.exists(entry.id, plain(entry.outputs)):
        return GONE
    if isinstance(handler, Resource):
        return _of_aws(handler, entry)
    if isinstance(handler, Manifest):
        return _of_kubernetes(entry, machine)
    return _of_image(entry, machine) if isinstance(handler, Image) else {}


# ---- AWS


def _of_aws(handler: Resource, entry: Entry) -> Pairs | None:
    view = handler.view({**plain(entry.outputs), "id": entry.id})
    actual = handler.find(view)
    if actual is None:
        return GONE
    pairs: Pairs = {}
    for operation in dict.fromkeys([handler.table.calls.create, *handler.table.calls.update]):
        pairs |= disagreements(handler, operation, view, actual)
    for kind, read in _BESIDES.items():
        if isinstance(handler, kind):
            pairs |= differing(read(handler, view, actual))
    return pairs


def _of_secret(handler: Resource, entry: Entry) -> Pairs | None:
    """Returns whether a secret has another value. Its handler would say that the version is gone."""
    view = handler.view({**plain(entry.outputs), "id": entry.id})
    current = {key: value for key, value in view.items() if key != "versionId"}
    actual = Resource.find(handler, current)
    return GONE if actual is None else differing({"secretString": (view["secretString"], actual.get("SecretString"))})


def differing(pairs: Pairs) -> Pairs:
    """Returns the pairs whose sides differ."""
    return {path: (expected, actual) for path, (expected, actual) in pairs.items() if expected != actual}


def _of_table(table: Resource, view: Properties, actual: Description) -> Pairs:
    """Returns what a table has by calls of its own."""
    ttl = table.call("DescribeTimeToLive", view)["TimeToLiveDescription"]
    backups = table.call("DescribeContinuousBackups", view)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
    declared = view.get("ttl") or {}
    return {
        "ttl.enabled": (bool(declared.get("enabled")), ttl.get("TimeToLiveStatus") == "ENABLED"),
        "pointInTimeRecovery.enabled": (bool((view.get("pointInTimeRecovery") or {}).get("enabled")), recovery),
        "deletionProtectionEnabled": (
            view["deletionProtectionEnabled"],
            actual.get("DeletionProtectionEnabled", False),
        ),
    }


def _of_function(function: Resource, view: Properties, actual: Description) -> Pairs:
    """Returns a function's code and how often it may run at a time; -1 is as often as the account may."""
    concurrency = function.call("GetFunctionConcurrency", view).get("ReservedConcurrentExecutions", -1)
    return {
        "code": (view.get("codeSha256"), actual.get("CodeSha256")),
        "reservedConcurrentExecutions": (int(view.get("reservedConcurrentExecutions", -1)), concurrency),
    }


def _of_mapping(_: Resource, view: Properties, actual: Description) -> Pairs:
    return {"enabled": (bool(view["enabled"]), actual.get("State") in ("Enabled", "Enabling", "Creating"))}


def _of_log_group(_: Resource, view: Properties, actual: Description) -> Pairs:
    return {"retentionInDays": (view.get("retentionInDays") or None, actual.get("retentionInDays"))}


def _of_stage(stage: Resource, view: Properties, _: Description) -> Pairs:
    """Returns the throttles of a stage as Envoy has them."""
    actual = desired.get(stage.aws.machine, stage_key(view["apiId"]))
    return {"routeSettings": (stage.envoys(view), actual)} if isinstance(stage, Stage) else {}


_BESIDES: Mapping[type[Resource], Callable[[Resource, Properties, Description], Pairs]] = {
    Table: _of_table,
    Function: _of_function,
    EventSourceMapping: _of_mapping,
    LogGroup: _of_log_group,
    Stage: _of_stage,
}
"""The properties that a type has besides the members of its description."""


# ---- what is a file of this machine


def _of_kubernetes(entry: Entry, machine: Machine) -> Pairs:
    """Returns what of an object differs from its manifest, whole: nobody else writes into one here."""
    expected = manifest_of(plain(entry.outputs), "")
    pairs = differences(expected, desired.get(machine, key_of_manifest(expected)) or {})
    return {path: pair for path, pair in pairs.items() if any(value not in (None, {}, []) for value in pair)}


def _of_image(entry: Entry, machine: Machine) -> Pairs:
    """Returns whether an image holds its build context."""
    folder, digest = machine.images / str(plain(entry.outputs)["contextDigest"]), plain(entry.outputs)["contextDigest"]
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return differing({"contextDigest": (digest, context_digest(folder, files))})
