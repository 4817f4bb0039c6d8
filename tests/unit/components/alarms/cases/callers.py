"""The stories of the alarms of functions that call services: a service is away, or a certificate ends."""

from __future__ import annotations

from tests.unit.components.alarms.samples import HOUR, MINUTE, Sample, at, every
from tests.unit.components.alarms.story import Case, Stories, Story, Watched

DAY = 24 * HOUR


def breaker(caller: Watched) -> Stories:
    """Returns stories of a circuit breaker, which lets a call through as a probe after 30 s."""
    metric = caller.of_log_lines("BreakerTransitions", upstream=caller.named["service"], state="open")
    return Stories(
        fires=(
            Story(
                text="The service is away for five minutes: the circuit opens, and again after each probe.",
                published={metric: every(32, first=10, last=15)},
            ),
        ),
        quiet=(
            Story(text="The circuit opens once, and the first probe closes it.", published={metric: at(10.3)}),
            Story(
                text="The circuits of four environments open in the same minute and close again; a quarter of an hour "
                "later it happens once more.",
                published={metric: at(10.1, 10.2, 10.5, 10.8, 25.1, 25.4)},
            ),
        ),
    )


def certificate(caller: Watched) -> Stories:
    """Returns stories of three days. By day calls are made, and the days that are left are reported once an hour."""
    metric = caller.of_log_lines("CertificateDaysLeft")

    def by_day(*days: int, left: float) -> list[Sample]:
        hours = [day * DAY + hour * HOUR for day in days for hour in range(8, 20)]
        return [Sample(at=moment + 7 * MINUTE, value=left - moment / DAY) for moment in hours]

    return Stories(
        fires=(
            Story(
                text="On the second day 21 days are left, and on the third somebody renews the certificate. Nobody "
                "calls at night.",
                published={metric: [*by_day(0, 1, left=22.5), *by_day(2, left=90)]},
                minutes=3 * DAY // MINUTE,
            ),
        ),
        quiet=(
            Story(
                text="Three weeks and two days are left when the story ends. Nobody calls at night.",
                published={metric: by_day(0, 1, 2, left=26)},
                minutes=3 * DAY // MINUTE,
            ),
        ),
    )


CASES: dict[str, Case] = {
    "(?P<function>[a-z0-9]+)-(?P<service>[a-z0-9]+)-breaker": breaker,
    "(?P<function>[a-z0-9]+)-certificate": certificate,
}
