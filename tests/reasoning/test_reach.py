"""What is not used touches the answers that it can touch, and carries no caveat elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, Interval, OtherAxiom
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.reach import Reach
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.generate_others import others
from tests.reasoning.interpretation import Interpretation
from tests.reasoning.shrinking import written
from tests.reasoning.touching import A_R_B, THING, TOUCHED, A, B, C, D, E, F, both, either, only, some, sub, value

HYPOTHESIS = settings(max_examples=times(60), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
SEEDS = st.integers(0, 2**32)
ABSTRACT = {
    "unions, universals, counts": Shape(beyond=True, complements=True, classes=5, axioms=7, roles=3, numbers=False),
    "chains of any kind": Shape(beyond=True, irregular=True, reflexive=False, classes=5, axioms=7, numbers=False),
    "individuals": Shape(beyond=True, nominals=True, facts=True, classes=4, axioms=4, numbers=False),
}
"""Shapes without data and self restrictions: their canonical models are finite."""
WHOLE = {
    "beyond": Shape(beyond=True, complements=True, selfs=True, classes=4, axioms=5, roles=3),
    "nominals": Shape(nominals=True, classes=4, axioms=6),
    "with facts": Shape(beyond=True, facts=True, nominals=True, spaces=True, classes=4, axioms=4),
}


@pytest.mark.parametrize(("axioms", "touched"), TOUCHED.values(), ids=TOUCHED)
def test_touches_what_it_can_touch(axioms: list[Axiom], touched: str) -> None:
    found = classify(axioms, classes="ABCDEF")
    assert found.caveats
    assert {iri for iri in "ABCDEF" if found.caveats_of(iri)} == set(touched)
    assert {iri for one in found.caveats for iri in found.touched(one)} - {OWL_THING} == set(touched)


def test_a_caveat_is_told_where_it_belongs() -> None:
    found = classify([sub(A, either(B, C)), sub(D, only("r", E)), sub(D, some("r", F))])
    union, universal = found.caveats
    assert found.caveats_of("A") == (union,)
    assert found.caveats_of("D") == (universal,)
    assert found.caveats_of("F") == found.caveats_of(OWL_THING) == found.caveats_of(OWL_NOTHING) == ()
    assert found.touched(universal) == {"D"}
    with pytest.raises(NotFoundError):
        found.caveats_of("X")


def test_an_empty_class_is_certainly_empty() -> None:
    found = classify([sub(A, both(B, C)), owl.DisjointClasses((B, C)), sub(A, either(D, E))])
    assert found.unsatisfiable == {"A"}
    assert found.caveats_of("A") == ()
    assert found.touched(found.caveats[0]) == frozenset()


def test_what_is_below_may_be_missing_though_what_is_above_is_all_there() -> None:
    found = classify([sub(A, either(B, C)), sub(B, D), sub(C, D)])
    assert found.caveats_of("D") == ()
    assert found.caveats_below("D") == found.caveats
    assert found.caveats_below(OWL_THING) == ()


def test_whether_there_is_a_model() -> None:
    assert classify([sub(THING, either(A, B))]).caveats_of_consistency == ()
    assert (
        len(
            classify(
                [sub(THING, either(A, B)), sub(A, B), sub(B, either(C, D)), sub(C, D), owl.DisjointClasses((C, D))]
            ).caveats_of_consistency
        )
        > 0
    )
    assert classify([owl.ClassAssertion("i", either(A, B))]).caveats_of_consistency
    assert classify([owl.ClassAssertion("i", A), sub(B, either(C, D))]).caveats_of_consistency == ()


def test_a_query_carries_what_touches_it() -> None:
    found = classify([sub(A, either(B, C)), sub(both(D, only("r", E)), F), A_R_B])
    union, universal = found.caveats
    assert found.query(both(A, some("s", D))).caveats == (union, universal)
    assert found.query(some("s", A)).caveats == (union,)
    assert found.query(both(D, some("r", B))).caveats == ()
    assert found.query(both(D, some("r", E))).caveats == (universal,)
    assert found.query(A).caveats == (union,)
    assert found.query(either(B, C)).caveats_below == found.query(either(B, C)).caveats_below != ()
    assert found.change([sub(E, A)]).query(some("s", E)).caveats == (union,)


def test_of_an_expression_too_not_all_is_used() -> None:
    found = classify([sub(A, B), sub(some("r", both(A, C)), D)])
    asked = found.query(both(some("r", A), only("r", C)))
    assert [one.text.startswith("nothing is concluded from: ObjectAllValuesFrom") for one in asked.caveats] == [True]
    assert found.query(both(some("r", both(A, C)), only("r", C))).caveats == ()


def test_individuals_carry_what_touches_them() -> None:
    found = classify([sub(A, either(B, C)), sub(both(D, only("r", E)), F)])
    union, universal = found.caveats
    told: list[owl.Assertion] = [
        owl.ClassAssertion("i", A),
        owl.ObjectPropertyAssertion("r", "j", "i"),
        owl.ClassAssertion("j", D),
    ]
    assert found.realise(told[:1]).caveats_of("i") == (union,)
    assert found.realise(told).caveats_of("j") == (union,)
    assert found.realise(told[1:]).caveats_of("j") == ()
    assert found.realise([owl.ClassAssertion("i", both(A, B))]).caveats_of("i") == ()
    assert found.realise([owl.ClassAssertion("k", D)]).caveats_of("k") == (universal,)
    assert found.change([sub(E, A)]).realise([owl.ClassAssertion("i", E)]).caveats_of("i") == (union,)
    assert found.realise([owl.ClassAssertion("i", either(B, C))]).caveats_of("i")


LOW = sub(A, some("r", both(B, value(None, 30))))
"""Whoever is an A has a B below 30; whether below 20 or not, more follows."""
DECIDING = [sub(some("r", value(None, 20)), C), sub(some("r", value(20, 40)), D), LOW, sub(both(B, value(None, 30)), E)]


def told_of_n(*more: owl.Assertion) -> list[owl.Assertion]:
    """That i is an A with an n that is a B."""
    return [owl.ClassAssertion("i", A), owl.ObjectPropertyAssertion("r", "i", "n"), owl.ClassAssertion("n", B), *more]


def number(of: str, literal: str) -> owl.Assertion:
    return owl.DataPropertyAssertion("d", of, Interval(Decimal(literal), False, Decimal(literal)))


def test_a_number_that_is_known_decides_what_a_class_leaves_open() -> None:
    found = classify(DECIDING)
    (undecided,) = found.caveats_of("A")
    assert found.realise([owl.ClassAssertion("i", A)]).caveats_of("i") == (undecided,)
    assert found.realise(told_of_n()).caveats_of("i") == (undecided,)
    assert found.realise(told_of_n(number("n", "50"))).caveats_of("i") == (undecided,)
    served = found.realise(told_of_n(number("n", "25")))
    assert served.caveats_of("i") == ()
    assert "D" in served.types("i")
    other_role = [owl.ObjectPropertyAssertion("s", "i", "n"), *told_of_n(number("n", "25"))[2:]]
    assert found.realise([owl.ClassAssertion("i", A), *other_role]).caveats_of("i") == (undecided,)
    narrower = classify([*DECIDING, owl.SubObjectPropertyOf(("s",), "r")])
    assert narrower.realise([owl.ClassAssertion("i", A), *other_role]).caveats_of("i") == ()


def test_what_serves_is_itself_looked_at() -> None:
    """All that i has is an F only if nothing but n must be there."""
    axioms = [*DECIDING, sub(both(A, only("r", F)), Class("G")), sub(E, F)]
    universal = next(one for one in classify(axioms).caveats if "ObjectAllValuesFrom" in one.text)
    assert universal in classify(axioms).realise(told_of_n(number("n", "25"))).caveats_of("i")
    loose = [one for one in axioms if one != sub(E, F)]
    assert classify(loose).realise(told_of_n(number("n", "25"))).caveats_of("i") == ()
    just_n = [*told_of_n(number("n", "25")), owl.ClassAssertion("n", F)]
    assert universal in classify(loose).realise(just_n).caveats_of("i")


def test_a_link_that_chains_come_of_stays() -> None:
    chained = [*DECIDING, owl.SubObjectPropertyOf(("r", "s"), "t")]
    assert classify(chained).realise(told_of_n(number("n", "25"))).caveats_of("i") != ()


def test_where_all_is_used_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Reach, "__init__")
    found = classify([sub(A, some("r", B)), sub(some("r", B), C)])
    assert found.caveats_of("A") == found.caveats_of_consistency == found.query(both(A, B)).caveats == ()
    assert found.realise([owl.ClassAssertion("i", A)]).caveats_of("i") == ()


# by definition


@pytest.mark.parametrize("shape", ABSTRACT.values(), ids=ABSTRACT)
@HYPOTHESIS
@given(seed=SEEDS)
def test_what_carries_no_caveat_has_a_model_of_all_axioms(shape: Shape, seed: int) -> None:
    """One in which it is nothing but what was derived, which therefore is all."""
    generator = Generator(Random(seed), shape=shape)
    axioms = [*generator.ontology(), *(one for one in others(generator) if _is_finite(one))]
    try:
        found = classify(axioms, classes=[one.iri for one in generator.classes])
    except InconsistentOntologyError:
        return
    for cls in generator.classes:
        if cls.iri not in found.unsatisfiable and not found.caveats_of(cls.iri):
            _check(found, cls.iri, axioms)


def _is_finite(axiom: Axiom) -> bool:
    return not (isinstance(axiom, OtherAxiom) and axiom.construct == "InverseFunctionalObjectProperty")


def _check(found: Classification, iri: str, axioms: Sequence[Axiom]) -> None:
    atom, model = _interpretation(found, iri, axioms)
    assert [axiom for axiom in axioms if not model.satisfies(axiom)] == [], (iri, written(axioms))
    above = found.ancestors(iri) | found.equivalents(iri) | {iri}
    assert {name for name, members in model.classes.items() if atom in members} == above - {OWL_THING}


def _interpretation(found: Classification, iri: str, axioms: Sequence[Axiom]) -> tuple[int, Interpretation]:
    """The model that an answer rests on; to inverse and symmetric properties the links are added that they ask for."""
    index, reach = found._index, found.completeness._reach
    model = reach._fulfilment.model
    individuals = {name: model.element(atom) for name in index.individuals if (atom := index.individual_atom(name))}
    atom = index.class_atom(iri)
    assert atom is not None
    domain = frozenset(map(model.element, reach._elements([atom, *individuals.values()])))
    names = found.classes - {OWL_THING, OWL_NOTHING}
    classes = {name: {y for y in domain if model.truth(y, Class(name))} for name in names}
    roles = {index.iri(entity) for entity, number in index.box.number.items() if number}
    links = {role: {(y, z) for y in domain for z in model.targets(y, role)} for role in roles}
    for axiom in axioms:
        if isinstance(axiom, OtherAxiom) and axiom.construct in ("SymmetricObjectProperty", "InverseObjectProperties"):
            one, back = (links.setdefault(name, set()) for name in (axiom.signature[0], axiom.signature[-1]))
            there, and_back = {(y, x) for x, y in back}, {(y, x) for x, y in one}
            for name, more in ((axiom.signature[0], there), (axiom.signature[-1], and_back)):
                for sup in _above(found, name):
                    links.setdefault(sup, set()).update(more)
    anyone = model.element(atom)
    return anyone, Interpretation(domain, classes, links, defaultdict(lambda: anyone, individuals))


def _above(found: Classification, role: str) -> list[str]:
    number, box = found._index.role(role), found._index.box
    if number is None:
        return [role]
    return [found._index.iri(box.entity[sup]) for sup in box.supers[number].tolist() if sup and box.entity[sup] >= 0]


@pytest.mark.parametrize("shape", [*ABSTRACT.values(), *WHOLE.values()], ids=[*ABSTRACT, *WHOLE])
@HYPOTHESIS
@given(seed=SEEDS)
def test_forwards_and_backwards_are_the_same(shape: Shape, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms = [*generator.ontology(), *others(generator)]
    try:
        found = classify(axioms)
    except InconsistentOntologyError:
        return
    for caveat in found.caveats:
        touched = {iri for iri in found.classes if caveat in found.caveats_of(iri)}
        assert found.touched(caveat) == touched, (caveat, written(axioms))
