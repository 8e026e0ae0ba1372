"""What a forger can do to the proof of what a rule raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kgtwin.model.concept import Coded, Match
from kgtwin.model.fact import Fact, FactKind, Provenance, fact_id
from kgtwin.model.proof_document import Absence, ProofAnnotation, ProofDocument
from kgtwin.verification import verify
from kgtwin.vocabulary import kgtwin
from tests.verification.mutations import changed
from tests.verification.test_mutations import put

replace = msgspec.structs.replace
KINDS = ("missing-monitoring", "cumulated-burden", "untreated-indication", "dose-renal")


def rejected(document: ProofDocument) -> bool:
    return not verify(document).accepted


def with_rule(document: ProofDocument, **fields: Any) -> ProofDocument:
    return changed(document, rules=(replace(document.rules[0], **fields),))


def annotated(document: ProofDocument, change: Callable[[ProofAnnotation], ProofAnnotation | None]) -> ProofDocument:
    said = (change(one) for one in document.rules[0].annotations)
    return with_rule(document, annotations=tuple(one for one in said if one is not None))


def named(one: ProofAnnotation, *names: str) -> bool:
    return one.property in map(kgtwin, names)


def on_facts(document: ProofDocument, kind: FactKind, change: Callable[[Fact], Fact]) -> Iterator[ProofDocument]:
    """The document with each fact that it rests on changed."""
    shown = {one.facts[0] for one in document.selections}
    for place, fact in enumerate(document.facts):
        if fact.kind is kind and fact.id in shown:
            yield changed(document, facts=put(document.facts, place, change(fact)))


def listed(document: ProofDocument, absence: Absence, more: Fact) -> ProofDocument:
    """The document with a fact more among those that could have filled what is absent."""
    rule = document.rules[0]
    absences = put(rule.absences, rule.absences.index(absence), replace(absence, facts=(*absence.facts, more.id)))
    return changed(document, facts=(*document.facts, more), rules=(replace(rule, absences=absences),))


def invented(document: ProofDocument, kind: FactKind, concept: str, **fields: Any) -> Fact:
    origin = Provenance("local", "Invented/1", "1")
    code = Coded((), (Match(concept, via="a set"),))
    patient = document.issue.patient
    return Fact(id=fact_id(patient, origin), patient=patient, kind=kind, code=code, provenance=origin, **fields)
