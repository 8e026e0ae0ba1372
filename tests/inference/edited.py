"""The ontology of the contexts with more axioms, for tests."""

from __future__ import annotations

from pathlib import Path

from kgtwin.inference import Knowledge
from tests.inference.test_statements import TEXT, knowledge_of

SWRLB = "http://www.w3.org/2003/11/swrlb#"


def edited(folder: Path, *axioms: str) -> Knowledge:
    """The knowledge with further axioms in functional syntax."""
    return knowledge_of(TEXT.rstrip().removesuffix(")") + "\n".join(axioms) + "\n)", folder)


def together_impossible(*parts: str) -> str:
    """An axiom by which nobody can be all of some classes."""
    return f"SubClassOf(ObjectIntersectionOf({' '.join(parts)}) owl:Nothing)"


def statement(name: str, body: str, kind: str = "drug-condition") -> str:
    """A statement of moderate significance, that cites nothing."""
    return "\n".join(
        [
            f"Declaration(Class(:{name}))",
            f'AnnotationAssertion(rdfs:label :{name} "{name}"@en)',
            f"SubClassOf(:{name} :PatientWithDetectedIssue)",
            f"EquivalentClasses(:{name} ObjectIntersectionOf(:Patient {body}))",
            f'AnnotationAssertion(:kind :{name} "{kind}")',
            f'AnnotationAssertion(:significance :{name} "moderate")',
        ]
    )
