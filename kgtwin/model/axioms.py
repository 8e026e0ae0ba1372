"""OWL 2 class expressions and axioms as values, with the names of the OWL 2 structural specification.

Entities are full IRIs. What lies outside the constructs here is kept as text in an ``Unsupported``
expression or an ``OtherAxiom``, so that a reasoner can name what it did not use. They are never part of a cycle, so
the garbage collector need not look at them (``gc=False``).
"""

from __future__ import annotations

import msgspec

from kgtwin.model.data_ranges import DataRange, Datatype, Interval, Literal, OtherRange, Space

__all__ = [
    "Assertion",
    "Axiom",
    "BuiltInAtom",
    "Class",
    "ClassAssertion",
    "ClassAtom",
    "ClassExpression",
    "DLSafeRule",
    "DataArgument",
    "DataPropertyAssertion",
    "DataPropertyAtom",
    "DataPropertyDomain",
    "DataPropertyRange",
    "DataRange",
    "DataRangeAtom",
    "DataSomeValuesFrom",
    "Datatype",
    "DifferentIndividuals",
    "DifferentIndividualsAtom",
    "DisjointClasses",
    "DisjointUnion",
    "EquivalentClasses",
    "EquivalentDataProperties",
    "EquivalentObjectProperties",
    "FunctionalDataProperty",
    "HasKey",
    "IndividualArgument",
    "Interval",
    "IrreflexiveObjectProperty",
    "Literal",
    "NegativeDataPropertyAssertion",
    "NegativeObjectPropertyAssertion",
    "ObjectAllValuesFrom",
    "ObjectComplementOf",
    "ObjectExactCardinality",
    "ObjectHasSelf",
    "ObjectHasValue",
    "ObjectIntersectionOf",
    "ObjectMaxCardinality",
    "ObjectMinCardinality",
    "ObjectOneOf",
    "ObjectPropertyAssertion",
    "ObjectPropertyAtom",
    "ObjectPropertyDomain",
    "ObjectPropertyRange",
    "ObjectSomeValuesFrom",
    "ObjectUnionOf",
    "OtherAxiom",
    "OtherRange",
    "ReflexiveObjectProperty",
    "RuleAtom",
    "SameIndividual",
    "SameIndividualAtom",
    "Space",
    "SubClassOf",
    "SubDataPropertyOf",
    "SubObjectPropertyOf",
    "TransitiveObjectProperty",
    "Unsupported",
    "Variable",
]


class Class(msgspec.Struct, frozen=True, gc=False):
    iri: str


