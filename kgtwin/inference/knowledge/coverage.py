"""How well a medicine is covered: the statements that could ever fire for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge, existentials, named
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.model.alternative import Coverage
from kgtwin.model.axioms import Class, ClassExpression, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.concept import Coded
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, HAS_ROUTE, MEDICINAL_PRODUCT, OWL_THING, SUBSTANCE


class Coverages:
    """The statements of a knowledge by the medicines and classes that they mention; made once, asked often."""

    def __init__(self, knowledge: Knowledge, *, unverified: bool = True) -> None:
        self._knowledge = knowledge
        self._by_class: dict[str, list[tuple[Statement, frozenset[str]]]] = {}
        self._general: dict[str, Statement] = {}
        for statement in knowledge.statements.values():
            if unverified or statement.verified:
                self._note(statement)

    def _note(self, statement: Statement) -> None:
        for iri, routes in self._mentioned(statement):
            if iri in (SUBSTANCE, MEDICINAL_PRODUCT, OWL_THING):
                self._general[statement.iri] = statement
            else:
                self._by_class.setdefault(iri, []).append((statement, routes))

    def _mentioned(self, statement: Statement) -> frozenset[tuple[str, frozenset[str]]]:
        """What a statement says about the medicines that it needs: their classes, and those of their ingredients.

        With each the routes that it demands.
        """
        conjuncts = statement.definition.conjuncts if statement.definition else ()
        roles = self._knowledge.roles.medicines
        return frozenset(
            (iri, named(existentials(one.filler, HAS_ROUTE)))
            for one in conjuncts
            if one.property in roles
            for iri in _classes(one.filler)
        )

    def of(self, medicine: Coded, routes: frozenset[str] = frozenset()) -> Coverage:
        """What could ever fire for an ingredient or a product, by kind; for one that has routes (IRIs), by these."""
        found = self._about(medicine, routes)
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

    def _about(self, medicine: Coded, routes: frozenset[str] = frozenset()) -> dict[str, IssueKind]:
        return {
            statement.iri: statement.kind
            for iri in self._above(medicine)
            for statement, demanded in self._by_class.get(iri, ())
            if not routes or all(self._may_be(one, routes) for one in demanded)
        }

    def _may_be(self, demanded: str, routes: frozenset[str]) -> bool:
        """Whether one of some routes is a demanded one, or may be."""
        is_a = self._knowledge.is_a
        return any(is_a(one, demanded) or is_a(demanded, one) for one in routes)

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
