"""Errors that a person reads.

The command line prints the message alone and exits with 1; anything else that escapes is a defect with a traceback.
"""

from planning.errors import PlanningError


class LocalError(PlanningError):
    """An error that says what happened, to which setting or resource, what is allowed, what was found, what to do."""


class ProviderError(LocalError):
    """A resource could not be brought to what the program asks for."""
