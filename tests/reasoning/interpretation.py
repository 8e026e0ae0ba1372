"""Finite interpretations, and whether axioms hold in them, by the definitions of OWL 2's direct semantics.

https://www.w3.org/TR/owl2-direct-semantics/ Data are left out: an interpretation has no data values.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression
from kgtwin.reasoning.conditions import TOP_PROPERTY
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING

Pairs = set[tuple[int, int]]


@dataclass(frozen=True)
class Interpretation:
    """What classes, object properties and individuals stand for."""

    domain: frozenset[int]
    classes: dict[str, set[int]]
    roles: dict[str, Pairs]
    individuals: dict[str, int]

    def role(self, iri: str) -> Pairs:
        """The pairs that a property relates."""
        return set(product(self.domain, self.domain)) if iri == TOP_PROPERTY else self.roles.get(iri, set())

    def members(self, expression: ClassExpression) -> set[int]:
        """The instances of a class expression."""
        match expression:
            case Class(iri):
                return set(self.domain) if iri == OWL_THING else self.classes.get(iri, set()) - _nothing(iri)
            case owl.ObjectIntersectionOf(operands):
                return set(self.domain).intersection(*map(self.members, operands))
            case owl.ObjectUnionOf(operands):
                return set().union(*map(self.members, operands))
            case owl.ObjectComplementOf(operand):
                return set(self.domain) - self.members(operand)
            case owl.ObjectOneOf(individuals):
                return {self.individuals[one] for one in individuals}
        return self._related(expression)

    def _related(self, expression: ClassExpression) -> set[int]:
        match expression:
            case owl.ObjectSomeValuesFrom(role, filler):
                return {x for x in self.domain if self._count(x, role, filler)}
            case owl.ObjectAllValuesFrom(role, filler):
                return {x for x in self.domain if not self._count(x, role, owl.ObjectComplementOf(filler))}
            case owl.ObjectMinCardinality(n, role, filler):
                return {x for x in self.domain if self._count(x, role, filler) >= n}
            case owl.ObjectMaxCardinality(n, role, filler):
                return {x for x in self.domain if self._count(x, role, filler) <= n}
            case owl.ObjectExactCardinality(n, role, filler):
                return {x for x in self.domain if self._count(x, role, filler) == n}
            case owl.ObjectHasValue(role, individual):
                return {x for x, y in self.role(role) if y == self.individuals[individual]}
            case owl.ObjectHasSelf(role):
                return {x for x, y in self.role(role) if x == y}
            case owl.Unsupported(_, text, (role, filler)) if text.startswith("ObjectSomeValuesFrom(ObjectInverseOf("):
                return {y for x, y in self.role(role) if x in self.members(Class(filler))}
        raise NotImplementedError(expression)

    def _count(self, x: int, role: str, filler: ClassExpression) -> int:
        members = self.members(filler)
        return len({z for y, z in self.role(role) if y == x and z in members})

    def satisfies(self, axiom: Axiom) -> bool:
        """Whether an axiom holds."""
        match axiom:
            case owl.SubClassOf(sub, sup):
                return self.members(sub) <= self.members(sup)
            case owl.EquivalentClasses(operands):
                return all(self.members(one) == self.members(operands[0]) for one in operands)
            case owl.DisjointClasses(operands):
                return self._are_disjoint(operands)
            case owl.DisjointUnion(cls, operands):
                union = owl.ObjectUnionOf(operands)
                return self.members(Class(cls)) == self.members(union) and self._are_disjoint(operands)
            case owl.ObjectPropertyDomain(role, domain):
                return {x for x, _ in self.role(role)} <= self.members(domain)
            case owl.ObjectPropertyRange(role, found):
                return {y for _, y in self.role(role)} <= self.members(found)
        return self._about_roles(axiom)

    def _are_disjoint(self, operands: tuple[ClassExpression, ...]) -> bool:
        return all(self.members(one).isdisjoint(self.members(other)) for one, other in combinations(operands, 2))

    def _about_roles(self, axiom: Axiom) -> bool:
        match axiom:
            case owl.SubObjectPropertyOf(chain, sup):
                return self._along(chain) <= self.role(sup)
            case owl.TransitiveObjectProperty(role):
                return self._along((role, role)) <= self.role(role)
            case owl.EquivalentObjectProperties(roles):
                return all(self.role(one) == self.role(roles[0]) for one in roles)
            case owl.ReflexiveObjectProperty(role):
                return {(x, x) for x in self.domain} <= self.role(role)
            case owl.IrreflexiveObjectProperty(role):
                return all(x != y for x, y in self.role(role))
            case owl.OtherAxiom(construct, _, names):
                return self._characteristic(construct, [self.role(one) for one in names])
        return self._about_individuals(axiom)

    def _along(self, chain: tuple[str, ...]) -> Pairs:
        found = self.role(chain[0])
        for role in chain[1:]:
            found = {(x, z) for x, y in found for w, z in self.role(role) if w == y}
        return found

    def _characteristic(self, construct: str, roles: list[Pairs]) -> bool:
        one, back = roles[0], {(y, x) for x, y in roles[-1]}
        match construct:
            case "SymmetricObjectProperty" | "InverseObjectProperties":
                return one == back
            case "AsymmetricObjectProperty":
                return one.isdisjoint(back)
            case "FunctionalObjectProperty":
                return len({x for x, _ in one}) == len(one)
            case "InverseFunctionalObjectProperty":
                return len({y for _, y in one}) == len(one)
            case "DisjointObjectProperties":
                return all(a.isdisjoint(b) for a, b in combinations(roles, 2))
        raise NotImplementedError(construct)

    def _about_individuals(self, axiom: Axiom) -> bool:
        the = self.individuals
        match axiom:
            case owl.ClassAssertion(who, expression):
                return the[who] in self.members(expression)
            case owl.ObjectPropertyAssertion(role, who, whom):
                return (the[who], the[whom]) in self.role(role)
            case owl.NegativeObjectPropertyAssertion(role, who, whom):
                return (the[who], the[whom]) not in self.role(role)
            case owl.SameIndividual(individuals):
                return len({the[one] for one in individuals}) == 1
            case owl.DifferentIndividuals(individuals):
                return len({the[one] for one in individuals}) == len(individuals)
        raise NotImplementedError(axiom)


def _nothing(iri: str) -> set[int]:
    return set() if iri != OWL_NOTHING else {-1}
