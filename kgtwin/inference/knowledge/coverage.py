"""How well a medicine is covered: the statements that could ever fire for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.model.alternative import Coverage
from kgtwin.model.axioms import Class, ClassExpression, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.concept import Coded
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, MEDICINAL_PRODUCT, OWL_THING, SUBSTANCE


class Coverages:
    """The statements of a knowledge by the medicines and classes that they mention; made once, asked often."""

    def __init__(self, knowledge: Knowledge, *, unverified: bool = True) -> None:
        self._knowledge = knowledge
        self._by_class: dict[str, list[Statement]] = {}
        self._general: dict[str, Statement] = {}
        for statement in knowledge.statements.values():
            if unverified or statement.verified:
                self._note(statement)

    def _note(self, statement: Statement) -> None:
        for iri in self._mentioned(statement):
            if iri in (SUBSTANCE, MEDICINAL_PRODUCT, OWL_THING):
                self._general[statement.iri] = statement
            else:
                self._by_class.setdefault(iri, []).append(statement)

    def _mentioned(self, statement: Statement) -> frozenset[str]:
        """What a statement says about the medicines that it needs: their classes, and those of their ingredients."""
        conjuncts = statement.definition.conjuncts if statement.definition else ()
        roles = self._knowledge.roles.medicines
        return frozenset(iri for one in conjuncts if one.property in roles for iri in _classes(one.filler))

    def of(self, medicine: Coded) -> Coverage:
        """What could ever fire for an ingredient or a product, by kind."""
        found = self._about(medicine)
        counted = Counter(found.values())
        return Coverage(
            by_kind=tuple((kind, counted[kind]) for kind in IssueKind if counted[kind]),
            general=len(self._general.keys() - found.keys()),
        )

    def statements(self, medicine: Coded) -> frozenset[str]:
        """The IRIs of the statements that could ever fire for an ingredient or a product."""
        return frozenset(self._about(medicine)) | self._general.keys()

    def specific(self, medicine: Coded) -> frozenset[str]:
        """The IRIs of those of them that are about it or a class of it, and not about any medicine."""
        return frozenset(self._about(medicine))

    def _about(self, medicine: Coded) -> dict[str, IssueKind]:
        above = self._above(medicine)
        return {one.iri: one.kind for iri in above for one in self._by_class.get(iri, ())}

    def _above(self, medicine: Coded) -> frozenset[str]:
        """The medicine's classes, its ingredients, and all classes above either."""
        knowledge = self._knowledge
        known = [iri for c in medicine.concepts if (iri := to_iri(c)) in knowledge.classes]
        products = (knowledge.medicines.products[one] for one in known if one in knowledge.medicines.products)
        own = (*known, *(ingredient for product in products for ingredient in product.ingredients))
        return frozenset(own).union(*(knowledge.classification.ancestors(one) for one in own))


def _classes(expression: ClassExpression) -> Iterator[str]:
    """The named classes of an expression about a medicine: its own, and those of its ingredients."""
    todo: list[ClassExpression] = [expression]
    while todo:
        match todo.pop():
            case Class(iri):
                yield iri
            case ObjectIntersectionOf(operands):
                todo += _telling(operands)
            case ObjectSomeValuesFrom(prop, filler) if prop == HAS_ACTIVE_INGREDIENT:
                todo.append(filler)


def _telling(operands: Iterable[ClassExpression]) -> list[ClassExpression]:
    """Of an intersection what narrows it: the class of all products tells nothing beside others."""
    found = [one for one in operands if one != Class(MEDICINAL_PRODUCT)]
    return found or [Class(MEDICINAL_PRODUCT)]
