"""What must change nothing: other names, another order, axioms split, tautologies, what follows anyway."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class
from kgtwin.ontology.signature import used
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.fuzz import times
from tests.reasoning.comparing import EL, answer
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.reference import Answer
from tests.reasoning.shrinking import written

THING, NOTHING = Class(OWL_THING), Class(OWL_NOTHING)
Change = Callable[[list[Axiom], Generator], list[Axiom]]


def _shuffled(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    return generator.random.sample(axioms, len(axioms))


def _twice(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    return [*axioms, *axioms]


def _split(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    """``C ⊑ D ⊓ E`` as two, an equivalence as inclusions, domains and disjointness as what they stand for."""
    return [part for axiom in axioms for part in _parts(axiom)]


def _parts(axiom: Axiom) -> list[Axiom]:
    match axiom:
        case owl.SubClassOf(sub, owl.ObjectIntersectionOf(operands)):
            return [part for one in operands for part in _parts(owl.SubClassOf(sub, one))]
        case owl.SubClassOf(owl.ObjectUnionOf(operands), sup):
            return [part for one in operands for part in _parts(owl.SubClassOf(one, sup))]
        case owl.EquivalentClasses(operands):
            return [owl.SubClassOf(one, other) for one in operands for other in operands if one != other]
        case owl.ObjectPropertyDomain(role, domain):
            return _parts(owl.SubClassOf(owl.ObjectSomeValuesFrom(role, THING), domain))
        case owl.ObjectPropertyRange(role, owl.ObjectIntersectionOf(operands)):
            return [owl.ObjectPropertyRange(role, one) for one in operands]
    return _rarer_parts(axiom)


def _rarer_parts(axiom: Axiom) -> list[Axiom]:
    match axiom:
        case owl.DisjointClasses(operands):
            pairs = [(one, other) for i, one in enumerate(operands) for other in operands[i + 1 :]]
            return [owl.SubClassOf(owl.ObjectIntersectionOf(pair), NOTHING) for pair in pairs]
        case owl.EquivalentObjectProperties(operands):
            return [owl.SubObjectPropertyOf((one,), other) for one in operands for other in operands if one != other]
        case owl.TransitiveObjectProperty(role):
            return [owl.SubObjectPropertyOf((role, role), role)]
        case owl.ReflexiveObjectProperty(role):
            return [owl.SubClassOf(THING, owl.ObjectHasSelf(role))]
        case owl.ClassAssertion(who, owl.ObjectIntersectionOf(operands)):
            return [owl.ClassAssertion(who, one) for one in operands]
        case owl.ObjectPropertyAssertion(role, who, whom):
            return [owl.ClassAssertion(who, owl.ObjectHasValue(role, whom))]
    return [axiom]


def _named(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    """A new name for each filler on a right side, and for each left side that is not a name."""
    found: list[Axiom] = []
    for i, axiom in enumerate(axioms):
        name = Class(f"urn:new:{i}")
        match axiom:
            case owl.SubClassOf(sub, owl.ObjectSomeValuesFrom(role, filler)):
                some = owl.ObjectSomeValuesFrom(role, name)
                found += [owl.SubClassOf(sub, some), owl.SubClassOf(name, filler)]
            case owl.SubClassOf(sub, sup) if not isinstance(sub, Class):
                found += [owl.SubClassOf(sub, name), owl.SubClassOf(name, sup)]
            case _:
                found.append(axiom)
    return found


def _tautologies(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    some, random = generator.expression(2), generator.random
    one = random.choice(generator.classes)
    told: list[Axiom] = [
        owl.SubClassOf(some, THING),
        owl.SubClassOf(NOTHING, one),
        owl.SubClassOf(owl.ObjectIntersectionOf((one, THING)), one),
        owl.EquivalentClasses((one, owl.ObjectIntersectionOf((one, one)))),
        owl.SubObjectPropertyOf((generator.roles[0],), generator.roles[0]),
        owl.ObjectPropertyDomain(generator.roles[-1], THING),
        owl.ObjectPropertyRange(generator.roles[-1], THING),
    ]
    return _shuffled([*axioms, *told], generator)


def _consequences(axioms: list[Axiom], generator: Generator) -> list[Axiom]:
    """Half of what was found, told."""
    found = _answer(axioms, generator)
    if not found.consistent:
        return [*axioms, owl.SubClassOf(THING, NOTHING)]
    told: list[Axiom] = []
    for iri, above in found.subsumers.items():
        told += [owl.SubClassOf(Class(iri), Class(one)) for one in ([OWL_NOTHING] if above is None else above)]
    told += [owl.ClassAssertion(who, Class(one)) for who, many in found.types.items() for one in many]
    return [*axioms, *generator.random.sample(told, len(told) // 2)]


CHANGES: dict[str, Change] = {
    "another order": _shuffled,
    "everything twice": _twice,
    "split": _split,
    "parts named": _named,
    "tautologies": _tautologies,
    "consequences": _consequences,
}


def _answer(axioms: list[Axiom], generator: Generator) -> Answer:
    names = [*(one.iri for one in generator.classes), OWL_THING]
    known = used(axioms)
    return _without_new(answer(axioms, names, [one for one in generator.individuals if one in known]))


def _without_new(found: Answer) -> Answer:
    """An answer without the classes that a change has named."""

    def old(names: set[str]) -> set[str]:
        return {name for name in names if not name.startswith("urn:new:")}

    subsumers = {iri: None if above is None else old(above) for iri, above in found.subsumers.items()}
    return Answer(found.consistent, subsumers, {who: old(types) for who, types in found.types.items()})


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(12), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_a_change_of_form_changes_nothing(shape: Shape, change: Change, seed: int) -> None:
    generator = Generator(Random(seed), shape=shape)
    axioms = generator.ontology()
    changed = change(axioms, generator)
    assert _answer(changed, generator) == _answer(axioms, generator), f"{written(axioms)}\n{written(changed)}"


@pytest.mark.parametrize("shape", EL.values(), ids=EL)
@settings(max_examples=times(30), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_names_do_not_matter(shape: Shape, seed: int) -> None:
    """Not even where they come in another order."""
    one, other = Generator(Random(seed), shape=shape), Generator(Random(seed), "other", shape)
    for names in (other.roles, other.individuals, other.classes):
        names.reverse()
    found, moved = _answer(one.ontology(), one), _answer(other.ontology(), other)
    assert moved == _moved(found, one, other)


def _moved(found: Answer, one: Generator, other: Generator) -> Answer:
    new = dict(zip(one.individuals, other.individuals, strict=True)) | {OWL_THING: OWL_THING}
    new |= {a.iri: b.iri for a, b in zip(one.classes, other.classes, strict=True)}
    return Answer(
        found.consistent,
        {new[iri]: None if above is None else {new[name] for name in above} for iri, above in found.subsumers.items()},
        {new[who]: {new[name] for name in types} for who, types in found.types.items()},
    )
