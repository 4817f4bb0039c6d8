"""DynamoDB tables, on demand. The emulator keeps and does not heed: encryption, point-in-time recovery's backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Resource

ON_DEMAND = "PAY_PER_REQUEST"


class Table(Resource):
    """Indexes are compared one by one: AWS takes one change of them per call."""

    service = "dynamodb"
    create_call, read_call, delete_call = "CreateTable", "DescribeTable", "DeleteTable"
    update_calls = ("UpdateTable",)
    within = "Table"
    names: ClassVar[Mapping[str, str]] = {"TableName": "name"}
    unset: ClassVar[Properties] = {"deletionProtectionEnabled": False}
    ignored = frozenset({"serverSideEncryption"})
    translated = frozenset(
        {"attributes", "hashKey", "rangeKey", "globalSecondaryIndexes", "streamEnabled", "streamViewType"}
        | {"pointInTimeRecovery", "ttl", "billingMode"}
    )
    unsupported = frozenset(
        {"localSecondaryIndexes", "onDemandThroughput", "warmThroughput", "tableClass", "globalTableWitness"}
        | {"provisionedThroughput", "sseSpecification", "resourcePolicy", "vectorIndexes", "replicaUpdates"}
    )
    outputs: ClassVar[Mapping[str, str]] = {
        "id": "TableName",
        "name": "TableName",
        "arn": "TableArn",
        "streamArn": "LatestStreamArn",
        "streamLabel": "LatestStreamLabel",
    }
    replace_on = frozenset({"name", "hashKey", "rangeKey"})

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs.get("billingMode") != ON_DEMAND:
            raise ProviderError(f"{self._label(name)}: billingMode must be {ON_DEMAND} on this machine.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        stream = {"streamEnabled": bool(view.get("streamEnabled"))}
        if stream["streamEnabled"]:
            stream["streamViewType"] = view["streamViewType"]
        indexes = [_index(one) for one in view.get("globalSecondaryIndexes", [])]
        return {
            **view,
            "attributeDefinitions": [
                {"attributeName": one["name"], "attributeType": one["type"]} for one in view["attributes"]
            ],
            "keySchema": _keys(view),
            "globalSecondaryIndexes": indexes or None,
            "streamSpecification": stream,
        }

    def find(self, view: Properties) -> Mapping[str, Any] | None:
        found = super().find(view)
        if found is None:
            return None
        ttl = self.call("DescribeTimeToLive", view)["TimeToLiveDescription"]
        backups = self.call("DescribeContinuousBackups", view)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        live = ttl["AttributeName"] if ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING") else None
        return {**found, "Ttl": live, "Recovery": recovery == "ENABLED"}

    def make(self, view: Properties) -> None:
        super().make(view)
        self._settle(view)

    def change(self, view: Properties) -> None:
        found = self.find(view)
        if found is None:
            raise MissingError(f"{self._label(view['name'])}: it is not there.")
        name = {"TableName": view["name"]}
        if found.get("DeletionProtectionEnabled", False) != view["deletionProtectionEnabled"]:
            self.aws.call(
                self.service, "UpdateTable", {**name, "DeletionProtectionEnabled": view["deletionProtectionEnabled"]}
            )
        if _stream(found) != view["streamSpecification"].get("streamViewType"):
            if _stream(found):  # another view type is another stream
                self.aws.call(self.service, "UpdateTable", {**name, "StreamSpecification": {"StreamEnabled": False}})
            if view["streamSpecification"]["streamEnabled"]:
                self.call("UpdateTable", {"name": view["name"], "streamSpecification": view["streamSpecification"]})
        self._change_indexes(view, found)
        self._settle(view)

    def as_declared(self, view: Properties, found: Mapping[str, Any]) -> bool:
        return (
            _stream(found) == view["streamSpecification"].get("streamViewType")
            and _described(found) == _declared(view)
            and found.get("DeletionProtectionEnabled", False) == view["deletionProtectionEnabled"]
            and (found["Ttl"], found["Recovery"]) == (_ttl(view), _recovery(view))
        )

    def _change_indexes(self, view: Properties, found: Mapping[str, Any]) -> None:
        here, wanted = _described(found), _declared(view)
        definitions = {"name": view["name"], "attributeDefinitions": view["attributeDefinitions"]}
        for index in [name for name in here if here[name] != wanted.get(name)]:
            changes = [{"delete": {"indexName": index}}]
            self.call("UpdateTable", {"name": view["name"], "globalSecondaryIndexUpdates": changes})
        for index in view["globalSecondaryIndexes"] or []:
            if here.get(index["indexName"]) != wanted[index["indexName"]]:
                self.call("UpdateTable", {**definitions, "globalSecondaryIndexUpdates": [{"create": index}]})

    def _settle(self, view: Properties) -> None:
        """What calls of their own set. Setting it to what it is would be an error on AWS."""
        found, name = self.find(view) or {}, {"TableName": view["name"]}
        before, after = found.get("Ttl"), _ttl(view)
        for attribute, enabled in ((before, False), (after, True)):
            if attribute is not None and before != after:
                specification = {"Enabled": enabled, "AttributeName": attribute}
                self.aws.call(self.service, "UpdateTimeToLive", {**name, "TimeToLiveSpecification": specification})
        if found.get("Recovery") != _recovery(view):
            recovery = {"PointInTimeRecoveryEnabled": _recovery(view)}
            specified = {**name, "PointInTimeRecoverySpecification": recovery}
            self.aws.call(self.service, "UpdateContinuousBackups", specified)


def _keys(keys: Properties) -> list[Properties]:
    pairs = ((keys.get("hashKey"), "HASH"), (keys.get("rangeKey"), "RANGE"))
    return [{"attributeName": name, "keyType": kind} for name, kind in pairs if name]


def _index(index: Properties) -> Properties:
    projection = {"projectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["nonKeyAttributes"] = index["nonKeyAttributes"]
    return {
        "indexName": index["name"],
        "keySchema": index.get("keySchemas") or _keys(index),
        "projection": projection,
    }


def _declared(view: Properties) -> dict[str, Any]:
    return {
        one["indexName"]: (
            [(key["attributeName"], key["keyType"]) for key in one["keySchema"]],
            one["projection"]["projectionType"],
            sorted(one["projection"].get("nonKeyAttributes", [])),
        )
        for one in view["globalSecondaryIndexes"] or []
    }


def _described(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        one["IndexName"]: (
            [(key["AttributeName"], key["KeyType"]) for key in one["KeySchema"]],
            one["Projection"]["ProjectionType"],
            sorted(one["Projection"].get("NonKeyAttributes", [])),
        )
        for one in found.get("GlobalSecondaryIndexes", [])
    }


def _stream(found: Mapping[str, Any]) -> str | None:
    specification = found.get("StreamSpecification") or {}
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None


def _ttl(view: Properties) -> str | None:
    ttl = view.get("ttl") or {}
    return ttl["attributeName"] if ttl.get("enabled") else None


def _recovery(view: Properties) -> bool:
    return bool((view.get("pointInTimeRecovery") or {}).get("enabled"))
