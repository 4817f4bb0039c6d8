"""The stories of the functions' alarms: calls fail, are refused, or take too long."""

from __future__ import annotations

from tests.unit.components.alarms.samples import at, every
from tests.unit.components.alarms.story import Case, Stories, Story, Watched


def failures(function: Watched) -> Stories:
    """Returns stories of failures in the function's log lines, which are published when there are any."""
    metric = function.of_log_lines("Failures")
    return Stories(
        fires=(
            Story(
                text="Within five minutes three calls fail, of an operation that is rarely called.",
                published={metric: at(10.2, 12.5, 14.1)},
            ),
        ),
        quiet=(
            Story(
                text="Two calls fail while a service starts again, and two more a quarter of an hour later.",
                published={metric: at(10.2, 10.4, 25.1, 25.3)},
            ),
            Story(text="Every three minutes a call fails.", published={metric: at(*range(0, 60, 3))}),
        ),
    )


def errors(function: Watched) -> Stories:
    """Returns stories of twelve calls a minute."""
    metric = function.of_function("Errors")
    return Stories(
        fires=(
            Story(
                text="One call of many raises.",
                published={
                    metric: [*every(5, first=0, last=10, values=[0]), *at(10), *every(5, first=11, last=30, values=[0])]
                },
            ),
        ),
        quiet=(Story(text="Every call returns.", published={metric: every(5, first=0, last=60, values=[0])}),),
    )


def throttles(function: Watched) -> Stories:
    """Returns stories of calls that are refused."""
    metric = function.of_function("Throttles")
    return Stories(
        fires=(
            Story(
                text="More calls come at once than the account may run, and for a minute some are refused.",
                published={
                    metric: [
                        *every(5, first=0, last=10, values=[0]),
                        *every(5, first=10, last=11, values=[0, 0, 1]),
                        *every(5, first=11, last=30, values=[0]),
                    ]
                },
            ),
        ),
        quiet=(Story(text="No call is refused.", published={metric: every(5, first=0, last=60, values=[0])}),),
    )


def duration(function: Watched) -> Stories:
    """Returns stories of ten calls a minute."""
    metric, timeout = function.of_function("Duration"), 1000 * float(function.function()["timeout"])
    well = [120.0]
    return Stories(
        fires=(
            Story(
                text="For eight minutes one call of ten is ended at the time-out.",
                published={
                    metric: [
                        *every(6, first=0, last=10, values=well),
                        *every(6, first=10, last=18, values=[*well * 9, timeout]),
                        *every(6, first=18, last=40, values=well),
                    ]
                },
            ),
        ),
        quiet=(
            Story(
                text="For an hour one call of ten takes three quarters of the time that it has.",
                published={metric: every(6, first=0, last=60, values=[*well * 9, 0.75 * timeout])},
            ),
            Story(
                text="For four minutes one call of ten is ended at the time-out.",
                published={
                    metric: [
                        *every(6, first=0, last=10, values=well),
                        *every(6, first=10, last=14, values=[*well * 9, timeout]),
                        *every(6, first=14, last=40, values=well),
                    ]
                },
            ),
        ),
    )


def concurrency(function: Watched) -> Stories:
    """Returns stories of a function that may run only so often at a time."""
    metric = function.of_function("ConcurrentExecutions")
    reserved = float(function.function()["reservedConcurrentExecutions"])
    return Stories(
        fires=(
            Story(
                text="For five minutes a slow service holds calls, until nine tenths of the places are taken.",
                published={
                    metric: at(*range(10), value=3) + at(*range(10, 15), value=0.9 * reserved) + at(15, value=3)
                },
            ),
        ),
        quiet=(
            Story(
                text="For an hour three quarters of the places are taken.",
                published={metric: at(*range(60), value=0.75 * reserved)},
            ),
            Story(
                text="For two minutes all places are taken.",
                published={metric: at(*range(10), value=3) + at(10, 11, value=reserved) + at(*range(12, 60), value=3)},
            ),
        ),
    )


FUNCTION = "(?P<function>[a-z0-9]+)"
CASES: dict[str, Case] = {
    f"{FUNCTION}-failures": failures,
    f"{FUNCTION}-errors": errors,
    f"{FUNCTION}-throttles": throttles,
    f"{FUNCTION}-duration": duration,
    f"{FUNCTION}-concurrency": concurrency,
}
