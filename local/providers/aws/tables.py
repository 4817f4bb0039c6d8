"""DynamoDB tables, on demand. The emulator stores and ignores encryption and the backups of point-in-time recovery."""

from __future__ import annotations

from typing import Any

from local.provider import Properties
from local.providers.aws.resource import Description, Resource
from local.providers.aws.shapes import parameters


class Table(Resource):
    """A table. AWS takes one change of its indexes per call, so that they are compared one by one."""

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
        existing = self.find(view) or {}
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
        """Sets what has calls of its own; the emulator takes what is set already."""
        ttl = view.get("ttl")
        if not ttl:
            described = self.call("DescribeTimeToLive", view)["TimeToLiveDescription"]
            ttl = {"enabled": False, "attributeName": described.get("AttributeName")}
        if ttl["attributeName"]:
            self.call("UpdateTimeToLive", {**view, "timeToLiveSpecification": ttl})
        recovery = bool((view.get("pointInTimeRecovery") or {}).get("enabled"))
        specification = {"pointInTimeRecoveryEnabled": recovery}
        self.call("UpdateContinuousBackups", {**view, "pointInTimeRecoverySpecification": specification})

    def _change_indexes(self, view: Properties, existing: Description) -> None:
        here = {each["IndexName"]: _summary(each) for each in existing.get("GlobalSecondaryIndexes", [])}
        shape = self.aws.shape("dynamodb", self.table.calls.create).members["GlobalSecondaryIndexes"].member
        indexes = {each["indexName"]: parameters(shape, each, {}) for each in view["globalSecondaryIndexes"] or []}
        declared = {name: _summary(index) for name, index in indexes.items()}
        for name, summary in here.items():
            if summary != declared.get(name):
                self._update(view, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
        for name, index in indexes.items():
            if here.get(name) != declared[name]:
                update = self.aws.shape("dynamodb", "UpdateTable")
                attributes = parameters(update, view, self.table.names)["AttributeDefinitions"]
                self._update(view, AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=[{"Create": index}])

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
    return index["KeySchema"], index["Projection"]


def _stream(table: Description) -> str | None:
    """Returns the view type of the table's stream, or None when it has none."""
    specification = table.get("StreamSpecification") or {}
    return specification.get("StreamViewType") if specification.get("StreamEnabled") else None
