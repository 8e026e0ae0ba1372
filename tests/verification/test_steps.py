"""Every step of the reasoner's proofs holds; what does not follow does not."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class, Interval
from kgtwin.model.meaning import NOTHING, THING, form
from kgtwin.model.proof import Proof
from kgtwin.model.proof_document import conclusion_axiom
from kgtwin.reasoning import classify
from kgtwin.verification.steps import RULES, follows
from kgtwin.vocabulary import OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import BEYOND, EL, NOMINALS
from tests.reasoning.generate import Shape
from tests.reasoning.justifying import classified, of_shape, proven, questions, sampled
from tests.verification.steps import read

SHAPES = EL | NOMINALS | BEYOND
SEEDS = st.integers(0, 2**32)
UNKNOWN = {"Rkey", "Rrule"}
"""Rules of keys and SWRL, of which the checker has none: it says so, and rejects."""


def proofs(seed: int, shape: Shape, count: int = 5) -> list[Proof]:
    axioms, names = of_shape(seed, shape)
    try:
        found = classified(axioms, names)
    except InconsistentOntologyError:
        return []
    asked = (proven(found, question) for question in sampled(seed, count)(questions(found, names)))
    return [proof for proof in asked if proof is not None]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=times(12), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=SEEDS)
def test_every_step_that_the_reasoner_makes_holds(shape: Shape, seed: int) -> None:
    for proof in proofs(seed, shape):
        for step in read(proof):
            assert step.rule in RULES
            assert step.holds(), step


def test_the_generated_proofs_use_the_rules() -> None:
    made = (proof for shape in SHAPES.values() for seed in range(12) for proof in proofs(seed, shape, 8))
    used = {step.rule for proof in made for step in proof.walk()}
    rare = {"R≥", "Rinv", "R≠", "RDfun", "RDH", "R⊥⊑", "Rself", "Rnom", "Rsame", "R⊔−", "R⊥¬", "RDdom", "RDran"}
    assert used >= RULES.keys() - rare


def entails(axioms: list[Axiom], said: Axiom) -> bool | None:
    """Whether some axioms entail another one, by the reasoner; None where it cannot tell."""
    match said:
        case owl.SubClassOf(sub, sup):
            asked = [*axioms, owl.EquivalentClasses((Class("urn:t:sub"), sub))]
        case owl.ClassAssertion(one, sup):
            asked = [*axioms, owl.ClassAssertion(one, Class(owl.Class("urn:t:thing").iri))]
        case owl.ObjectPropertyAssertion(role, one, other):
            return entails(axioms, owl.ClassAssertion(one, owl.ObjectHasValue(role, other)))
        case _:
            return None
    goal = owl.EquivalentClasses((Class("urn:t:sup"), sup))
    try:
        found = classify([*asked, goal])
    except InconsistentOntologyError:
        return True
    if isinstance(said, owl.SubClassOf):
        return "urn:t:sub" in found.unsatisfiable or found.is_subclass_of("urn:t:sub", "urn:t:sup")
    return "urn:t:sup" in found.realise(()).types(said.individual)


PLAIN = {name: EL[name] for name in ("plain", "deep", "chained", "reflexive", "intervals", "complements", "selfs")}
"""Without individuals, of which the reasoner does not know all that follows for classes that may be empty."""


@pytest.mark.parametrize("shape", PLAIN.values(), ids=PLAIN)
@settings(max_examples=times(12), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=SEEDS)
def test_what_is_accepted_in_another_steps_place_is_entailed(shape: Shape, seed: int) -> None:
    """Sound whatever the conclusion: one that was put in a step's place is accepted only if it follows."""
    random = Random(seed)
    for proof in proofs(seed, shape, 3):
        written = list(proof.walk())
        steps = read(proof)
        for step, told in zip(steps, written, strict=True):
            other = random.randrange(len(steps))
            if step.rule == "Rran" or not step.holds(steps[other].said):
                continue
            premises = [conclusion_axiom(one.conclusion) for one in told.premises]
            axioms = [*premises, *([] if told.axiom is None else [told.axiom])]
            assert entails(axioms, conclusion_axiom(written[other].conclusion)) is not False, (step, steps[other].said)


A, B, C, D = (Class(f"http://x/{name}") for name in "ABCD")
R, S = "http://x/r", "http://x/s"
a = form("http://x/a")


def some(filler: object, role: str = R) -> tuple[object, ...]:
    return ("some", role, filler)


