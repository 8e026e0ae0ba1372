"""The proof documents of a patient's issues, made from the reasoner's proofs: what `kgtwin.verification` checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from kgtwin.identifiers import to_iri
from kgtwin.inference.evaluating import evaluate
from kgtwin.inference.issues.found import Evaluation, Found, found_issues
from kgtwin.inference.issues.matching import Witness, allergen, ingredients_of
from kgtwin.inference.knowledge import Knowledge, existentials
from kgtwin.inference.person import believed
from kgtwin.inference.proofs.ruled import rule_document
from kgtwin.inference.proofs.writing import Writer
from kgtwin.inference.realising.abox import individual
from kgtwin.inference.realising.selection import deceased, select
from kgtwin.inference.rules.evaluate import rule_issues
from kgtwin.model.axioms import Class, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.fact import Fact, FactKind, PatientRecord
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.proof_document import Medicine, ProofDocument
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, TAKES_NOW

FLAGS: Final = ("needsTwo", "washOut", "sameSubstance", "significance", "kind")


def found_in(
    patient: str, record: PatientRecord, facts: tuple[Fact, ...], knowledge: Knowledge, *, at: datetime, revision: int
) -> tuple[Evaluation, tuple[Found, ...]] | None:
    """A patient's issues of statements at ``at`` as they were found, gravest first; None where nothing follows."""
    if deceased(believed(record, at)[0], at):
        return None
    evaluation = evaluate(patient, record, facts, knowledge, at=at, revision=revision).evaluation
    return (evaluation, found_issues(evaluation)) if evaluation.realisation.consistent else None


def ruled_in(evaluation: Evaluation, found: Iterable[Found]) -> tuple[DetectedIssue, ...]:
    """The issues that clinical rules raise beside those of statements."""
    return rule_issues(evaluation, tuple(one.issue for one in found)).issues


def prove(
    patient: str, record: PatientRecord, facts: Iterable[Fact], knowledge: Knowledge, *, at: datetime, revision: int
) -> Iterator[ProofDocument]:
    """The proof documents of a patient's issues at ``at``: those of statements, gravest first, then those of rules."""
    known = tuple(facts)
    found = found_in(patient, record, known, knowledge, at=at, revision=revision)
    if found is not None:
        evaluation, issues = found
        yield from (document_of(one, evaluation, record, known) for one in issues)
        yield from (rule_document(one, Writer(evaluation, record, known)) for one in ruled_in(evaluation, issues))


def document_of(
    found: Found | DetectedIssue, evaluation: Evaluation, record: PatientRecord, facts: tuple[Fact, ...]
) -> ProofDocument:
    """The proof document of one issue of a statement, or of one that a rule raises."""
    writer = Writer(evaluation, record, facts)
    return rule_document(found, writer) if isinstance(found, DetectedIssue) else _of_statement(found, writer)


def _of_statement(found: Found, writer: Writer) -> ProofDocument:
    conclusion = writer.step(found.proof)
    medicines = tuple(_medicines(found, writer))
    writer.said(found.statement.iri, FLAGS)
    washed_out = [f for f in writer.all if f.kind is FactKind.MEDICATION] if found.statement.wash_out else []
    writer.cite(washed_out)
    of = (found.match.ingredients, found.match.conditions)
    return writer.document(found.issue, of, conclusion, medicines, medications=washed_out)


def _medicines(found: Found, writer: Writer) -> Iterator[Medicine]:
    """The medicines that meet a statement; of one about what is not taken now, all that is."""
    realisation, knowledge = writer.evaluation.realisation, writer.knowledge
    witnesses = found.match.combinations[0] if found.match.combinations else ()
    for witness in dict.fromkeys(witnesses):
        if witness.conjunct.property in knowledge.roles.medicines and isinstance(witness.node, str):
            yield _medicine(witness.node, witness.identity, witness.ingredients, writer)
            pairs = list(wanted_of(witness))
            if found.statement.same_substance:
                iri = allergen([witness], [one for one in witnesses if one is not witness], knowledge)
                pairs += [(to_iri(one), iri) for one in sorted(witness.identity) if iri is not None]
            for proof in writer.subsumptions(pairs):
                writer.step(proof)
    if found.statement.wash_out:
        for one in select(writer.all, writer.evaluation.moment, writer.knowledge.durations.of):
            if one.role == TAKES_NOW:
                node = individual(one)
                known = node in writer.box.by_node
                held = ingredients_of(node, realisation, knowledge) if known else frozenset[str]()
                yield Medicine(node, (), tuple(sorted(held)), (), now=True)


def _medicine(node: str, asked: frozenset[str], held: frozenset[str], writer: Writer) -> Medicine:
    steps = []
    for one in sorted(asked):
        has = ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(to_iri(one)))
        proof = writer.evaluation.realisation.explain(node, has)
        assert proof is not None, "an ingredient is derived"
        steps.append(writer.step(proof))
    return Medicine(node, tuple(sorted(asked)), tuple(sorted(held)), tuple(steps))


def wanted_of(witness: Witness) -> Iterator[tuple[str, str]]:
    """The ingredients that matter of a medicine, each with a class that the statement asks of its ingredient."""
    for filler in existentials(witness.conjunct.filler, HAS_ACTIVE_INGREDIENT):
        for kind in filler.operands if isinstance(filler, ObjectIntersectionOf) else (filler,):
            if isinstance(kind, Class):
                yield from ((to_iri(one), kind.iri) for one in sorted(witness.identity))
