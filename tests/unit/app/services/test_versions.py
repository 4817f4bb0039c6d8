"""Versions, by which callers say what they have seen: none comes again, in no service."""

import pytest

from tests.support import databases
from tests.support.services import SERVICES

VERSIONED = """
select columns.table_name, is_identity = 'YES' as unique_over_time, (
    select bool_and(keys.column_default like '%gen_random_uuid()%')
    from information_schema.table_constraints as constraints
    join information_schema.key_column_usage as used using (constraint_name, table_schema)
    join information_schema.columns as keys
        on keys.table_name = constraints.table_name and keys.column_name = used.column_name
    where constraints.table_name = columns.table_name and constraint_type = 'PRIMARY KEY'
) as made_here
from information_schema.columns as columns
where columns.table_schema = 'public' and columns.column_name = 'version' and columns.data_type <> 'character varying'
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_version_never_comes_again_or_its_row_s_id_does_not(server, environment, service):
    """A row whose id callers choose may be deleted and made anew. Then its versions have to be unique over time. The
    ids that the database makes itself never come again."""
    url = databases.owner_url(databases.migrated(server, service, environment))  # others do not see defaults
    tables = databases.rows(url, VERSIONED)

    assert [row["table_name"] for row in tables if not (row["unique_over_time"] or row["made_here"])] == []


def test_there_are_versions(server, environment):
    url = databases.owner_url(databases.migrated(server, "users", environment))
    tables = databases.rows(url, VERSIONED)

    assert [row["table_name"] for row in tables] == ["users"]
