"""Rows by person, in memory and spread over files: the same."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kgtwin.sources.omop.grouping import Groups, Item, Numbers
from tests.sources.omop.tables import PERSON, facts_of, submissions, write_tables

Rows = list[tuple[int, Item]]

ITEMS = st.builds(Item, st.integers(0, 7), st.integers(0, 3), st.integers(1, 10**9), st.lists(st.text(), max_size=3))
ROWS = st.lists(st.tuples(st.integers(-(2**62), 2**62) | st.integers(0, 5), ITEMS), max_size=40)


def grouped(rows: Rows, memory: int) -> dict[int, list[Item]]:
    with Groups(memory, files=3) as groups:
        for person, item in rows:
            groups.add(person, item)
        found = list(groups)
    assert len(found) == len({person for person, _ in found}), "a person comes once"
    return dict(found)


@given(ROWS, st.integers(0, 1_000))
def test_what_is_spread_over_files_is_what_was_held_in_memory(rows: Rows, memory: int) -> None:
    expected: dict[int, list[Item]] = {}
    for person, item in rows:
        expected.setdefault(person, []).append(item)
    assert grouped(rows, memory) == expected
    assert grouped(rows, 2**30) == expected


def test_the_files_are_gone_afterwards(tmp_path: Path) -> None:
    with Groups(0) as groups:
        groups.add(1, Item(0, 0, 1, ["x"]))
        assert groups._folder is not None
        folder = Path(groups._folder.name)
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


@given(st.lists(st.integers(-5_000, 5_000)))
def test_numbers_are_a_set(numbers: list[int]) -> None:
    seen: set[int] = set()
    found = Numbers()
    for number in numbers:
        assert found.add(number) == (number not in seen)
        seen.add(number)


def test_a_reader_with_little_memory_reads_the_same(tmp_path: Path) -> None:
    people = [PERSON | {"person_id": n} for n in range(1, 40)]
    conditions = [
        {
            "condition_occurrence_id": n,
            "person_id": n % 39 + 1,
            "condition_concept_id": 320128,
            "condition_start_date": "2019-03-04",
        }
        for n in range(200)
    ]
    folder = write_tables(tmp_path, {"person": people, "condition_occurrence": conditions})
    assert facts_of(submissions(folder, memory=500)) == facts_of(submissions(folder))
    assert len(facts_of(submissions(folder, memory=500))) == 200
