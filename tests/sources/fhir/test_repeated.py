"""Keys that are in an object more than once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.model.submission import Submission
from kgtwin.sources.fhir import decode, read
from kgtwin.sources.fhir.repeated import LOOKED_THROUGH, repeated_keys
from kgtwin.terminology import Terminology
from tests.sources.fhir.build import PATIENT, bundle

TWICE = '{"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01", "birthDate": "1980-02-03"}'


def submitted(text: str) -> Submission:
    return decode(text.encode(), label="sent", source="local", terminology=Terminology())


def test_two_birth_dates_are_reported_and_the_last_one_counts() -> None:
    submission = submitted(TWICE)
    (found,) = submission.problems
    assert "the key 'birthDate' is there 2 times; the last one counts" in found.message
    assert (found.location.resource, found.location.field, found.rejected) == ("Patient/p1", "birthDate", False)
    assert found.remedy
    record = submission.resources[0].record
    assert record is not None
    assert record.birth_date == "1980-02-03"


def test_the_entry_and_the_path_within_its_resource_are_named() -> None:
    name = '{"family": "A", "family": "B", "family": "C"}'
    second = json.dumps({"resourceType": "Patient", "id": "p2", "name": ["NAME"]}).replace('"NAME"', name)
    text = json.dumps(bundle(PATIENT, {"resourceType": "Claim"})).replace('{"resourceType": "Claim"}', second)
    text = text.replace('"type":', '"type": "batch", "type":', 1)
    outer, inner = submitted(text).problems
    assert (outer.location.entry, outer.location.field) == (None, "type")
    assert (inner.location.entry, inner.location.resource, inner.location.field) == (
        "entry[1]", "Patient/p2", "name[0].family",
    )  # fmt: skip
    assert "3 times" in inner.message


def test_a_key_that_is_written_otherwise_is_the_same_key() -> None:
    (found,) = submitted(TWICE.replace('"birthDate"', '"birth\\u0044ate"', 1)).problems
    assert found.location.field == "birthDate"


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_file_is_looked_through(bom: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("in") / "one.json"
    path.write_text(bom + TWICE)
    (submission,) = read([str(path)], source="local", terminology=Terminology())
    assert [one.location.field for one in submission.problems] == ["birthDate"]


def test_of_lines_the_patients_are_looked_through(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("in") / "many.ndjson"
    path.write_text(TWICE + "\n" + '{"resourceType": "Claim", "id": "1", "id": "2"}\n')
    first, second = read([str(path)], source="local", terminology=Terminology())
    assert ([one.location.entry for one in first.problems], second.problems) == (["line 1"], ())


def test_what_would_take_long_is_not_looked_through() -> None:
    assert submitted(TWICE + " " * LOOKED_THROUGH).problems == ()


@pytest.mark.parametrize("data", [b"", b"{", b"[1, 2]", b"\xff", b"[" * 50_000, b'{"a": ' * 50_000, b"1" * 5_000])
def test_what_cannot_be_read_has_none(data: bytes) -> None:
    assert repeated_keys(data) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_is_written_of_dictionaries_has_none(value: object) -> None:
    assert repeated_keys(json.dumps(value).encode()) == ()


@given(st.dictionaries(st.text(alphabet="abc", min_size=1), st.integers(), min_size=1), st.data())
def test_each_repeated_key_is_found(value: dict[str, int], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(value)))
    text = json.dumps(value)[:-1] + f', "{key}": 1}}'
    assert [(one.path, one.times) for one in repeated_keys(text.encode())] == [(key, 2)]