class ObjectIntersectionOf(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[ClassExpression, ...]


class ObjectSomeValuesFrom(msgspec.Struct, frozen=True, gc=False):
    property: str
    filler: ClassExpression


class ObjectUnionOf(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[ClassExpression, ...]


class ObjectComplementOf(msgspec.Struct, frozen=True, gc=False):
    operand: ClassExpression


class ObjectAllValuesFrom(msgspec.Struct, frozen=True, gc=False):
    property: str
    filler: ClassExpression


class ObjectMinCardinality(msgspec.Struct, frozen=True, gc=False):
    """``filler`` is ``owl:Thing`` where none was written."""

    cardinality: int
    property: str
    filler: ClassExpression


class ObjectMaxCardinality(msgspec.Struct, frozen=True, gc=False):
    cardinality: int
    property: str
    filler: ClassExpression


class ObjectExactCardinality(msgspec.Struct, frozen=True, gc=False):
    cardinality: int
    property: str
    filler: ClassExpression


class ObjectHasSelf(msgspec.Struct, frozen=True, gc=False):
    property: str


class ObjectHasValue(msgspec.Struct, frozen=True, gc=False):
    property: str
    individual: str


class ObjectOneOf(msgspec.Struct, frozen=True, gc=False):
    individuals: tuple[str, ...]


class DataSomeValuesFrom(msgspec.Struct, frozen=True, gc=False):
    """Some value of the property lies in ``range``; ``DataHasValue`` is one whose range is a single value."""

    property: str
    range: DataRange


class Unsupported(msgspec.Struct, frozen=True, gc=False):
    """A class expression outside the constructs of this module. ``construct`` is its OWL name."""

    construct: str
    text: str
    signature: tuple[str, ...] = ()


ClassExpression = (
    Class
    | ObjectIntersectionOf
    | ObjectSomeValuesFrom
    | ObjectUnionOf
    | ObjectComplementOf
    | ObjectAllValuesFrom
    | ObjectMinCardinality
    | ObjectMaxCardinality
    | ObjectExactCardinality
    | ObjectHasSelf
    | ObjectHasValue
    | ObjectOneOf
    | DataSomeValuesFrom
    | Unsupported
)


class SubClassOf(msgspec.Struct, frozen=True, gc=False):
    sub: ClassExpression
    sup: ClassExpression


class EquivalentClasses(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[ClassExpression, ...]


class DisjointClasses(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[ClassExpression, ...]


class DisjointUnion(msgspec.Struct, frozen=True, gc=False):
    """``cls`` is the union of the ``operands``, which are pairwise disjoint."""

    cls: str
    operands: tuple[ClassExpression, ...]


class SubObjectPropertyOf(msgspec.Struct, frozen=True, gc=False):
    """``chain`` has one property for a plain inclusion, two or more for a property chain."""

    chain: tuple[str, ...]
    sup: str


class EquivalentObjectProperties(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[str, ...]


class TransitiveObjectProperty(msgspec.Struct, frozen=True, gc=False):
    property: str


class ReflexiveObjectProperty(msgspec.Struct, frozen=True, gc=False):
    property: str


class ObjectPropertyDomain(msgspec.Struct, frozen=True, gc=False):
    property: str
    domain: ClassExpression


class ObjectPropertyRange(msgspec.Struct, frozen=True, gc=False):
    property: str
    range: ClassExpression


class IrreflexiveObjectProperty(msgspec.Struct, frozen=True, gc=False):
    property: str


class SubDataPropertyOf(msgspec.Struct, frozen=True, gc=False):
    sub: str
    sup: str


class EquivalentDataProperties(msgspec.Struct, frozen=True, gc=False):
    operands: tuple[str, ...]


class DataPropertyDomain(msgspec.Struct, frozen=True, gc=False):
    property: str
    domain: ClassExpression


class DataPropertyRange(msgspec.Struct, frozen=True, gc=False):
    property: str
    range: DataRange


class FunctionalDataProperty(msgspec.Struct, frozen=True, gc=False):
    property: str


class HasKey(msgspec.Struct, frozen=True, gc=False):
    """Two named individuals of ``cls`` that share a value of every property are the same."""

    cls: ClassExpression
    object_properties: tuple[str, ...] = ()
    data_properties: tuple[str, ...] = ()


class SameIndividual(msgspec.Struct, frozen=True, gc=False):
    individuals: tuple[str, ...]


class DifferentIndividuals(msgspec.Struct, frozen=True, gc=False):
    individuals: tuple[str, ...]


class ClassAssertion(msgspec.Struct, frozen=True, gc=False):
    individual: str
    type: ClassExpression


class ObjectPropertyAssertion(msgspec.Struct, frozen=True, gc=False):
    property: str
    subject: str
    object: str


class DataPropertyAssertion(msgspec.Struct, frozen=True, gc=False):
    """The value lies in ``range`` (a single value, or the interval that a comparator such as ``<15`` leaves open)."""

    property: str
    subject: str
    range: DataRange


class NegativeObjectPropertyAssertion(msgspec.Struct, frozen=True, gc=False):
    property: str
    subject: str
    object: str


class NegativeDataPropertyAssertion(msgspec.Struct, frozen=True, gc=False):
    property: str
    subject: str
    range: DataRange


class Variable(msgspec.Struct, frozen=True, gc=False):
    """A variable of a rule, by its IRI. DL-safe: it stands for named individuals or data values only."""

    iri: str


IndividualArgument = Variable | str
"""A variable, or an individual's IRI."""
DataArgument = Variable | Interval | Literal
"""A variable, or one data value (a number is an interval of one)."""


class ClassAtom(msgspec.Struct, frozen=True, gc=False):
    cls: ClassExpression
    argument: IndividualArgument


class DataRangeAtom(msgspec.Struct, frozen=True, gc=False):
    range: DataRange
    argument: DataArgument


class ObjectPropertyAtom(msgspec.Struct, frozen=True, gc=False):
    property: str
    subject: IndividualArgument
    object: IndividualArgument


class DataPropertyAtom(msgspec.Struct, frozen=True, gc=False):
    property: str
    subject: IndividualArgument
    value: DataArgument


class SameIndividualAtom(msgspec.Struct, frozen=True, gc=False):
    one: IndividualArgument
    other: IndividualArgument


class DifferentIndividualsAtom(msgspec.Struct, frozen=True, gc=False):
    one: IndividualArgument
    other: IndividualArgument


class BuiltInAtom(msgspec.Struct, frozen=True, gc=False):
    """A built-in of SWRL (https://www.w3.org/submissions/SWRL/#8), by its IRI."""

    builtin: str
    arguments: tuple[DataArgument, ...]


RuleAtom = (
    ClassAtom
    | DataRangeAtom
    | ObjectPropertyAtom
    | DataPropertyAtom
    | SameIndividualAtom
    | DifferentIndividualsAtom
    | BuiltInAtom
)


class DLSafeRule(msgspec.Struct, frozen=True, gc=False):
    """Where every atom of ``body`` holds, every atom of ``head`` does."""

    body: tuple[RuleAtom, ...]
    head: tuple[RuleAtom, ...]


class OtherAxiom(msgspec.Struct, frozen=True, gc=False):
    """A logical axiom outside this module. ``construct`` is its OWL name, ``signature`` the IRIs in it."""

    construct: str
    text: str
    signature: tuple[str, ...] = ()


Assertion = ClassAssertion | ObjectPropertyAssertion | DataPropertyAssertion

Axiom = (
    SubClassOf
    | EquivalentClasses
    | DisjointClasses
    | DisjointUnion
    | SubObjectPropertyOf
    | EquivalentObjectProperties
    | TransitiveObjectProperty
    | ReflexiveObjectProperty
    | IrreflexiveObjectProperty
    | ObjectPropertyDomain
    | ObjectPropertyRange
    | SubDataPropertyOf
    | EquivalentDataProperties
    | DataPropertyDomain
    | DataPropertyRange
    | FunctionalDataProperty
    | HasKey
    | SameIndividual
    | DifferentIndividuals
    | ClassAssertion
    | ObjectPropertyAssertion
    | DataPropertyAssertion
    | NegativeObjectPropertyAssertion
    | NegativeDataPropertyAssertion
    | DLSafeRule
    | OtherAxiom
)
