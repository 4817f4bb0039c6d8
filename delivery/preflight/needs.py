"""The needs of a stack: what the program declares for it, and what its file says. Nothing of it is a second list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from delivery.stacks import shown, stacks
from planning.errors import PlanningError
from planning.plan import Planned, plan
from planning.stack_file import read_config

LOCAL = "local"
GROUP = "azure-native:resources:ResourceGroup"
Properties = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """The needs of a stack."""

    stack: str
    project: str
    planned: tuple[Planned, ...]
    """Everything that the program declares."""
    config: Mapping[str, Any]
    """The settings of the stack's file by their full keys, such as `crosscloud:azure`."""
    text: str
    """The stack's file as it is."""
    secrets_provider: str
    """The key that encrypts the state's secrets, as a URL; empty where the file names none."""
    salted: bool
    """True if a passphrase encrypts the state's secrets instead."""

    @property
    def file(self) -> str:
        """The name of the stack's file."""
        return f"Pulumi.{self.stack}.yaml"

    @property
    def name(self) -> str:
        """The name of the identities on both clouds as which GitHub's jobs deploy the stack (docs/deploy.md)."""
        return f"{self.project}-{self.stack}"

    @property
    def region(self) -> str:
        """The region of AWS."""
        return str(self.config.get("aws:region", ""))

    @property
    def location(self) -> str:
        """The location of Azure."""
        return str(self.only(GROUP)["location"])

    @property
    def group(self) -> str:
        """The resource group of everything on Azure."""
        return str(self.only(GROUP)["resourceGroupName"])

    @property
    def azure(self) -> Mapping[str, Any]:
        """The group `azure` of the stack's file."""
        group: Mapping[str, Any] = self.config.get(f"{self.project}:azure", {})
        return group

    @property
    def cluster(self) -> Properties:
        """The Kubernetes cluster."""
        return self.only("azure-native:containerservice:ManagedCluster")

    def all(self, type_: str) -> list[Properties]:
        """Returns the properties of every resource of a type."""
        return [resource.properties for resource in self.planned if resource.type == type_]

    def only(self, type_: str) -> Properties:
        """Returns the properties of the one resource of a type. Raises LookupError unless there is one."""
        found = self.all(type_)
        if len(found) != 1:
            raise LookupError(f"the program declares {len(found)} of {type_}")
        return found[0]


def read(root: Path, stack: str) -> Needs:
    """Returns the needs of a stack of the repository at `root`.

    Raises PlanningError when there is no such stack, and when the program refuses its settings.
    """
    there = [each for each in stacks(root) if each != LOCAL]
    if stack not in there:
        name = shown(stack)
        raise PlanningError(f"There is no stack {name} in the clouds: --stack is one of {', '.join(there)}.")
    project, texts, _ = read_config(root, stack)
    text = (root / f"Pulumi.{stack}.yaml").read_text()
    content = yaml.safe_load(text) or {}
    return Needs(
        stack=stack,
        project=project,
        planned=tuple(plan(root, stack)),
        config={key: _value(value) for key, value in texts.items()},
        text=text,
        secrets_provider=str(content.get("secretsprovider", "")),
        salted="encryptionsalt" in content,
    )


def _value(text: str) -> Any:
    """Returns a setting as it stands in the file: objects are JSON in Pulumi's configuration, plain values are text."""
    if not text.startswith(("{", "[")):
        return text
    return json.loads(text)
