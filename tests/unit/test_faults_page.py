"""docs/faults.md: it has every fault, as the tests have it, and each of its tests exists."""

from __future__ import annotations

import re

import pytest

from tests.support.fault_rows import Group, ShownFault, shown_faults
from tests.support.faults_page import BEGIN, END, FILES, PAGE, PLACES, Seen, rows_of, written
from tests.support.program import ROOT

LEAST = 40
"""Faults that the page has at least."""
TEXT = PAGE.read_text()
ROWS = rows_of(TEXT.partition(BEGIN)[2].partition(END)[0])


def test_the_page_is_what_the_tables_of_the_tests_make_of_it() -> None:
    assert written(TEXT, {}) == TEXT, "write it with WRITE_FAULTS=1 of tests/local/faults"


def test_no_fault_is_there_twice_and_there_are_many() -> None:
    names = [(row[0], row[1]) for row in ROWS]
    assert len(set(names)) == len(names) >= LEAST
    assert {fault.group for faults in PLACES.values() for fault in faults} | {
        fault.group for fault in shown_faults()
    } == set(Group)


@pytest.mark.parametrize("fault", shown_faults(), ids=lambda fault: fault.fault)
def test_the_tests_of_a_fault_exist_in_the_file_that_it_names(fault: ShownFault) -> None:
    there = set(re.findall(r"def (test_\w+)\(", (ROOT / fault.test).read_text()))
    assert fault.names
    assert set(fault.names) <= there


def test_what_is_seen_replaces_what_was_seen_earlier_and_nothing_else() -> None:
    where = next(iter(FILES))
    fault = PLACES[where][0]
    seen = Seen(calls=120, failed=3, orders=17, answered=1.25, whole=6.0)
    page = written(TEXT, {(where, fault.name): seen})
    before, after = ({(row[1], row[0]): row for row in rows_of(text)} for text in (TEXT, page))
    changed = {key for key, row in after.items() if row != before[key]}
    assert changed <= {(where, fault.name)}
    assert after[where, fault.name][3:7] == ["3 of 120", "17 orders, each invoiced once", fault.recovery, "1.2, 6"]
    assert written(page, {}) == page
