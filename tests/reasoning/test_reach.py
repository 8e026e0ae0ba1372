"""What is not used touches the answers that it can touch, and carries no caveat elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError, NotFoundError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, ClassExpression, DataSomeValuesFrom, Datatype, Interval, OtherAxiom
from kgtwin.ontology import hermit
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.entailment import Verdict, entails
from kgtwin.reasoning.reach import Reach
from kgtwin.vocabulary import OWL, OWL_NOTHING, OWL_THING, XSD
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.generate_others import others
from tests.reasoning.interpretation import Interpretation
from tests.reasoning.shrinking import written

A, B, C, D, E, F = (Class(name) for name in "ABCDEF")
THING = Class(OWL_THING)
TOP = OWL + "topObjectProperty"
HYPOTHESIS = settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
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
ORACLE = {
    "beyond": WHOLE["beyond"],
    "nominals": WHOLE["nominals"],
    "with facts": Shape(beyond=True, facts=True, nominals=True, classes=4, axioms=4),
    "intervals": Shape(intervals=True, classes=5, axioms=12, roles=2),
}
"""What HermiT takes: to it, ``xsd:double`` has decimal numbers."""


def sub(one: ClassExpression, other: ClassExpression) -> Axiom:
    return owl.SubClassOf(one, other)


def some(role: str, filler: ClassExpression = THING) -> ClassExpression:
    return owl.ObjectSomeValuesFrom(role, filler)


def only(role: str, filler: ClassExpression) -> ClassExpression:
    return owl.ObjectAllValuesFrom(role, filler)


def both(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectIntersectionOf(operands)


def either(*operands: ClassExpression) -> ClassExpression:
    return owl.ObjectUnionOf(operands)


def value(low: int | None, high: int | None, prop: str = "d") -> ClassExpression:
    bounds = (None if one is None else Decimal(one) for one in (low, high))
    return DataSomeValuesFrom(prop, Interval(next(bounds), False, next(bounds)))


def other(construct: str, *names: str) -> Axiom:
    return OtherAxiom(construct, f"{construct}({' '.join(names)})", names)


# by hand: axioms, and the classes of A to F that they touch

A_R_B = sub(A, some("r", B))
INTEGER = Datatype(XSD + "string")
TOUCHED: dict[str, tuple[list[Axiom], str]] = {
    "a union on the right": ([sub(A, either(B, C)), sub(D, A), sub(E, some("r", D)), sub(F, B)], "ADE"),
    "a union that is there anyway": ([sub(A, either(B, C)), sub(D, both(A, B)), sub(E, C)], "A"),
    "a universal that is fulfilled": (
        [sub(A, only("r", C)), sub(D, both(A, some("r", C))), sub(E, both(A, some("r", B)))],
        "E",
    ),
    "a universal on the left": ([sub(both(B, only("r", C)), D), sub(A, both(B, some("r", C))), sub(E, C)], "AB"),
    "a universal that does not hold": ([sub(both(B, only("r", C)), D), sub(A, both(B, some("r", D)))], "B"),
    "a complement on the left": ([sub(both(A, owl.ObjectComplementOf(B)), C), sub(D, both(A, B)), sub(E, A)], "AE"),
    "at most one, of two": (
        [sub(A, owl.ObjectMaxCardinality(1, "r", THING)), A_R_B, sub(D, both(A, some("r", C))), sub(E, some("r", C))],
        "D",
    ),
    "at least two": (
        [sub(A, owl.ObjectMinCardinality(2, "r", THING)), sub(D, both(A, some("r", B), some("r", C)))],
        "A",
    ),
    "disjoint with a universal": (
        [owl.DisjointClasses((A, only("r", B))), sub(C, both(A, some("r", D))), sub(E, both(A, some("r", B)))],
        "AE",
    ),
    "a range that is a union": ([owl.ObjectPropertyRange("r", either(B, C)), A_R_B, sub(D, some("r", E))], "D"),
    "a chain that breaks the range restriction": (
        [
            owl.SubObjectPropertyOf(("r", "s"), "t"),
            owl.ObjectPropertyRange("t", F),
            sub(A, some("r", B)),
            sub(B, some("s", C)),
        ],
        "A",
    ),
    "everything is linked to everything": ([sub(some(TOP, A), B), sub(C, some("r", A)), sub(D, E)], "AC"),
    "nothing is linked to nothing": ([sub(A, some(OWL + "bottomObjectProperty", B)), sub(C, some("r", A))], "AC"),
    "all that is anywhere": ([owl.ObjectPropertyRange(TOP, B), sub(C, B), sub(D, E)], "ADEF"),
    "a symmetric property": (
        [other("SymmetricObjectProperty", "r"), A_R_B, sub(some("r", A), C), sub(D, some("s", A))],
        "AD",
    ),
    "symmetric, but nothing follows of links": ([other("SymmetricObjectProperty", "r"), A_R_B], ""),
    "inverse properties": ([other("InverseObjectProperties", "r", "s"), A_R_B, sub(some("s", A), C), sub(D, E)], "A"),
    "an inverse of which nothing follows": (
        [other("InverseObjectProperties", "r", "s"), A_R_B, sub(D, some("r", A))],
        "",
    ),
    "an inverse that something else asks about": (
        [
            other("InverseObjectProperties", "r", "s"),
            other("FunctionalObjectProperty", "s"),
            A_R_B,
            sub(D, some("t", A)),
        ],
        "AD",
    ),
    "a functional property": ([other("FunctionalObjectProperty", "r"), A_R_B, sub(C, both(A, some("r", D)))], "C"),
    "inverse functional": ([other("InverseFunctionalObjectProperty", "r"), A_R_B, sub(C, some("r", B))], ""),
    "inverse functional, of an individual": (
        [other("InverseFunctionalObjectProperty", "r"), sub(A, owl.ObjectHasValue("r", "i")), sub(C, some("r", B))],
        "A",
    ),
    "asymmetric": ([other("AsymmetricObjectProperty", "r"), A_R_B, sub(C, some("r", D)), sub(D, some("r", C))], "CD"),
    "disjoint properties": (
        [
            other("DisjointObjectProperties", "r", "s"),
            sub(A, both(some("r", B), some("s", C))),
            sub(D, both(some("r", E), some("s", E))),
        ],
        "D",
    ),
    "a chain with an inverse in it": ([other("SubObjectPropertyOf", "r", "s"), A_R_B, sub(C, some("t", D))], "A"),
    "disjoint data properties": (
        [
            other("DisjointDataProperties", "d", "e"),
            sub(A, both(value(1, 1), value(2, 2, "e"))),
            sub(B, both(value(1, 1), value(1, 1, "e"))),
        ],
        "B",
    ),
    "a datatype's definition": ([other("DatatypeDefinition", "t"), sub(A, value(1, 1)), sub(B, some("r", C))], "A"),
    "a key as text, and nobody there": ([other("HasKey", "A", "r"), A_R_B], ""),
    "a key as text, and somebody": ([other("HasKey", "A", "r"), A_R_B, owl.ClassAssertion("i", C)], "ABCDEF"),
    "what is not known at all": ([other("Triple", "A")], "ABCDEF"),
    "an inverse restriction, of empty properties": (
        [
            sub(owl.Unsupported("ObjectInverseOf", "ObjectSomeValuesFrom(ObjectInverseOf(<r>) <A>)", ("r", "A")), C),
            A_R_B,
            sub(D, E),
        ],
        "A",
    ),
    "a count of values": (
        [
            sub(A, owl.Unsupported("DataMaxCardinality", "DataMaxCardinality(1 <d>)", ("d",))),
            sub(B, both(A, value(1, 1))),
        ],
        "B",
    ),
    "a data range that is not understood": (
        [owl.DataPropertyRange("d", owl.OtherRange("DataOneOf(1 2)")), sub(A, value(1, 1)), sub(B, value(1, 1, "e"))],
        "A",
    ),
    "two values of one that are ranges": (
        [
            owl.FunctionalDataProperty("d"),
            sub(A, both(value(1, 5), value(3, 9))),
            sub(B, value(1, 5)),
            sub(C, both(value(1, 1), value(1, 5))),
        ],
        "A",
    ),
    "a number in any case": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), B),
            sub(A, value(1, 9)),
            sub(C, value(1, 2)),
            sub(D, some("r", A)),
        ],
        "AD",
    ),
    "a number that is told more exactly, too": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), B),
            sub(A, both(value(1, 9), value(1, 3))),
            sub(C, value(1, 9)),
        ],
        "C",
    ),
    "a number that is noticed from elsewhere": (
        [
            sub(some("r", value(None, 5)), B),
            sub(some("r", value(5, None)), B),
            sub(A, some("r", value(1, 9))),
            sub(C, value(1, 9)),
        ],
        "AC",
    ),
    "two numbers at a time": (
        [
            sub(value(None, 5), B),
            sub(value(5, None), C),
            sub(value(None, 5, "e"), C),
            sub(value(5, None, "e"), E),
            sub(A, both(value(1, 9), value(1, 9, "e"), B, C)),
        ],
        "A",
    ),
    "true or false": (
        [sub(DataSomeValuesFrom("d", owl.Literal(one, XSD + "boolean")), B) for one in ("true", "false")]
        + [
            sub(A, DataSomeValuesFrom("d", Datatype(XSD + "boolean"))),
            sub(C, DataSomeValuesFrom("d", Datatype(XSD + "string"))),
        ],
        "A",
    ),
    "an individual that there would be more of": (
        [
            sub(A, both(some("r", both(B, owl.ObjectOneOf(("i",)))), some("s", both(C, owl.ObjectOneOf(("i",)))))),
            sub(both(B, C), D),
            sub(E, owl.ObjectHasValue("r", "i")),
        ],
        "A",
    ),
    "a rule that cannot be run, and nobody there": (
        [
            owl.DLSafeRule(
                (owl.BuiltInAtom("urn:unknown", ()), owl.ClassAtom(A, owl.Variable("x"))),
                (owl.ClassAtom(B, owl.Variable("x")),),
            )
        ],
        "",
    ),
    "a rule that cannot be run, and somebody": (
        [
            owl.DLSafeRule(
                (owl.BuiltInAtom("urn:unknown", ()), owl.ClassAtom(A, owl.Variable("x"))),
                (owl.ClassAtom(B, owl.Variable("x")),),
            ),
            owl.ClassAssertion("i", A),
        ],
        "ABCDEF",
    ),
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


# HermiT


class Part(NamedTuple):
    """One ontology among many: its axioms, with definitions of classes for what was asked, and what was answered."""

    axioms: list[Axiom]
    classes: list[str]
    found: Classification
    above: dict[str, frozenset[str]]
    entailed: list[tuple[str, str, bool]]


@pytest.mark.hermit
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java")
@pytest.mark.parametrize(("shape", "seed"), [*zip(ORACLE.values(), range(4), strict=True)], ids=ORACLE)
def test_what_carries_no_caveat_is_what_hermit_says(shape: Shape, seed: int) -> None:
    assert _decided(_parts(shape, seed, 10)) >= 5


@pytest.mark.slow
@pytest.mark.hermit
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java")
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("shape", ORACLE.values(), ids=ORACLE)
def test_what_carries_no_caveat_is_what_hermit_says_of_hundreds(shape: Shape, seed: int) -> None:
    _decided(_parts(shape, 100 + seed, 40))


def _parts(shape: Shape, seed: int, count: int) -> list[Part]:
    random = Random(seed)
    found = (_part(Generator(random, f"o{number}", shape)) for number in range(count))
    return [part for part in found if part is not None]


def _part(generator: Generator) -> Part | None:
    axioms, names = [*generator.ontology(), *others(generator)], [cls.iri for cls in generator.classes]
    try:
        found = classify(axioms, classes=names)
    except InconsistentOntologyError:
        return None
    defined: list[Axiom] = []
    above = {iri: _found_above(found, iri, names) for iri in names if not found.caveats_of(iri)}
    for expression in (generator.expression(2) for _ in range(2)):
        query = found.query(expression)
        if not query.caveats:
            everything = names if not query.satisfiable else query.ancestors | query.equivalents
            above[_defined(generator, expression, defined)] = frozenset(everything) & frozenset(names)
    entailed = []
    for one, two in ((generator.expression(2), generator.expression(1)) for _ in range(3)):
        verdict = entails(found, sub(one, two)).verdict
        if verdict is not Verdict.UNKNOWN:
            pair = _defined(generator, one, defined), _defined(generator, two, defined)
            entailed.append((*pair, verdict is Verdict.YES))
    return Part([*axioms, *defined], names, found, above, entailed)


def _found_above(found: Classification, iri: str, names: Sequence[str]) -> frozenset[str]:
    if iri in found.unsatisfiable:
        return frozenset(names)
    return (found.ancestors(iri) | found.equivalents(iri) | {iri}) & frozenset(names)


def _defined(generator: Generator, expression: ClassExpression, defined: list[Axiom]) -> str:
    iri = f"{generator.classes[0].iri}X{len(defined)}"
    defined.append(owl.EquivalentClasses((Class(iri), expression)))
    return iri


def _decided(parts: list[Part]) -> int:
    """How many HermiT decides; a contradiction, or too much at once, is looked at part by part."""
    try:
        answer = hermit.classify(chain.from_iterable(part.axioms for part in parts), timeout=8)
    except InconsistentOntologyError:
        if len(parts) == 1:
            assert parts[0].found.caveats_of_consistency, written(parts[0].axioms)
            return 1
        return _halves(parts)
    except Exception as error:
        if "no answer" not in str(error):
            raise
        return _halves(parts) if len(parts) > 1 else 0
    return sum(_same(part, answer) or _again(part, parts) for part in parts)


def _halves(parts: list[Part]) -> int:
    half = len(parts) // 2
    return _decided(parts[:half]) + _decided(parts[half:])


def _again(part: Part, parts: list[Part]) -> int:
    """What holds of everything holds of its neighbours, too."""
    assert len(parts) > 1, written(part.axioms)
    return _decided([part])


def _same(part: Part, answer: hermit.Answer) -> bool:
    def above(iri: str) -> set[str]:
        return set(part.classes) if iri in answer.unsatisfiable else {iri, *answer.subsumers.get(iri, ())}

    names = set(part.classes)
    same = all(above(iri) & names == found for iri, found in part.above.items())
    return same and all(
        (iri in answer.unsatisfiable or two in above(iri)) is entailed for iri, two, entailed in part.entailed
    )
