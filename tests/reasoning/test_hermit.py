"""HermiT as the oracle, on generated ontologies (many in one file, as a start of Java is dear) and on those we ship.

HermiT takes every value for one of ``xsd:double`` and of ``xsd:float`` where a condition asks for the whole datatype:
of ``∃p.xsd:double ⊑ C`` and ``p(a, "text")`` it says that a is a C. Ontologies with that are left out.
Of individuals in class expressions its realisation says now and then what it denies when it is asked whether the
opposite is consistent; so whatever it says beyond us is asked in that way, too.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from kgtwin.errors import InconsistentOntologyError, OntologyError
from kgtwin.model.axioms import (
    Assertion,
    Axiom,
    Class,
    ClassAssertion,
    DataPropertyAssertion,
    Interval,
    ObjectComplementOf,
    ObjectPropertyAssertion,
)
from kgtwin.model.ontology import EntityKind
from kgtwin.ontology import hermit
from kgtwin.ontology.loader import load
from kgtwin.ontology.signature import used
from kgtwin.reasoning import Classification, Realisation, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING, kgtwin
from tests.fuzz import times
from tests.reasoning.comparing import above as found_above
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.shrinking import written

pytestmark = [
    pytest.mark.hermit,
    pytest.mark.skipif(not hermit.available(), reason="HermiT needs Java"),
]
ROOT = Path(__file__).parents[2] / "ontologies" / "kgtwin.owl"


def _above(classification: Classification, iri: str) -> set[str]:
    found = classification.ancestors(iri) | classification.equivalents(iri)
    return set(found) - {OWL_THING, OWL_NOTHING}


def _same_subsumptions(found: Classification, answer: hermit.Answer) -> None:
    assert found.unsatisfiable == answer.unsatisfiable
    names = found.classes - {OWL_THING, OWL_NOTHING} - found.unsatisfiable
    assert {iri: _above(found, iri) for iri in names} == {iri: set(answer.subsumers.get(iri, ())) for iri in names}


def _same_but_for_caveats(found: Classification, answer: hermit.Answer) -> None:
    """Nothing that HermiT does not find; and all of it, but of classes that carry a caveat (numbers case by case).

    HermiT misses that results of 15 to 30 are results of at most 30: between results it may find less.
    """
    results = found.descendants(kgtwin("Result"))
    for iri in found.classes - {OWL_THING, OWL_NOTHING} - found.unsatisfiable:
        ours, theirs = _above(found, iri), set(answer.subsumers.get(iri, ()))
        assert ours - theirs <= (results if iri in results else set()), iri
        assert theirs <= ours or found.caveats_of(iri), (iri, theirs - ours)


def _same_types(found: Realisation, answer: hermit.Answer) -> None:
    expected = {who: set(answer.types.get(who, ())) for who in found.individuals}
    assert {who: set(found.types(who)) for who in found.individuals} == expected


def _consistent(classification: Classification, assertions: Sequence[Assertion]) -> list[Assertion]:
    """As many of the assertions, from the first on, as can be true together."""
    kept: list[Assertion] = []
    for assertion in assertions:
        if classification.realise([*kept, assertion]).consistent:
            kept.append(assertion)
    return kept


COMPLETE = {
    "plain": Shape(),
    "deep": Shape(classes=4, axioms=16),
    "chains": Shape(classes=10, roles=6, unions=False),
    "no numbers": Shape(numbers=False, axioms=14),
    "long chains": Shape(classes=4, roles=6, axioms=12, numbers=False, bottom=False),
    "reflexive": Shape(classes=4, roles=3, axioms=8, reflexive=True),
    "selfs": Shape(selfs=True, reflexive=True),
    "spaces": Shape(spaces=True),
    "facts": Shape(facts=True, spaces=True),
}
"""Shapes of which we find everything, as roles are regular."""
SOUND = {
    "complements": Shape(complements=True, selfs=True),
    "nominals": Shape(nominals=True, facts=True, classes=4, axioms=6),
    "beyond": Shape(beyond=True, complements=True, selfs=True, classes=4, axioms=6),
    "beyond, with facts": Shape(beyond=True, facts=True, nominals=True, spaces=True, classes=4, axioms=5),
}
"""Shapes of which we find what we can, and say where that may not be all."""
_MISREAD = re.compile(r" <http://www\.w3\.org/2001/XMLSchema#(double|float)>")
_PATIENCE = 8
"""Seconds in which a slow test starts to ask; what is undecided then stays so."""


class Part(NamedTuple):
    """One ontology of a file of many: it is consistent with these assertions, as far as we can tell."""

    axioms: list[Axiom]
    assertions: list[Assertion]
    found: Classification
    realised: Realisation


def _parts(shape: Shape, seed: int, count: int) -> list[Part]:
    random = Random(seed)
    found = (_part(Generator(random, f"o{number}", shape)) for number in range(count))
    return [part for part in found if part is not None]


def _part(generator: Generator) -> Part | None:
    axioms = generator.ontology()
    if _MISREAD.search(written(axioms)):
        return None
    try:
        found = classify(axioms)
    except InconsistentOntologyError:
        return None
    assertions = [] if generator.shape.facts else _consistent(found, generator.assertions())
    if _MISREAD.search(written(assertions)):
        return None
    return Part(axioms, assertions, found, found.realise(assertions))


@pytest.mark.parametrize(("shape", "seed"), [*zip(COMPLETE.values(), range(9), strict=True)], ids=COMPLETE)
def test_equals_hermit_on_generated_ontologies(shape: Shape, seed: int) -> None:
    parts = _parts(shape, seed, times(6))
    assert _decided(parts, _same) >= 0.7 * len(parts)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "seed"), [*zip(SOUND.values(), range(4), strict=True)], ids=SOUND)
def test_finds_nothing_that_hermit_does_not(shape: Shape, seed: int) -> None:
    parts = _parts(shape, seed, times(6))
    assert _decided(parts, _sound) >= 0.5 * len(parts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(times(1)))
@pytest.mark.parametrize("shape", COMPLETE.values(), ids=COMPLETE)
def test_equals_hermit_on_more_ontologies(shape: Shape, seed: int) -> None:
    _patiently(_parts(shape, 100 + seed, 24), _same)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(times(1)))
@pytest.mark.parametrize("shape", SOUND.values(), ids=SOUND)
def test_finds_nothing_that_hermit_does_not_on_more_ontologies(shape: Shape, seed: int) -> None:
    _patiently(_parts(shape, 100 + seed, 24), _sound)


Check = Callable[[Part, hermit.Answer | None], bool]
"""Whether our answer is right; the other is None where there is a contradiction."""


def _patiently(parts: list[Part], check: Check) -> None:
    """A few at a time: one that HermiT cannot decide holds its neighbours up."""
    until = time.monotonic() + _PATIENCE
    for first in range(0, len(parts), 8):
        _decided(parts[first : first + 8], check, until)


def _decided(parts: list[Part], check: Check, until: float = math.inf) -> int:
    """Asks about many ontologies of disjoint signatures in one go; how many HermiT decided (not all, in 8 s)."""
    if not parts or time.monotonic() > until:
        return 0
    told = [axiom for part in parts for axiom in (*part.axioms, *part.assertions)]
    try:
        answer: hermit.Answer | None = hermit.realise(told, timeout=8)
    except InconsistentOntologyError:
        answer = None
    except OntologyError as error:
        if "no answer" not in error.message:
            raise
        return _halves(parts, check, until) if len(parts) > 1 else 0
    if len(parts) > 1 and answer is None:
        return _halves(parts, check, until)
    if len(parts) > 1:
        return sum(_alone(part, check, answer, until) for part in parts)
    right = check(parts[0], answer)
    if not right and answer is not None and not _insists(parts[0], answer):
        return 0
    assert right, written(told)
    return 1


def _insists(part: Part, answer: hermit.Answer) -> bool:
    """Whether HermiT finds no model of the opposite of something that it says beyond us; or we say what it does not."""
    ours, theirs = _ours(part), _theirs(part, answer)
    if any(not found <= theirs[name] for name, found in ours.items()):
        return True
    more = [(name, iri) for name, found in theirs.items() for iri in found - ours[name]]
    return any(_is_refuted(part, name, ObjectComplementOf(Class(iri))) for name, iri in more)


def _is_refuted(part: Part, name: str, opposite: ObjectComplementOf) -> bool:
    """Whether an individual, or an instance of a class, certainly cannot be in a class."""
    if name in part.realised.individuals:
        one: list[Axiom] = [ClassAssertion(name, opposite)]
    else:
        one = [ClassAssertion("urn:test:some", Class(name)), ClassAssertion("urn:test:some", opposite)]
    try:
        hermit.realise([*part.axioms, *part.assertions, *one], timeout=8)
    except InconsistentOntologyError:
        return True
    except OntologyError as error:
        if "no answer" not in error.message:
            raise
    return False


def _halves(parts: list[Part], check: Check, until: float) -> int:
    half = len(parts) // 2
    return _decided(parts[:half], check, until) + _decided(parts[half:], check, until)


def _alone(part: Part, check: Check, answer: hermit.Answer | None, until: float) -> int:
    """Asks again about one that comes out otherwise: what holds of everything holds of its neighbours, too."""
    return 1 if check(part, answer) else _decided([part], check, until)


def _same(part: Part, answer: hermit.Answer | None) -> bool:
    """The answer is ours."""
    return answer is not None and _ours(part) == _theirs(part, answer)


def _sound(part: Part, answer: hermit.Answer | None) -> bool:
    """The answer is ours, or has more and a caveat hangs over ours."""
    doubtful = bool(part.found.caveats or part.realised.caveats)
    if answer is None:
        return doubtful
    ours, theirs = _ours(part), _theirs(part, answer)
    return all(found <= theirs[name] for name, found in ours.items()) and (ours == theirs or doubtful)


def _ours(part: Part) -> dict[str, set[str]]:
    """Each class and individual that occurs with all classes above; those of what is empty are all."""
    everything = _classes(part)
    above = {iri: found_above(part.found, iri) for iri in everything & part.found.classes}
    found = {iri: everything if names is None else names & everything for iri, names in above.items()}
    return found | {who: set(part.realised.types(who)) for who in part.realised.individuals}


def _theirs(part: Part, answer: hermit.Answer) -> dict[str, set[str]]:
    everything = _classes(part)
    found = {
        iri: everything if iri in answer.unsatisfiable else {*answer.subsumers.get(iri, ()), iri} & everything
        for iri in everything & part.found.classes
    }
    return found | {who: set(answer.types.get(who, ())) & everything for who in part.realised.individuals}


def _classes(part: Part) -> set[str]:
    kinds = used([*part.axioms, *part.assertions])
    return {iri for iri, kind in kinds.items() if kind is EntityKind.CLASS} - {OWL_THING, OWL_NOTHING}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_finds_the_same_contradictions_as_hermit(seed: int) -> None:
    random = Random(seed)
    for _ in range(200):
        generator = Generator(random, "x", Shape(classes=4, axioms=14))
        axioms, assertions = generator.ontology(), generator.assertions()
        try:
            found = classify(axioms)
        except InconsistentOntologyError:
            continue
        if not found.realise(assertions).consistent:
            break
    with pytest.raises(InconsistentOntologyError):
        hermit.realise([*axioms, *assertions])


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not ROOT.is_file(), reason="ontologies/kgtwin.owl is not there")
def test_equals_hermit_on_the_shipped_ontologies() -> None:
    ontology = load(ROOT)
    names = [iri for iri, kind in ontology.entities.items() if kind is EntityKind.CLASS]
    found = classify(ontology.axioms, classes=names)
    assertions = _patients(found)
    answer = hermit.realise([*ontology.axioms, *assertions])
    assert found.unsatisfiable == answer.unsatisfiable
    _same_but_for_caveats(found, answer)
    _same_types(found.realise(assertions), answer)


def _patients(classification: Classification) -> list[Assertion]:
    """Six patients with random products, conditions, allergies and results."""
    random = Random(0)
    fillers = [
        (role, kind, sorted(classification.descendants(kgtwin(kind))))
        for role, kind in (
            ("takesNow", "MedicinalProduct"),
            ("hasNow", "ClinicalCondition"),
            ("hasNow", "Situation"),
            ("allergicTo", "Substance"),
            ("hasLatestResult", "Result"),
        )
    ]
    assertions: list[Assertion] = []
    for number in range(6):
        patient = f"urn:test:patient{number}"
        assertions.append(ClassAssertion(patient, Class(kgtwin("Patient"))))
        for role, kind, classes in fillers:
            for place, iri in enumerate(random.sample(classes, min(12, len(classes)))):
                fact = f"{patient}/{role}/{place}/{iri.rpartition('#')[2].rpartition('/')[2]}"
                assertions.append(ClassAssertion(fact, Class(iri)))
                assertions.append(ObjectPropertyAssertion(kgtwin(role), patient, fact))
                if kind == "Result":
                    value = Decimal(random.randint(1, 1000)) / 10
                    assertions.append(DataPropertyAssertion(kgtwin("hasValue"), fact, Interval(value, False, value)))
    return assertions
