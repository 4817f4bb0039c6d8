"""DynamoDB tables, on demand. The emulator keeps and does not heed: encryption, point-in-time recovery's backups."""

from __future__ import annotations

from typing import Any

from local.errors import ProviderError
from local.provider import Properties
from local.providers.aws.client import MissingError
from local.providers.aws.resource import Description, Resource
from local.providers.aws.shapes import parameters

ON_DEMAND = "PAY_PER_REQUEST"


class Table(Resource):
    """A table. AWS takes one change of its indexes per call, so that they are compared one by one."""

    def check(self, name: str, inputs: Properties) -> None:
        super().check(name, inputs)
        if inputs.get("billingMode") != ON_DEMAND:
            raise ProviderError(f"{self.label(name)}: billingMode must be {ON_DEMAND} on this machine.")

    def view(self, properties: Properties, name: str | None = None) -> Properties:
        view = super().view(properties, name)
        stream = {"streamEnabled": bool(view.get("streamEnabled"))}
        if stream["streamEnabled"]:
            stream["streamViewType"] = view["streamViewType"]
        indexes = [_index(each) for each in view.get("globalSecondaryIndexes", [])]
        attributes = [{"attributeName": each["name"], "attributeType": each["type"]} for each in view["attributes"]]
        return {
            **view,
            "attributeDefinitions": attributes,
            "keySchema": _keys(view),
            "globalSecondaryIndexes": indexes or None,
            "streamSpecification": stream,
        }

    def change(self, view: Properties) -> None:
        existing = self.find(view)
        if existing is None:
            raise MissingError(f"{self.label(view['name'])}: it is not there.")
        if existing.get("DeletionProtectionEnabled", False) != view["deletionProtectionEnabled"]:
            self._update(view, DeletionProtectionEnabled=view["deletionProtectionEnabled"])
        before, after = _stream(existing), view["streamSpecification"].get("streamViewType")
        if before != after:
            if before:  # another view type is another stream
                self._update(view, StreamSpecification={"StreamEnabled": False})
            if after:
                self._update(view, StreamSpecification={"StreamEnabled": True, "StreamViewType": after})
        self._change_indexes(view, existing)

    def settle(self, view: Properties) -> None:
        """Sets what has calls of its own. Setting it to what it is would be an error on AWS."""
        name = {"TableName": view["name"]}
        ttl = self.call("DescribeTimeToLive", view)["TimeToLiveDescription"]
        before = ttl["AttributeName"] if ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING") else None
        declared = view.get("ttl") or {}
        after = declared["attributeName"] if declared.get("enabled") else None
        for attribute, enabled in ((before, False), (after, True)):
            if attribute is not None and before != after:
                specification = {"Enabled": enabled, "AttributeName": attribute}
                self.aws.call(
                    self.table.service, "UpdateTimeToLive", {**name, "TimeToLiveSpecification": specification}
                )
        backups = self.call("DescribeContinuousBackups", view)["ContinuousBackupsDescription"]
        recovers = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        wanted = bool((view.get("pointInTimeRecovery") or {}).get("enabled"))
        if recovers != wanted:
            recovery = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": wanted}}
            self.aws.call(self.table.service, "UpdateContinuousBackups", {**name, **recovery})

    def _change_indexes(self, view: Properties, existing: Description) -> None:
        here = {each["IndexName"]: _summary(each) for each in existing.get("GlobalSecondaryIndexes", [])}
        shape = self.shape(self.table.calls.create).members["GlobalSecondaryIndexes"].member
        indexes = {each["indexName"]: parameters(shape, each, {}) for each in view["globalSecondaryIndexes"] or []}
        declared = {name: _summary(index) for name, index in indexes.items()}
        for name, summary in here.items():
            if summary != declared.get(name):
                self._update(view, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
        for name, index in indexes.items():
            if here.get(name) != declared[name]:
                attributes = parameters(self.shape("UpdateTable"), view, self.table.names)["AttributeDefinitions"]
                created = [{"Create": index}]
                self._update(view, AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=created)

    def _update(self, view: Properties, **changes: Any) -> None:
        self.aws.call(self.table.service, "UpdateTable", {"TableName": view["name"], **changes})


def _keys(keys: Properties) -> list[Properties]:
    pairs = ((keys.get("hashKey"), "HASH"), (keys.get("rangeKey"), "RANGE"))
    return [{"attributeName": name, "keyType": kind} for name, kind in pairs if name]


def _index(index: Properties) -> Properties:
    projection = {"projectionType": index["projectionType"], "nonKeyAttributes": index.get("nonKeyAttributes") or None}
    return {"indexName": index["name"], "keySchema": index.get("keySchemas") or _keys(index), "projection": projection}


def _summary(index: Description) -> tuple[object, ...]:
    """Returns what of an index, declared or described, makes it another one."""
    projection = index["Projection"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    return keys, projection["ProjectionType"], sorted(projection.get("NonKeyAttributes", []))


def _stream(table: Description) -> str | None:
    """Returns the view type of the table's stream, or None when it has none."""
    specification = table.get("StreamSpecification") or {}
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None
