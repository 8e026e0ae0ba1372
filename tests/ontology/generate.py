"""Random axioms of every kind that the model has, as the parsers would make them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from kgtwin.model import axioms as ax
from kgtwin.model.axioms import Axiom, ClassExpression, DataRange, RuleAtom, Variable
from kgtwin.ontology.literals import range_of, value_of
from kgtwin.ontology.nodes import Literal, Node, Source
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, XSD
from tests.model.ranges import simple_ranges, values

X = "http://x/"
_SOURCE = Source("generated")


def _names(letter: str, count: int = 3) -> SearchStrategy[str]:
    return st.sampled_from([f"{X}{letter}{i}" for i in range(count)])


ROLES, DATA, PEOPLE = _names("r"), _names("d"), st.one_of(_names("i"), st.just("_:someone"))
NAMED = st.one_of(_names("C", 5), st.sampled_from([OWL_THING, OWL_NOTHING])).map(ax.Class)


def _many(one: SearchStrategy[object], least: int = 2, unique: bool = False) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(one, min_size=least, max_size=least + 2, unique=unique).map(tuple)


def data_values() -> SearchStrategy[ax.Interval | ax.Literal]:
    """Single values, texts with every awkward character among them."""
    texts = st.text(max_size=5).map(lambda text: Literal(text.replace("\r", " ")))
    return st.one_of(values(), texts).map(lambda one: value_of(_SOURCE, one))


def data_ranges() -> SearchStrategy[DataRange]:
    """Ranges inside the model and outside it."""
    others = st.builds(
        lambda name, parts: Node(name, tuple(parts)),
        st.sampled_from(["DataUnionOf", "DataIntersectionOf"]),
        st.lists(simple_ranges(), min_size=2, max_size=3),
    )
    negated = simple_ranges().map(lambda one: Node("DataComplementOf", (one,)))
    several = st.lists(values(), min_size=2, max_size=3).map(lambda found: Node("DataOneOf", tuple(found)))
    return st.one_of(simple_ranges(), others, negated, several).map(lambda one: range_of(_SOURCE, one))


def _restrictions(inner: SearchStrategy[ClassExpression]) -> SearchStrategy[ClassExpression]:
    cardinalities = [ax.ObjectMinCardinality, ax.ObjectMaxCardinality, ax.ObjectExactCardinality]
    return st.one_of(
        st.builds(ax.ObjectSomeValuesFrom, ROLES, inner),
        st.builds(ax.ObjectAllValuesFrom, ROLES, inner),
        st.builds(ax.ObjectIntersectionOf, _many(inner)),
        st.builds(ax.ObjectUnionOf, _many(inner)),
        st.builds(ax.ObjectComplementOf, inner),
        *(st.builds(kind, st.integers(0, 9), ROLES, inner) for kind in cardinalities),
    )


def expressions() -> SearchStrategy[ClassExpression]:
    """Class expressions of every kind."""
    outside = [
        f"ObjectSomeValuesFrom(ObjectInverseOf(<{X}r0>) <{X}C0>)",
        f"DataAllValuesFrom(<{X}d0> <{XSD}string>)",
        f"DataSomeValuesFrom(<{X}d0> <{X}d1> <{XSD}string>)",
    ]
    leaves = st.one_of(
        NAMED,
        st.builds(ax.ObjectHasSelf, ROLES),
        st.builds(ax.ObjectHasValue, ROLES, PEOPLE),
        st.builds(ax.ObjectOneOf, _many(PEOPLE, 1)),
        st.builds(ax.DataSomeValuesFrom, DATA, data_ranges()),
        st.sampled_from(outside).map(_unsupported),
    )
    return st.recursive(leaves, _restrictions, max_leaves=6)


def _unsupported(text: str) -> ax.Unsupported:
    construct = "ObjectInverseOf" if "ObjectInverseOf" in text else text.partition("(")[0]
    iris = [part.partition(">")[0] for part in text.split("<")[1:]]
    return ax.Unsupported(construct, text, tuple(iri for iri in iris if not iri.startswith(XSD)))


VARIABLES = st.sampled_from("xyz").map(lambda name: Variable(f"urn:swrl:var#{name}"))


def atoms() -> SearchStrategy[RuleAtom]:
    """Atoms of rules of every kind."""
    someone, something = st.one_of(VARIABLES, PEOPLE), st.one_of(VARIABLES, data_values())
    built_ins = st.sampled_from(["http://www.w3.org/2003/11/swrlb#add", X + "mine"])
    return st.one_of(
        st.builds(ax.ClassAtom, expressions(), someone),
        st.builds(ax.DataRangeAtom, data_ranges(), something),
        st.builds(ax.ObjectPropertyAtom, ROLES, someone, someone),
        st.builds(ax.DataPropertyAtom, DATA, someone, something),
        st.builds(ax.SameIndividualAtom, someone, someone),
        st.builds(ax.DifferentIndividualsAtom, someone, someone),
        st.builds(ax.BuiltInAtom, built_ins, _many(something, 1)),
    )


def _class_axioms() -> SearchStrategy[Axiom]:
    some = expressions()
    return st.one_of(
        st.builds(ax.SubClassOf, some.filter(_plain), some.filter(_plain)),
        st.builds(ax.EquivalentClasses, _many(some)),
        st.builds(ax.DisjointClasses, _many(some)),
        st.builds(ax.DisjointUnion, _names("C", 5), _many(some)),
        st.builds(ax.ObjectPropertyDomain, ROLES, some),
        st.builds(ax.ObjectPropertyRange, ROLES, some),
        st.builds(ax.DataPropertyDomain, DATA, some),
        st.builds(ax.HasKey, some, _many(ROLES, 1), _many(DATA, 0)),
        st.builds(ax.HasKey, some, _many(ROLES, 0), _many(DATA, 1)),
    )


def _plain(expression: ClassExpression) -> bool:
    """Not an inverse at the outside, which is read as what it means without."""
    return not isinstance(expression, ax.Unsupported)


def _property_axioms() -> SearchStrategy[Axiom]:
    others = [
        ax.OtherAxiom(name, f"{name}(<{X}r0>)", (X + "r0",))
        for name in ("SymmetricObjectProperty", "FunctionalObjectProperty", "AsymmetricObjectProperty")
    ]
    return st.one_of(
        st.builds(ax.SubObjectPropertyOf, _many(ROLES, 1), ROLES),
        st.builds(ax.EquivalentObjectProperties, _many(ROLES)),
        st.builds(ax.TransitiveObjectProperty, ROLES),
        st.builds(ax.ReflexiveObjectProperty, ROLES),
        st.builds(ax.IrreflexiveObjectProperty, ROLES),
        st.builds(ax.SubDataPropertyOf, DATA, DATA),
        st.builds(ax.EquivalentDataProperties, _many(DATA)),
        st.builds(ax.DataPropertyRange, DATA, data_ranges()),
        st.builds(ax.FunctionalDataProperty, DATA),
        st.sampled_from(others),
    )


def _assertions() -> SearchStrategy[Axiom]:
    return st.one_of(
        st.builds(ax.ClassAssertion, PEOPLE, expressions()),
        st.builds(ax.ObjectPropertyAssertion, ROLES, PEOPLE, PEOPLE),
        st.builds(ax.NegativeObjectPropertyAssertion, ROLES, PEOPLE, PEOPLE),
        st.builds(ax.DataPropertyAssertion, DATA, PEOPLE, data_values()),
        st.builds(ax.NegativeDataPropertyAssertion, DATA, PEOPLE, data_values()),
        st.builds(ax.SameIndividual, _many(PEOPLE)),
        st.builds(ax.DifferentIndividuals, _many(PEOPLE)),
    )


def axioms() -> SearchStrategy[Axiom]:
    """Axioms of every kind."""
    rules = st.builds(ax.DLSafeRule, _many(atoms(), 0), _many(atoms(), 0))
    return st.one_of(_class_axioms(), _property_axioms(), _assertions(), rules)
