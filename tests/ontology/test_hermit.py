"""The facade over HermiT; what it finds is compared in tests/reasoning."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kgtwin.errors import InconsistentOntologyError, MissingExtraError, OntologyError
from kgtwin.model.axioms import Axiom, Class, ClassAssertion, DisjointClasses, OtherAxiom, SubClassOf
from kgtwin.ontology import hermit
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

A, B, C = (Class(f"http://x/{name}") for name in "ABC")
needs_java = pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java")


def test_without_java_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert not hermit.available()
    with pytest.raises(MissingExtraError, match="Java"):
        hermit.classify([SubClassOf(A, B)])


@pytest.mark.hermit
@needs_java
def test_it_classifies_and_realises_a_file_with_its_imports(tmp_path: Path) -> None:
    (tmp_path / "one.ofn").write_text("Ontology(<http://x/one> SubClassOf(<http://x/B> <http://x/C>))")
    root = tmp_path / "root.ofn"
    root.write_text(
        "Ontology(<http://x/root> Import(<http://x/one>) SubClassOf(<http://x/A> <http://x/B>)"
        " EquivalentClasses(<http://x/T> owl:Thing) SubClassOf(<http://x/U> owl:Nothing) ClassAssertion(<http://x/A> <http://x/i>))"
    )
    answer = hermit.realise(root)
    assert answer.subsumers["http://x/A"] == {"http://x/B", "http://x/C", "http://x/T"}
    assert answer.unsatisfiable == {"http://x/U"}
    assert answer.types["http://x/i"] == {"http://x/A", "http://x/B", "http://x/C", "http://x/T"}
    assert OWL_THING not in answer.subsumers["http://x/A"]


@pytest.mark.hermit
@needs_java
def test_contradictions_refusals_and_timeouts_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    clash: list[Axiom] = [DisjointClasses((A, B)), ClassAssertion("http://x/i", A), ClassAssertion("http://x/i", B)]
    with pytest.raises(InconsistentOntologyError):
        hermit.classify(clash)
    with pytest.raises(OntologyError, match="refuses"):
        hermit.classify([OtherAxiom("Nonsense", "Nonsense(<http://x/A>)")])

    def never(*_args: object, **_more: object) -> None:
        raise subprocess.TimeoutExpired("java", 1)

    monkeypatch.setattr(subprocess, "run", never)
    with pytest.raises(OntologyError, match="no answer within 1 s"):
        hermit.classify([SubClassOf(Class(OWL_NOTHING), C)], timeout=1)
