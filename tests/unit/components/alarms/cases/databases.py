"""The stories of the alerts of a database server, of which Azure publishes values every minute."""

from __future__ import annotations

from components.settings.connections import taken_by
from tests.unit.components.alarms.samples import at, every
from tests.unit.components.alarms.story import Case, Stories, Story, Watched


def away(database: Watched) -> Stories:
    """Returns stories of a server that answers (1) or does not (0), of which there are three values a minute."""
    metric = database.of_database("is_db_alive")
    return Stories(
        fires=(
            Story(
                text="The server is away for ten minutes.",
                published={
                    metric: [
                        *every(20, first=0, last=10),
                        *every(20, first=10, last=20, values=[0]),
                        *every(20, first=20, last=60),
                    ]
                },
            ),
        ),
        quiet=(
            Story(
                text="The server fails over to its standby, which takes two minutes.",
                published={
                    metric: [
                        *every(20, first=0, last=10),
                        *every(20, first=10, last=12, values=[0]),
                        *every(20, first=12, last=60),
                    ]
                },
            ),
        ),
    )


def storage(database: Watched) -> Stories:
    """Returns stories of the percentage of the storage that is taken."""
    metric = database.of_database("storage_percent")
    return Stories(
        fires=(
            Story(
                text="The storage does not grow by itself and fills to 88 %; somebody adds some.",
                published={
                    metric: [*at(*range(10), value=84), *at(*range(10, 35), value=88), *at(*range(35, 60), value=44)]
                },
            ),
        ),
        quiet=(
            Story(text="84 % of the storage are taken.", published={metric: at(*range(60), value=84)}),
            Story(
                text="A large sort takes storage for three minutes, up to 90 %.",
                published={
                    metric: [*at(*range(10), value=60), *at(*range(10, 13), value=90), *at(*range(13, 60), value=60)]
                },
            ),
        ),
    )


def cpu(database: Watched) -> Stories:
    """Returns stories of the percentage of the processors that is used."""
    metric = database.of_database("cpu_percent")
    return Stories(
        fires=(
            Story(
                text="A statement without its index takes 95 % of the processors for twenty minutes.",
                published={
                    metric: [*at(*range(10), value=30), *at(*range(10, 30), value=95), *at(*range(30, 60), value=30)]
                },
            ),
        ),
        quiet=(
            Story(text="For an hour 79 % of the processors are used.", published={metric: at(*range(60), value=79)}),
            Story(
                text="A report takes all processors for five minutes.",
                published={
                    metric: [*at(*range(10), value=30), *at(*range(10, 15), value=100), *at(*range(15, 60), value=30)]
                },
            ),
        ),
    )


def connections(database: Watched) -> Stories:
    """Returns stories of the connections that are open, of those that a server of this size takes."""
    metric = database.of_database("active_connections")
    sku = str(database.program.one("dbforpostgresql:Server", database.named["service"])["sku.name"])
    limit = taken_by(sku)
    assert limit is not None, f"the table of connections lacks {sku}"
    few, many = 0.3 * limit, 0.85 * limit
    return Stories(
        fires=(
            Story(
                text="For ten minutes seventeen of twenty connections are open.",
                published={
                    metric: [
                        *at(*range(10), value=few),
                        *at(*range(10, 20), value=many),
                        *at(*range(20, 60), value=few),
                    ]
                },
            ),
        ),
        quiet=(
            Story(
                text="For an hour three quarters of the connections are open.",
                published={metric: at(*range(60), value=0.75 * limit)},
            ),
            Story(
                text="For a minute, while pods of two versions are there, seventeen of twenty connections are open.",
                published={metric: [*at(*range(10), value=few), *at(10, value=many), *at(*range(11, 60), value=few)]},
            ),
        ),
    )


CASES: dict[str, Case] = {
    f"(?P<service>[a-z0-9]+)-database-{name}": case
    for name, case in {"away": away, "storage": storage, "cpu": cpu, "connections": connections}.items()
}
