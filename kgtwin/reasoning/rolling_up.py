"""Anonymous individuals in what is asked: "some thing that …", as class expressions of the things that lead to it.

OWL 2 DL lets them form trees only (https://www.w3.org/TR/owl2-syntax/#Restrictions_on_the_Usage_of_Anonymous_Individuals).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.vocabulary import OWL_THING


class Asked(NamedTuple):
    """``axioms`` without anonymous individuals; classes of which ``some`` thing must exist; no tree: ``unclear``."""

    axioms: tuple[Axiom, ...]
    some: tuple[ClassExpression, ...] = ()
    unclear: tuple[Axiom, ...] = ()


def rolled_up(axioms: Iterable[Axiom]) -> Asked:
    """A conclusion with its anonymous individuals written as class expressions.

    >>> rolled_up([owl.ObjectPropertyAssertion("r", "a", "_:x"), owl.ClassAssertion("_:x", Class("C"))]).axioms[0].type
    ObjectSomeValuesFrom(property='r', filler=Class(iri='C'))
    """
    plain: list[Axiom] = []
    about: list[Axiom] = []
    for axiom in axioms:
        (about if any(map(_anonymous, _individuals(axiom))) else plain).append(axiom)
    return _Forest(about).asked(plain)


class _Forest:
    """Anonymous individuals with what is said of them, each hung below one that leads to it."""

    def __init__(self, about: list[Axiom]) -> None:
        self.about = about
        self.types: dict[str, list[ClassExpression]] = {}
        self.links: dict[str, list[tuple[str, str]]] = {}
        self.parents: dict[str, list[str]] = {}
        self.unclear: list[Axiom] = []
        for axiom in about:
            self._sort(axiom)

    def _sort(self, axiom: Axiom) -> None:
        match axiom:
            case owl.ClassAssertion(who, expression):
                self.types.setdefault(who, []).append(expression)
            case owl.DataPropertyAssertion(prop, who, value):
                self.types.setdefault(who, []).append(owl.DataSomeValuesFrom(prop, value))
            case owl.NegativeDataPropertyAssertion(prop, who, value):
                self.types.setdefault(who, []).append(owl.ObjectComplementOf(owl.DataSomeValuesFrom(prop, value)))
            case owl.NegativeObjectPropertyAssertion(role, who, whom) if not _anonymous(whom):
                self.types.setdefault(who, []).append(owl.ObjectComplementOf(owl.ObjectHasValue(role, whom)))
            case owl.ObjectPropertyAssertion(role, who, whom) if not _anonymous(whom):
                self.types.setdefault(who, []).append(owl.ObjectHasValue(role, whom))
            case owl.ObjectPropertyAssertion(role, who, whom):
                self.links.setdefault(who, []).append((role, whom))
                self.parents.setdefault(whom, []).append(who)
            case _:
                self.unclear.append(axiom)

    def asked(self, plain: list[Axiom]) -> Asked:
        anonymous = dict.fromkeys(who for axiom in self.about for who in _individuals(axiom) if _anonymous(who))
        roots = [who for who in (*self.links, *anonymous) if not _anonymous(who) or not self.parents.get(who)]
        reached: set[str] = set()
        for root in dict.fromkeys(roots):
            self._reach(root, reached)
        if self.unclear or any(len(many) > 1 for many in self.parents.values()) or not set(anonymous) <= reached:
            return Asked(tuple(plain), (), tuple(self.about))
        rolled = {root: self._expression(root) for root in dict.fromkeys(roots)}
        told = [owl.ClassAssertion(who, one) for who, one in rolled.items() if not _anonymous(who)]
        return Asked((*plain, *told), tuple(one for who, one in rolled.items() if _anonymous(who)))

    def _reach(self, root: str, reached: set[str]) -> None:
        stack = [root]
        while stack:
            who = stack.pop()
            if who not in reached:
                reached.add(who)
                stack.extend(whom for _, whom in self.links.get(who, ()))

    def _expression(self, who: str) -> ClassExpression:
        links: Iterator[ClassExpression] = (
            owl.ObjectSomeValuesFrom(role, self._expression(whom)) for role, whom in self.links.get(who, ())
        )
        parts: tuple[ClassExpression, ...] = (*(self.types.get(who, ()) if _anonymous(who) else ()), *links)
        if len(parts) == 1:
            return parts[0]
        return owl.ObjectIntersectionOf(parts) if parts else Class(OWL_THING)


def _anonymous(individual: str) -> bool:
    return individual.startswith("_:")


def _individuals(axiom: Axiom) -> Iterator[str]:
    match axiom:
        case owl.ClassAssertion(who, _):
            yield who
        case owl.DataPropertyAssertion(_, who, _) | owl.NegativeDataPropertyAssertion(_, who, _):
            yield who
        case owl.ObjectPropertyAssertion(_, who, whom) | owl.NegativeObjectPropertyAssertion(_, who, whom):
            yield from (who, whom)
        case owl.SameIndividual(individuals) | owl.DifferentIndividuals(individuals):
            yield from individuals