WRONG = [
    ("R⊑", (A, C), [(A, B)], owl.SubClassOf(C, B)),
    ("R⊑", (A, C), [(B, B)], owl.SubClassOf(B, C)),
    ("R⊑", (A, NOTHING), [(A, B)], owl.DisjointClasses((B, C))),
    ("R⊓−", (A, C), [(A, ("and", frozenset([B, D])))], None),
    ("R⊓+", (A, ("and", frozenset([B, D]))), [(A, B)], None),
    ("R⊓+", (A, ("and", frozenset([B, D]))), [(A, B), (C, D)], None),
    ("R⊔+", (A, ("or", frozenset([C, D]))), [(A, B)], None),
    ("R∃+", (A, some(C)), [(A, some(B)), (C, B)], None),
    ("R∃+", (A, some(C)), [(A, some(B)), (D, C)], None),
    ("RH", (A, some(B, S)), [(A, some(B))], owl.SubObjectPropertyOf((S,), R)),
    ("RH", (A, some(A, S)), [(A, some(A))], owl.SubObjectPropertyOf((R, R), S)),
    ("RH", (A, some(C, S)), [(A, some(B))], owl.SubObjectPropertyOf((R,), S)),
    ("R∘", (A, some(C, S)), [(A, some(B)), (D, some(C))], owl.SubObjectPropertyOf((R, R), S)),
    ("R∘", (A, some(C)), [(A, some(B)), (B, some(C, S))], owl.TransitiveObjectProperty(R)),
    ("Rdom", (A, C), [(A, some(B))], owl.ObjectPropertyDomain(S, C)),
    ("Rran", (A, some(("and", frozenset([B, C])))), [(A, some(B))], owl.ObjectPropertyRange(S, C)),
    ("Rran", (B, C), [(A, some(B))], owl.ObjectPropertyRange(R, C)),
    ("Rnom", (a, B), [(B, a)], None),
    ("Rnom", (a, B), [(A, some(B)), (B, a)], None),
    ("R⊥", (A, NOTHING), [(A, some(B)), (C, NOTHING)], None),
    ("R⊥⊓", (A, NOTHING), [(A, B), (A, B)], owl.DisjointClasses((B, C))),
    ("R⊥⊑", (A, C), [(B, NOTHING)], None),
    ("R⊤", (A, B), [], None),
    ("R0", (A, B), [], None),
    ("R≠", (a, ("not", B)), [(A, NOTHING)], None),
    ("told", (a, C), [], owl.ClassAssertion("http://x/a", B)),
    ("told", (A, B), [], owl.SubClassOf(A, B)),
    ("Rrefl", (A, some(B)), [], owl.ReflexiveObjectProperty(R)),
    ("Rrefl", (A, some(A, S)), [], owl.ReflexiveObjectProperty(R)),
    ("R⊓−", (B, C), [(A, ("and", frozenset([C, D])))], None),
    ("R⊔+", (B, ("or", frozenset([C, D]))), [(A, C)], None),
    ("R⊔−", (A, C), [(A, ("or", frozenset([C, D])))], None),
    ("R≥", (A, some(B)), [(A, ("and", frozenset([C, some(D)])))], None),
    ("R∃−", (A, some(("and", frozenset([B, C])))), [(A, some(B))], None),
    ("R∃−", (A, some(B, S)), [(A, some(B))], None),
    ("R∘", (A, some(C, S)), [(A, some(B)), (B, some(C))], owl.SubObjectPropertyOf((R, R, R), S)),
    ("R∘", (A, some(C, S)), [(A, some(B)), (B, some(D)), (D, some(C))], owl.SubObjectPropertyOf((R, R), S)),
    ("R∘", (A, some(C, R)), [(A, some(B)), (B, some(C))], owl.SubObjectPropertyOf((R, R), S)),
    ("R∘", (B, some(C, S)), [(A, some(B)), (B, some(C))], owl.SubObjectPropertyOf((R, R), S)),
    ("R∘", (A, ("self", S)), [(A, some(A)), (A, some(A))], owl.SubObjectPropertyOf((R, R), S)),
    ("Rdom", (B, C), [(A, some(B))], owl.ObjectPropertyDomain(R, C)),
    ("Rdom", (A, C), [(A, ("data", R, Interval()))], owl.ObjectPropertyDomain(R, C)),
    ("Rran", (A, C), [(A, some(B))], owl.ObjectPropertyRange(R, C)),
    ("Rself", (A, ("self", R)), [(A, some(A))], None),
    ("Rself", (A, ("self", R)), [(A, some(B)), (A, a), (D, a)], None),
    ("Rself", (A, some(B)), [(A, ("self", R))], None),
    ("Rsame", (A, C), [(A, B), (B, C)], None),
    ("Rsame", (A, C), [(A, a), (B, C)], None),
    ("Rsame", (A, some(a)), [(A, some(B)), (C, a)], None),
    (
        "Rinv",
        (C, ("text", f"ObjectSomeValuesFrom(ObjectInverseOf(<{R}>) <{OWL_THING}>)")),
        [(A, some(B)), (B, a), (C, a)],
        None,
    ),
    ("R⊥", (A, NOTHING), [(B, some(C)), (C, NOTHING)], None),
    ("R⊥¬", (A, NOTHING), [(A, ("not", B)), (C, B)], None),
    ("R⊥¬", (A, NOTHING), [(A, ("not", B)), (A, C)], None),
    ("R⊥⊓", (A, NOTHING), [(A, B), (D, C)], owl.DisjointClasses((B, C))),
    ("RD+", (A, ("data", R, Interval(Decimal(5)))), [(A, ("data", R, Interval(Decimal(4))))], None),
    ("RD+", (A, ("data", R, Interval(Decimal(5), True))), [(A, ("data", R, Interval(Decimal(5))))], None),
    ("RDH", (A, ("data", R, Interval())), [(A, ("data", S, Interval()))], owl.SubDataPropertyOf(R, S)),
    (
        "RDfun",
        (A, NOTHING),
        [(A, ("data", R, Interval(Decimal(5)))), (A, ("data", R, Interval()))],
        owl.FunctionalDataProperty(R),
    ),
    ("RDran", (A, NOTHING), [(A, ("data", R, Interval()))], owl.DataPropertyRange(R, Interval(Decimal(5)))),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: str(one[0]))
