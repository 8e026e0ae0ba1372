from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgtwin.errors import InvalidIdentifierError
from kgtwin.identifiers import check_code, curie, digest, is_loinc, is_sctid, patient_key, to_curie, to_iri
from kgtwin.vocabulary import PREFIXES

SCTIDS = ["22298006", "73211009", "195967001", "44054006", "900000000000207008"]
LOINCS = ["2823-3", "4548-4", "2160-0", "33914-3", "85354-9", "72514-3"]


@pytest.mark.parametrize("code", SCTIDS)
def test_sctid(code: str) -> None:
    assert is_sctid(code)


@pytest.mark.parametrize("code", SCTIDS)
@pytest.mark.parametrize("step", range(1, 10))
def test_every_wrong_check_digit_of_an_sctid_is_found(code: str, step: int) -> None:
    assert not is_sctid(code[:-1] + str((int(code[-1]) + step) % 10))


@pytest.mark.parametrize("code", SCTIDS)
def test_transposed_digits_of_an_sctid_are_found(code: str) -> None:
    swapped = {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(len(code) - 1)} - {code}
    assert not [wrong for wrong in swapped if is_sctid(wrong)]


@pytest.mark.parametrize("code", ["", "12345", "0022298006", "22298006 ", "2229800６", "1" * 19, "abc", "-22298006"])
def test_no_sctid(code: str) -> None:
    assert not is_sctid(code)


@pytest.mark.parametrize("code", LOINCS)
def test_loinc(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize("code", LOINCS)
@pytest.mark.parametrize("step", range(1, 10))
def test_every_wrong_check_digit_of_a_loinc_code_is_found(code: str, step: int) -> None:
    assert not is_loinc(code[:-1] + str((int(code[-1]) + step) % 10))


@pytest.mark.parametrize("code", ["", "2823", "2823-", "-3", "02823-3", "2823-33", "LP-1"])
def test_no_loinc(code: str) -> None:
    assert not is_loinc(code)


@pytest.mark.parametrize(
    ("prefix", "code", "reason"),
    [
        ("snomed", "22298007", "SNOMED CT identifier with a wrong check digit"),
        ("snomed", "34552-0", "SNOMED CT identifier that is not 6 to 18 digits"),
        ("loinc", "2823-4", "LOINC code with a wrong check digit or form"),
        ("rxnorm", "ibuprofen", "no rxnorm code has this form"),
        ("icd10cm", "I5022", "no icd10cm code has this form"),
        ("atc", "", "no atc code has this form"),
        ("snomed", "22298006", None),
        ("icd10cm", "I50.22", None),
        ("rxnorm", "5640", None),
        ("cvx", "140", None),
    ],
)
def test_check_code(prefix: str, code: str, reason: str | None) -> None:
    assert check_code(prefix, code) == reason


def test_a_wrong_code_is_no_curie() -> None:
    with pytest.raises(InvalidIdentifierError, match="wrong check digit"):
        curie("snomed", "22298007")


@given(st.sampled_from(sorted(PREFIXES)), st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True))
def test_iri_and_curie_are_inverse(prefix: str, code: str) -> None:
    assert to_curie(to_iri(f"{prefix}:{code}")) == f"{prefix}:{code}"


@pytest.mark.parametrize("text", ["http://example.org/x", "unknown:1", "plain"])
def test_what_is_not_known_stays(text: str) -> None:
    assert to_iri(text) == text
    assert to_curie(text) == text


@pytest.mark.parametrize("source", ["", "a b", "a|b", "x" * 65, "-a"])
def test_no_name_for_a_source(source: str) -> None:
    with pytest.raises(InvalidIdentifierError, match="cannot name a source"):
        patient_key(source, "1")


@pytest.mark.parametrize("identifier", ["", " 1", "1 "])
def test_no_id_for_a_patient(identifier: str) -> None:
    with pytest.raises(InvalidIdentifierError, match="empty or padded"):
        patient_key("local", identifier)


PARTS = st.lists(st.text(alphabet="abc", max_size=3), min_size=1, max_size=3)


@given(PARTS, PARTS)
def test_a_digest_depends_on_where_the_parts_end(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
    assert len(digest(*one)) == 16
