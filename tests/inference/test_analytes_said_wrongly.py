"""What an analyte or a condition is annotated with and cannot be: refused with the class, and what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import OntologyError
from tests.inference.edited import edited

WRONG = [
    ('molarMass :Analyte "-3"', "molarMass", "above zero"),
    ('molarMass :Analyte "0"', "molarMass", "above zero"),
    ('molarMass :Analyte "NaN"', "molarMass", "a number"),
    ('valence :Analyte "Infinity"', "valence", "a number"),
    ('plausibleTo :Analyte "sNaN"', "plausibleTo", "a number"),
    ('expiresAfter :Analyte "P3700000D"', "expiresAfter", "duration"),
    ('longestDuration :Passing "P99999999999D"', "longestDuration", "duration"),
]


@pytest.mark.parametrize(("said", "name", "expected"), WRONG)
def test_it_is_refused(tmp_path: Path, said: str, name: str, expected: str) -> None:
    new = (
        "Declaration(Class(:Analyte))",
        "SubClassOf(:Analyte :Result)",
        'AnnotationAssertion(:canonicalUnit :Analyte "mg/dL")',
        "Declaration(Class(:Passing))",
        "SubClassOf(:Passing :ClinicalCondition)",
    )
    assert edited(tmp_path, *new)
    with pytest.raises(OntologyError, match=name) as caught:
        edited(tmp_path, *new, f"AnnotationAssertion(:{said})")
    assert expected in (caught.value.expected or "")
    assert caught.value.where in ("kgtwin:Analyte", "kgtwin:Passing")