def test_what_does_not_follow(
    wrong: tuple[str, tuple[object, object], list[tuple[object, object]], Axiom | None],
) -> None:
    rule, said, premises, axiom = wrong
    assert not follows(rule, said, premises, axiom, True)


def test_ranges_need_the_same_link() -> None:
    """That something has an r and an s that are both B does not make them one."""
    axiom, both = owl.ObjectPropertyRange(S, C), some(("and", frozenset([B, C])))
    given_ = [(A, some(B)), (A, some(B, S))]
    assert follows("Rran", (A, both), given_, axiom, True)
    assert not follows("Rran", (A, both), given_, axiom, False)


def test_a_step_that_takes_too_much_is_refused() -> None:
    many = owl.EquivalentClasses(tuple(Class(f"http://x/{i}") for i in range(1500)))
    with pytest.raises(ValueError, match="too much"):
        follows("R⊑", (Class("http://x/0"), D), [(Class("http://x/0"), Class("http://x/0"))], many, False)


def test_anything_is_a_thing() -> None:
    assert follows("R⊤", (A, THING), [], None, False)


def test_all_values_in_everything_are_everything() -> None:
    """However ⊤ is written: the reasoner concludes it of a union with ⊤, too."""
    whatever = owl.ObjectAllValuesFrom("http://x/r", owl.ObjectUnionOf((A, THING)))
    assert follows("R⊑", (C, A), [(C, THING)], owl.EquivalentClasses((A, whatever)), False)
    other = owl.ObjectAllValuesFrom("http://x/r", owl.ObjectUnionOf((A, B)))
    assert not follows("R⊑", (C, A), [(C, THING)], owl.EquivalentClasses((A, other)), False)


def test_rules_of_keys_and_swrl_are_not_known() -> None:
    assert not UNKNOWN & RULES.keys()


@pytest.mark.parametrize(
    ("axiom", "link"),
    [
        (owl.NegativeObjectPropertyAssertion("r", "a", "b"), owl.ObjectHasValue("r", "b")),
        (owl.NegativeDataPropertyAssertion("p", "a", Interval(Decimal(3), False, Decimal(3))),
         owl.DataSomeValuesFrom("p", Interval(Decimal(3), False, Decimal(3)))),
    ],
)  # fmt: skip
def test_what_an_individual_has_not_is_not_both_it_and_has(axiom: Axiom, link: owl.ClassExpression) -> None:
    """Of a class that is below the individual and has the link there is nothing; of any other there may be."""
    for one, empty in (("a", True), ("c", False)):
        both = form(owl.ObjectIntersectionOf((owl.ObjectOneOf((one,)), link)))
        for subject in (form(Class("A")), both):
            assert follows("R⊑", (subject, NOTHING), [(subject, both)], axiom, True) is empty
        assert not follows("R⊑", (form(Class("A")), NOTHING), [(form(Class("A")), form(link))], axiom, True)
