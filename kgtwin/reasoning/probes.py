"""What to add to an ontology, and what must then be empty or contradictory, for an axiom to follow from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, count, pairwise
from typing import NamedTuple, TypeVar

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, Datatype, Literal
from kgtwin.model.data_ranges import value_range
from kgtwin.reasoning.refutation import NOTHING, THING, conjuncts, disjuncts, negation
from kgtwin.vocabulary import OWL, RDFS, XSD

Part = TypeVar("Part")
_ANY_VALUE = Datatype(RDFS + "Literal")
_TOP_ROLE, _TOP_DATA = OWL + "topObjectProperty", OWL + "topDataProperty"
_SOME_TYPES = {
    XSD + "string": ("urn:kgtwin:one", "urn:kgtwin:other"),
    XSD + "integer": ("918273645", "918273646"),
    XSD + "unsignedByte": ("131", "137"),
    XSD + "decimal": ("0.918273645", "0.918273646"),
    XSD + "double": ("0.918273645", "0.918273646"),
    XSD + "dateTime": ("1918-07-27T03:06:45Z", "1918-07-27T03:06:46Z"),
}


class Probe(NamedTuple):
    """Beside ``axioms``, each of the classes ``empty`` must be empty; without any, there must be a contradiction.

    It says something only where the classes ``possible`` are not empty, and nothing contradicts the first ``assumed``
    axioms.
    """

    axioms: tuple[Axiom, ...]
    empty: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    assumed: int = 0


class Names:
    """Names that no ontology has."""

    def __init__(self) -> None:
        self._numbers = count()

    def new(self) -> str:
        """One more."""
        return f"urn:kgtwin:entailment:{next(self._numbers)}"


def probes_of(axiom: Axiom, names: Names) -> list[Probe] | None:
    """The probes that together decide an axiom; None where it cannot be decided."""
    for inclusions in (_of_classes(axiom), _of_individuals(axiom), _of_roles(axiom, names)):
        if inclusions is not None:
            return [probe for sub, sup in inclusions for probe in inclusion(sub, sup, names)]
    if isinstance(axiom, owl.HasKey):
        return [_key(axiom, names)]
    return _of_data(axiom, names)


def inclusion(sub: ClassExpression, sup: ClassExpression, names: Names) -> Iterator[Probe]:
    """``sub ⊓ ¬sup`` is empty, disjunct by disjunct and conjunct by conjunct."""
    for part in disjuncts(sub):
        for whole in conjuncts(sup):
            yield _nothing_is(owl.ObjectIntersectionOf((part, negation(whole))), names)


def _nothing_is(expression: owl.ObjectIntersectionOf, names: Names) -> Probe:
    """A new class below an expression is empty; of an individual, that it is no such thing."""
    who = _individual_in(expression)
    if who is not None:
        return Probe((owl.ClassAssertion(who, expression),))
    name = names.new()
    return Probe((owl.SubClassOf(Class(name), expression),), (name,))


def _individual_in(expression: ClassExpression) -> str | None:
    """The individual that an expression can only be."""
    match expression:
        case owl.ObjectOneOf((who,)):
            return who
        case owl.ObjectIntersectionOf(operands):
            return next(filter(None, map(_individual_in, operands)), None)
    return None


Inclusion = tuple[ClassExpression, ClassExpression]


def _of_classes(axiom: Axiom) -> list[Inclusion] | None:
    match axiom:
        case owl.SubClassOf(sub, sup):
            return [(sub, sup)]
        case owl.EquivalentClasses(operands):
            return _circle(operands)
        case owl.DisjointClasses(operands):
            return _apart(operands)
        case owl.DisjointUnion(cls, operands):
            union = owl.ObjectUnionOf(operands)
            return [(Class(cls), union), (union, Class(cls)), *_apart(operands)]
        case owl.ObjectPropertyDomain(role, domain):
            return [(owl.ObjectSomeValuesFrom(role, THING), domain)]
        case owl.ObjectPropertyRange(role, found):
            return [(THING, owl.ObjectAllValuesFrom(role, found))]
        case owl.ReflexiveObjectProperty(role):
            return [(THING, owl.ObjectHasSelf(role))]
        case owl.IrreflexiveObjectProperty(role):
            return [(owl.ObjectHasSelf(role), NOTHING)]
        case owl.DataPropertyDomain(prop, domain):
            return [(owl.DataSomeValuesFrom(prop, _ANY_VALUE), domain)]
    return None


def _of_individuals(axiom: Axiom) -> list[Inclusion] | None:
    match axiom:
        case owl.ClassAssertion(who, expression):
            return [(_one(who), expression)]
        case owl.ObjectPropertyAssertion(role, who, whom):
            return [(_one(who), owl.ObjectHasValue(role, whom))]
        case owl.DataPropertyAssertion(prop, who, value):
            return [(_one(who), owl.DataSomeValuesFrom(prop, value))]
        case owl.NegativeObjectPropertyAssertion(role, who, whom):
            return [(_one(who), owl.ObjectComplementOf(owl.ObjectHasValue(role, whom)))]
        case owl.NegativeDataPropertyAssertion(prop, who, value):
            return [(_one(who), owl.ObjectComplementOf(owl.DataSomeValuesFrom(prop, value)))]
        case owl.SameIndividual(individuals):
            return _circle(tuple(map(_one, individuals)))
        case owl.DifferentIndividuals(individuals):
            return _apart(tuple(map(_one, individuals)))
    return None


def _of_roles(axiom: Axiom, names: Names) -> list[Inclusion] | None:
    """``r∘s ⊑ t`` where ``∃r.∃s.X ⊑ ∃t.X`` for a new class X."""
    match axiom:
        case owl.SubObjectPropertyOf(chain, sup):
            chains = [(chain, sup)]
        case owl.TransitiveObjectProperty(role):
            chains = [((role, role), role)]
        case owl.EquivalentObjectProperties(operands):
            chains = [((one,), other) for one, other in _circle(operands)]
        case _:
            return None
    end = Class(names.new())
    chains = [(chain, sup) for chain, sup in chains if sup != _TOP_ROLE]
    return [(_path(chain, end), owl.ObjectSomeValuesFrom(sup, end)) for chain, sup in chains]


def _path(chain: tuple[str, ...], end: ClassExpression) -> ClassExpression:
    for role in reversed(chain):
        end = owl.ObjectSomeValuesFrom(role, end)
    return end


def _of_data(axiom: Axiom, names: Names) -> list[Probe] | None:
    match axiom:
        case owl.SubDataPropertyOf(sub, sup):
            pairs = [(sub, sup)]
        case owl.EquivalentDataProperties(operands):
            pairs = _circle(operands)
        case owl.DataPropertyRange(prop, data_range):
            part = names.new()
            whole = owl.DataSomeValuesFrom(part, data_range)
            found = inclusion(owl.DataSomeValuesFrom(part, _ANY_VALUE), whole, names)
            return [Probe((*probe.axioms, owl.SubDataPropertyOf(part, prop)), probe.empty) for probe in found]
        case owl.FunctionalDataProperty(prop):
            return [_two_values(prop, datatype, names) for datatype in _SOME_TYPES]
        case _:
            return None
    pairs = [(one, other) for one, other in pairs if other != _TOP_DATA]
    value = Datatype(names.new())
    sides = [(owl.DataSomeValuesFrom(one, value), owl.DataSomeValuesFrom(other, value)) for one, other in pairs]
    return [probe for sub, sup in sides for probe in inclusion(sub, sup, names)]


def _two_values(prop: str, datatype: str, names: Names) -> Probe:
    """Nothing has two values, of a datatype and mentioned nowhere else."""
    both, *single = (names.new() for _ in range(3))
    values = [owl.DataSomeValuesFrom(prop, value_range(text, datatype)) for text in _SOME_TYPES[datatype]]
    told = [owl.SubClassOf(Class(name), value) for name, value in zip(single, values, strict=True)]
    whole = owl.SubClassOf(Class(both), owl.ObjectIntersectionOf(tuple(values)))
    return Probe((*told, whole), (both,), tuple(single))


def _key(axiom: owl.HasKey, names: Names) -> Probe:
    """Two new individuals that share a value of every property cannot be different."""
    pair = names.new(), names.new()
    told: list[Axiom] = [owl.ClassAssertion(who, axiom.cls) for who in pair]
    for role in axiom.object_properties:
        value = names.new()
        told += [owl.ObjectPropertyAssertion(role, who, value) for who in pair]
    for prop in axiom.data_properties:
        text = Literal(names.new())
        told += [owl.DataPropertyAssertion(prop, who, text) for who in pair]
    return Probe((*told, owl.DifferentIndividuals(pair)), assumed=len(told))


def _circle(operands: Sequence[Part]) -> list[tuple[Part, Part]]:
    """Each operand with the next, the last with the first."""
    return [(one, other) for one, other in pairwise((*operands, operands[0])) if one != other]


def _apart(operands: Sequence[ClassExpression]) -> list[Inclusion]:
    return [(owl.ObjectIntersectionOf(pair), NOTHING) for pair in combinations(operands, 2)]


def _one(individual: str) -> ClassExpression:
    return owl.ObjectOneOf((individual,))
