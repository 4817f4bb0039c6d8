"""The stories of the API's alarms: callers get errors, or wait."""

from __future__ import annotations

from tests.unit.components.alarms.samples import every
from tests.unit.components.alarms.story import Case, Stories, Story, Watched


def errors(api: Watched) -> Stories:
    """Returns stories of ten requests a minute, or of twenty-five."""
    count, of_server = api.of_api("Count"), api.of_api("5xx")
    one_in_ten = [1.0, *[0.0] * 9]
    return Stories(
        fires=(
            Story(
                text="For five minutes, while a service is away, one answer of ten is a 5xx.",
                published={
                    count: every(6, first=0, last=30),
                    of_server: [
                        *every(6, first=0, last=10, values=[0]),
                        *every(6, first=10, last=15, values=one_in_ten),
                        *every(6, first=15, last=30, values=[0]),
                    ],
                },
            ),
        ),
        quiet=(
            Story(
                text="For half an hour one answer of twenty-five is a 5xx: four of a hundred.",
                published={
                    count: every(2.4, first=0, last=30),
                    of_server: every(2.4, first=0, last=30, values=[1, *[0] * 24]),
                },
            ),
            Story(
                text="For two minutes, while a pod moves to another node, every answer is a 5xx.",
                published={
                    count: every(6, first=0, last=30),
                    of_server: [
                        *every(6, first=0, last=10, values=[0]),
                        *every(6, first=10, last=12),
                        *every(6, first=12, last=30, values=[0]),
                    ],
                },
            ),
        ),
    )


def latency(api: Watched) -> Stories:
    """Returns stories of twenty requests a minute."""
    metric = api.of_api("Latency")
    well, one_slow = [180.0], [*[180.0] * 19, 4200.0]
    return Stories(
        fires=(
            Story(
                text="For eight minutes one answer of twenty takes 4.2 s.",
                published={
                    metric: [
                        *every(3, first=0, last=10, values=well),
                        *every(3, first=10, last=18, values=one_slow),
                        *every(3, first=18, last=40, values=well),
                    ]
                },
            ),
        ),
        quiet=(
            Story(
                text="For an hour the slowest answers take 2.9 s.",
                published={metric: every(3, first=0, last=60, values=[180, 2900])},
            ),
            Story(
                text="For four minutes, while functions start anew after a release, one answer of twenty takes 4.2 s.",
                published={
                    metric: [
                        *every(3, first=0, last=10, values=well),
                        *every(3, first=10, last=14, values=one_slow),
                        *every(3, first=14, last=40, values=well),
                    ]
                },
            ),
        ),
    )


CASES: dict[str, Case] = {"gateway-5xx": errors, "gateway-latency": latency}
