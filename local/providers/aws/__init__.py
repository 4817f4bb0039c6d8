"""pulumi-aws on this machine: each type made for real in the AWS emulator."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from local.machine import Machine
from local.provider import Package
from local.providers.aws.client import Aws, connect
from local.providers.aws.resource import RecordedResource, Resource
from local.providers.aws.resource import tables as read_tables


def handlers(aws: Aws) -> dict[str, Resource]:
    """Returns the handlers of all types in types.yaml."""
    classes = _classes()
    return {
        type_: classes.get(type_.rpartition(":")[2], RecordedResource if table.recorded else Resource)(type_, aws)
        for type_, table in read_tables().items()
    }


def _classes() -> dict[str, type[Resource]]:
    """Returns the classes of this folder by name: a type that is more than its table has the one with its name."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    members = [member for module in modules for member in vars(module).items()]
    return {name: value for name, value in members if isinstance(value, type) and issubclass(value, Resource)}


def package(machine: Machine) -> Package:
    """Returns the package of this machine."""
    return Package(handlers=handlers(connect(machine)))
