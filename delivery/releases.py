"""The new versions that a delivery moves calls to: of a function by its alias, of a service by its route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ALIAS = "live"
"""The alias by which every function is called."""
_ALIAS, _LIVE = "aws:lambda/alias:Alias", f"-{ALIAS}"
_WARM = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A function or service with a new version."""

    name: str
    """The name of the function or service."""
    setting: str
    """The setting in the stack's file that keeps a share of the calls for the previous version."""
    key: str
    """The key in that setting for the previous version."""
    previous: str
    """The version that has the calls now: a function's number, or a service's image by digest."""
    targets: tuple[str, ...]
    """The resources that a return changes, in the form of `pulumi up --target`."""


@dataclass(frozen=True, kw_only=True)
class FunctionRelease(Release):
    """A function with a new version."""

    function: str
    """The function's name in AWS."""


@dataclass(frozen=True, kw_only=True)
class ServiceRelease(Release):
    """A service with a new image."""


def releases(preview: dict[str, Any]) -> Iterator[FunctionRelease | ServiceRelease]:
    """Yields the releases in the output of `pulumi preview --json --show-sames`.

    Left out are functions and services that are new, as they have no previous version; functions that are kept warm,
    as their calls can't be split; and those with a canary in the stack's file, which is somebody's own.
    """
    warm = {_name(step) for step in preview["steps"] if _type(step) == _WARM}
    for step in preview["steps"]:
        if step["op"] == "same" or "oldState" not in step or "newState" not in step:
            continue
        type_, name = _type(step), _name(step)
        if type_ == _ALIAS and (function := name.removesuffix(_LIVE)) not in warm:
            yield _function(function, step["oldState"]["inputs"])
        elif type_ == _DEPLOYMENT and step["newState"]["inputs"]["metadata"]["labels"]["track"] == "stable":
            previous, newest = (_image(step[state]) for state in ("oldState", "newState"))
            if previous != newest:
                yield _service(name, previous)


def _type(step: dict[str, Any]) -> str:
    return str(step["urn"]).split("::")[2].rpartition("$")[2]


def _name(step: dict[str, Any]) -> str:
    return str(step["urn"]).rpartition("::")[2]


def _function(name: str, alias: dict[str, Any]) -> FunctionRelease:
    """Returns the release of a function.

    While a canary runs, or after a return, the alias's additional version is the previous one.
    """
    weights = (alias.get("routingConfig") or {}).get("additionalVersionWeights") or {}
    return FunctionRelease(
        name=name,
        function=alias["functionName"],
        setting=f"crosscloud:functions.{name}.canary",
        key="previousVersion",
        previous=next(iter(weights), alias["functionVersion"]),
        targets=(f"**${_ALIAS}::{name}{_LIVE}",),
    )


def _service(name: str, previous: str) -> ServiceRelease:
    return ServiceRelease(
        name=name,
        setting=f"crosscloud:services.{name}.canary",
        key="previousImage",
        previous=previous,
        targets=(f"**${_DEPLOYMENT}::{name}", f"**${_ROUTE}::{name}"),
    )


def _image(deployment: dict[str, Any]) -> str:
    return str(deployment["inputs"]["spec"]["template"]["spec"]["containers"][0]["image"])
