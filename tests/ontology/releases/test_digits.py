"""Check digits of many identifiers at once, against those of one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kgtwin.identifiers import is_sctid
from kgtwin.ontology.releases.digits import wrong_sctids
from tests.ontology.snomed import sctid


@given(st.lists(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{1,20}", fullmatch=True)), max_size=30))
def test_what_is_wrong_is_what_one_by_one_is_wrong(ids: list[str]) -> None:
    assert wrong_sctids(ids) == [place for place, one in enumerate(ids) if not is_sctid(one)]


@given(st.lists(st.integers(1, 10**6).map(sctid), min_size=1, max_size=30), st.data())
def test_right_ones_pass_and_a_changed_digit_does_not(ids: list[str], data: st.DataObject) -> None:
    assert wrong_sctids(ids) == []
    which = data.draw(st.integers(0, len(ids) - 1))
    place = data.draw(st.integers(1, len(ids[which]) - 1))
    changed = str((int(ids[which][place]) + data.draw(st.integers(1, 9))) % 10)
    ids[which] = ids[which][:place] + changed + ids[which][place + 1 :]
    assert wrong_sctids(ids) == [which]
