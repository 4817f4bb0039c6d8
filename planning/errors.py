"""The errors of planning, for a person to read."""


class PlanningError(Exception):
    """Says what a plan can't be made of, which setting or resource it is about, and what to do."""


class CostError(PlanningError):
    """A price or an assumption is missing, or wrong; says which, and where it belongs."""
