"""Errors that a person reads.

LocalError
├── UnknownTypeError   the program declares a resource type that this machine has no provider for
├── ProviderError      a provider could not create, update or delete a resource
└── (raised directly)  anything else that the user can mend: a busy port, a missing binary, a damaged file

The command line prints the message alone and exits with 1; anything else that escapes is a defect with a traceback.
"""

from planning.errors import PlanningError


class LocalError(PlanningError):
    """What happened, to which setting or resource, what is allowed, what was found, what to do."""


class UnknownTypeError(LocalError):
    """No provider for a resource type."""


class ProviderError(LocalError):
    """A resource could not be brought to what the program asks for."""
