"""From the reasoner's proofs to derivations that people read: labels, annotations, received resources."""

from __future__ import annotations

import re
from pathlib import PurePath

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import PATIENT_INDIVIDUAL, Stated
from kgtwin.inference.realising.abox import ABox, name_of
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    ClassExpression,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    ObjectPropertyAssertion,
    ObjectSomeValuesFrom,
)
from kgtwin.model.derivation import AxiomRef, Derivation, FactRef
from kgtwin.model.fact import Fact, Provenance, Quantity, fact_id
from kgtwin.model.owl_text import manchester, render
from kgtwin.model.proof import Membership, Proof
from kgtwin.vocabulary import PATIENT, RDFS_LABEL

MOST_WRITTEN = 50_000
"""Axioms of which it is kept how they are written."""
ASSERTIONS = (ClassAssertion, ObjectPropertyAssertion, DataPropertyAssertion)


class Deriver:
    """Renders proofs about one patient; steps that proofs share are rendered once."""

    def __init__(self, knowledge: Knowledge, box: ABox) -> None:
        self._knowledge = knowledge
        self._box = box
        self._done: dict[int, tuple[Proof, Derivation]] = {}

    def derivation(self, proof: Proof) -> Derivation:
        """The whole tree; iterative, so that depth is no limit."""
        todo = [proof]
        while todo:
            step = todo[-1]
            waiting = [p for p in step.premises if id(p) not in self._done]
            if waiting:
                todo.extend(waiting)
                continue
            todo.pop()
            if id(step) not in self._done:
                self._done[id(step)] = (step, self._step(step))
        return self._done[id(proof)][1]

    def _step(self, step: Proof) -> Derivation:
        source = self._box.sources.get(step.axiom) if isinstance(step.axiom, ASSERTIONS) else None
        if source is not None and not step.premises:
            return self._received(step, source)
        return Derivation(
            rule=step.rule,
            conclusion=self._conclusion(step),
            premises=tuple(self._done[id(p)][1] for p in step.premises),
            axiom=self.axiom(step.axiom) if step.axiom is not None else None,
        )

    def _received(self, step: Proof, source: Selected | Stated) -> Derivation:
        """A leaf; where several facts made a number, a step above a leaf for each."""
        conclusion = self._conclusion(step)
        if isinstance(source, Stated):
            (leaf,) = self.refs(source)
            return Derivation("received", conclusion, fact=leaf, note=source.reason)
        if source.basis and isinstance(step.axiom, DataPropertyAssertion):
            parts = tuple(self._value(fact) for fact in source.facts)
            return Derivation("spans", conclusion, parts, note=source.reason)
        return Derivation("received", conclusion, fact=self.fact(source.fact), note=source.reason)

    def fact(self, fact: Fact) -> FactRef:
        """The leaf of a received fact."""
        return leaf(fact.id, fact.provenance, self._knowledge.name_of(fact))

    def _value(self, fact: Fact) -> Derivation:
        """The leaf of one of several values, as received."""
        value = fact.value
        assert isinstance(value, Quantity), "only quantities span an interval"
        shown = " ".join(filter(None, (value.comparator, f"{value.value:f}", value.unit or value.code)))
        when = fact.when.end or fact.when.start or "an unknown time"
        name = f"“{self._knowledge.name_of(fact)}” ({fact.provenance.resource})"
        return Derivation("received", f"{name} was {shown} at {when}", fact=self.fact(fact))

    def refs(self, source: Selected | Stated) -> tuple[FactRef, ...]:
        """The leaves that something selected or stated rests on."""
        if isinstance(source, Selected):
            return tuple(map(self.fact, source.facts))
        return (leaf(fact_id(source.patient, source.provenance), source.provenance, source.text),)

    def axiom(self, axiom: Axiom) -> AxiomRef | None:
        """An axiom as a leaf, with its place and annotations."""
        ontology = self._knowledge.ontology
        if isinstance(axiom, ASSERTIONS) and axiom not in ontology.origins:
            return AxiomRef("the patient is a Patient")
        written = self._knowledge.written
        found = written.get(axiom)
        if found is None:
            found = AxiomRef(abbreviated(render(axiom)), *self.provenance(axiom))
            if len(written) < MOST_WRITTEN:
                written[axiom] = found
        return found

    def provenance(self, axiom: Axiom) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Where an axiom stands, and the annotations of the statement that it defines."""
        return self.origin(axiom), self._annotations(axiom)

    def origin(self, axiom: Axiom) -> str | None:
        """File and line, the file relative to the root ontology's folder: a proof names no machine."""
        ontology = self._knowledge.ontology
        origin = ontology.origins.get(axiom)
        if origin is None:
            return None
        home = PurePath(ontology.files[0]).parent if ontology.files else PurePath()
        file = PurePath(origin.file)
        shown = file.relative_to(home) if file.is_relative_to(home) else PurePath(file.name)
        return str(msgspec.structs.replace(origin, file=shown.as_posix()))

    def _annotations(self, axiom: Axiom) -> tuple[tuple[str, str], ...]:
        """The annotations of the class that a definition defines."""
        ontology = self._knowledge.ontology
        operands = getattr(axiom, "operands", ())
        iri = next((o.iri for o in operands if isinstance(o, Class) and o.iri in self._knowledge.statements), None)
        if iri is None:
            return ()
        return tuple((to_curie(a.property), a.value) for a in ontology.annotations[iri] if a.property != RDFS_LABEL)

    def _conclusion(self, step: Proof) -> str:
        what = step.conclusion
        if isinstance(what, Membership):
            return f"{self._subject(what.subject)} {self._is(what.subject, what.type)}"
        return f"{self._subject(what.subject)} {self.name(what.property)} {self._subject(what.object)}"

    def _is(self, subject: str | ClassExpression, type_: ClassExpression) -> str:
        if isinstance(type_, ObjectSomeValuesFrom | DataSomeValuesFrom):
            return self.expression(type_)
        return f"is {self.expression(type_)}"

    def _subject(self, node: str | ClassExpression) -> str:
        if node == PATIENT_INDIVIDUAL:
            return "the patient"
        if isinstance(node, str):
            selected = self._box.by_node.get(node)
            if selected is None:
                return self.name(node)
            return f"“{name_of(selected, self._knowledge)}” ({selected.fact.provenance.resource})"
        return self.expression(node)

    def name(self, iri: str) -> str:
        return self._knowledge.label(iri)

    def expression(self, expression: ClassExpression) -> str:
        """A class expression in Manchester syntax with labels."""
        return manchester(expression, self.name)


def leaf(id_: str, origin: Provenance, text: str) -> FactRef:
    """A received fact as the leaf of a derivation."""
    return FactRef(id_, origin.resource, origin.version, origin.source, text)


def abbreviated(text: str) -> str:
    """Functional syntax with the IRIs of known stems as CURIEs.

    >>> abbreviated("SubClassOf(<http://snomed.info/id/22298006> <http://example.org/x>)")
    'SubClassOf(snomed:22298006 <http://example.org/x>)'
    """

    def short(match: re.Match[str]) -> str:
        name = to_curie(match.group(1))
        return match.group(0) if name == match.group(1) else name

    return re.sub(r"<([^<>\s]+)>", short, text)


def exists_proof(property_: str, filler: ClassExpression, link: Proof, member: Proof) -> Proof:
    """``R∃+``: from ``patient r node`` and ``node is filler`` to ``patient r some filler``."""
    conclusion = Membership(PATIENT_INDIVIDUAL, ObjectSomeValuesFrom(property_, filler))
    return Proof("R∃+", conclusion, (link, member))


def patient_proof() -> Proof:
    """The told leaf that the individual is a Patient."""
    told = ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT))
    return Proof("told", Membership(PATIENT_INDIVIDUAL, Class(PATIENT)), (), told)
