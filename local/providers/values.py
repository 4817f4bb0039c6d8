"""pulumi-tls and pulumi-random on this machine: real keys, certificates and random values, kept in the state alone."""

from __future__ import annotations

from local.machine import Machine
from local.provider import MadeInMemory, Package
from planning.makers import random, tls


def package(_machine: Machine) -> Package:
    makers, secrets = {**random.MAKERS, **tls.MAKERS}, {**random.SECRETS, **tls.SECRETS}
    return Package(
        handlers={type_: MadeInMemory(make, secrets.get(type_, frozenset())) for type_, make in makers.items()}
    )
