"""Slips of the pen in annotations: each is found on its line, with what may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.ontology import shacl
from tests.workbench.test_check import ONTOLOGIES, SOUND, STATEMENT, line, looked_at, only

DECLARED = SOUND + "".join(
    f'Declaration(AnnotationProperty(:{name}))\nAnnotationAssertion(rdfs:label :{name} "{name}"@en)\n'
    for name in ("unlessCondition", "ruleMedicine", "burdenPoints", "oneMedicine")
)
DEMENTIA = 'Declaration(Class(:Dementia))\nAnnotationAssertion(rdfs:label :Dementia "Dementia"@en)\n'
SLIPS = [
    ("AnnotationAssertion(:unlessConditon x:A :Dementia)", "dangling", "did you mean kgtwin:unlessCondition?"),
    ("AnnotationAssertion(:unlessCondition x:A :Dementa)", "dangling", "did you mean kgtwin:Dementia?"),
    ('AnnotationAssertion(:burdenPoints x:A "1|kgtwin:Dementa")', "dangling", "did you mean kgtwin:Dementia?"),
    ('AnnotationAssertion(:burdenPoints x:A "1|Dementia")', "dangling", "declare it"),
    ("AnnotationAssertion(:ruleMedicine x:A x:Nobody)", "dangling", "declare it"),
    ('AnnotationAssertion(:oneMedicine x:A "yes")', "annotation", ""),
]
FINE = [
    "AnnotationAssertion(:unlessCondition x:A :Dementia)",
    'AnnotationAssertion(:burdenPoints x:A "1|kgtwin:Dementia")',
    'AnnotationAssertion(:oneMedicine x:A "true")',
    'AnnotationAssertion(x:comment x:A "others are free to write what they like")',
]


@pytest.mark.parametrize(("text", "name", "remedy"), SLIPS)
def test_a_slip_is_found(tmp_path: Path, text: str, name: str, remedy: str) -> None:
    body = f"{DECLARED}{DEMENTIA}{text}\n"
    found = only(looked_at(tmp_path, body), name)
    assert found.where is not None
    assert (found.where.line, found.subject) == (line(body, text), "http://example.org/x#A")
    assert remedy in (found.remedy or "")


@pytest.mark.parametrize("text", FINE)
def test_what_is_meant_is_no_slip(tmp_path: Path, text: str) -> None:
    assert looked_at(tmp_path, f"{DECLARED}{DEMENTIA}{text}\n").findings == ()


@pytest.mark.skipif(not shacl.available(), reason="pySHACL is not installed")
def test_shapes_that_object_to_a_value_and_to_how_many_there_are(tmp_path: Path) -> None:
    """Of one thing and one property: both are told of."""
    (tmp_path / "shapes.ttl").write_text((ONTOLOGIES / "shapes.ttl").read_text(encoding="utf-8"), encoding="utf-8")
    twice = STATEMENT + 'AnnotationAssertion(:curated :CI_9001 "in November")\n'
    found = [one for one in looked_at(tmp_path, SOUND + twice).findings if one.check == "shacl"]
    assert len(found) == 2
    assert sum("in November" in one.message for one in found) == 1
