"""What a delivery moves in steps: each function by its alias, each service by its route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ALIAS, _LIVE = "aws:lambda/alias:Alias", "-live"
_WARM = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


@dataclass(frozen=True, kw_only=True)
class Release:
    """Something with a new version. `previous` is the one that has the calls; `setting` is where the stack's file keeps
    a share of them for it; `targets` is what a return changes, as `pulumi up --target` takes it."""

    name: str
    setting: str
    key: str
    previous: str
    targets: tuple[str, ...]


def releases(preview: dict[str, Any]) -> Iterator[Release]:
    """Of what `pulumi preview --json --show-sames` printed. What is new has nothing to keep, calls of what is kept warm
    can't be split, and a canary that stands in the stack's file is somebody's own: none of them is among these."""
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


def _function(name: str, alias: dict[str, Any]) -> Release:
    """While a canary runs, or after a return, the alias's additional version is the one that was there before."""
    weights = (alias.get("routingConfig") or {}).get("additionalVersionWeights") or {}
    return Release(
        name=name,
        setting=f"crosscloud:functions.{name}.canary",
        key="previousVersion",
        previous=next(iter(weights), alias["functionVersion"]),
        targets=(f"**${_ALIAS}::{name}{_LIVE}",),
    )


def _service(name: str, previous: str) -> Release:
    return Release(
        name=name,
        setting=f"crosscloud:services.{name}.canary",
        key="previousImage",
        previous=previous,
        targets=(f"**${_DEPLOYMENT}::{name}", f"**${_ROUTE}::{name}"),
    )


def _image(deployment: dict[str, Any]) -> str:
    return str(deployment["inputs"]["spec"]["template"]["spec"]["containers"][0]["image"])
