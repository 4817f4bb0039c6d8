"""pulumi-tls and pulumi-random on this machine: real keys, certificates and random values, kept in the state alone."""

from __future__ import annotations

from local.machine import Machine
from local.provider import MadeInMemory, Package
from planning.makers import random, tls

_SECRETS = {**random.SECRETS, **tls.SECRETS}


def package(_machine: Machine) -> Package:
    makers = {**random.MAKERS, **tls.MAKERS}
    return Package(
        handlers={type_: MadeInMemory(make, _SECRETS.get(type_, frozenset())) for type_, make in makers.items()}
    )
