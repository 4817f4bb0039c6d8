"""The tag `feature`, which says what feature a resource belongs to, so that costs can be read by feature.

Resources that serve all features have the tag of the stack's file.
"""

from __future__ import annotations

from typing import Any

from pulumi import ResourceOptions, ResourceTransformationArgs, ResourceTransformationResult

TAG = "feature"
"""The tag's name."""


def feature(name: str, opts: ResourceOptions | None) -> ResourceOptions:
    """Returns the options of a component in which everything that takes tags gets this one.

    By a transformation, not one of the newer transforms: those run in an engine, so that neither this machine nor a
    test would see the tag.
    """

    def tagged(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        props = dict(args.props)
        if "tags" not in props:
            return None
        tags: Any = props["tags"] or {}
        return ResourceTransformationResult(props={**props, "tags": {**tags, TAG: name}}, opts=args.opts)

    return ResourceOptions.merge(opts, ResourceOptions(transformations=[tagged]))
