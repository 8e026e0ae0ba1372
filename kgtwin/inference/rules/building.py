"""Issues of rules: the same fields as those of statements, with a derivation down to what was received."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kgtwin.identifiers import to_curie
from kgtwin.inference.issues.derive import Deriver, abbreviated
from kgtwin.inference.issues.found import Evaluation, build
from kgtwin.inference.issues.proving import Grounds, filled
from kgtwin.inference.knowledge.rules import Rule
from kgtwin.inference.person import Stated
from kgtwin.inference.realising.abox import name_of
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.rules.known import Present
from kgtwin.inference.rules.raised import Raised
from kgtwin.model.axioms import Class, ClassExpression, ObjectSomeValuesFrom, SubClassOf
from kgtwin.model.caveat import Caveat
from kgtwin.model.derivation import AxiomRef, Derivation, FactRef
from kgtwin.model.fact import fact_id
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.owl_text import render
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, RDFS_LABEL, TAKES_NOW


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said and proven of what a rule raised; ``detail`` is added to the rule's own sentence."""

    detail: str
    conclusion: str
    premises: tuple[Derivation, ...]
    note: str | None = None
    caveats: tuple[Caveat, ...] = ()


class Builder:
    """Makes the issues of one evaluation; proofs that they share are rendered once."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._deriver = Deriver(evaluation.knowledge, evaluation.box)

    def issue(self, raised: Raised, words: Words) -> DetectedIssue:
        """The issue, its rule the axiom that its derivation applies."""
        rule = raised.rule
        return build(
            rule,
            self._evaluation,
            kind=raised.kind,
            of=(raised.ingredients, raised.conditions),
            detail=f"{rule.detail} {words.detail}",
            derivation=Derivation("rule", words.conclusion, words.premises, axiom=self._axiom(rule), note=words.note),
            selected=raised.selected,
            caveats=words.caveats,
        )

    def takes(self, dose: Present, class_: str) -> Derivation:
        """That a present medicine has an ingredient of a class, proven."""
        return self.has(TAKES_NOW, dose.node, ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(class_)))

    def has(self, role: str, node: str, filler: ClassExpression) -> Derivation:
        """That something received fills a role and is of a class, proven."""
        grounds = Grounds(self._evaluation.realisation, self._evaluation.box, self._evaluation.knowledge)
        return self._deriver.derivation(filled(node, role, filler, grounds))

    def received(self, one: Selected, conclusion: str, note: str | None = None) -> Derivation:
        """A leaf that says something of a received fact."""
        return Derivation("received", conclusion, fact=self._deriver.fact(one.fact), note=note or one.reason)

    def stated(self, source: Stated, conclusion: str) -> Derivation:
        """A leaf that says something of an element of the Patient resource."""
        origin = source.provenance
        leaf = FactRef(fact_id(source.patient, origin), origin.resource, origin.version, origin.source, source.text)
        return Derivation("received", conclusion, fact=leaf, note=source.reason)

    def step(self, rule: str, conclusion: str, premises: Sequence[Derivation], note: str | None = None) -> Derivation:
        """What follows from some steps by counting or comparing."""
        return Derivation(rule, conclusion, tuple(premises), note=note)

    def _axiom(self, rule: Rule) -> AxiomRef:
        axiom = SubClassOf(Class(rule.iri), Class(rule.family))
        notes = self._evaluation.knowledge.ontology.annotations.get(rule.iri, ())
        said = tuple((to_curie(a.property), a.value) for a in notes if a.property != RDFS_LABEL)
        return AxiomRef(abbreviated(render(axiom)), self._deriver.origin(axiom), said)

    def name(self, one: Selected) -> str:
        """A received thing in words, with its resource."""
        return f"“{name_of(one, self._evaluation.knowledge)}” ({one.fact.provenance.resource})"

    def names(self, iris: Iterable[str]) -> str:
        """Labels of classes, joined."""
        return ", ".join(self._evaluation.knowledge.label(iri) for iri in iris)
