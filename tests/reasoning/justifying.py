"""Minimal sets of axioms by trying: what asks a reasoner again and again, and knows nothing of how it reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations
from random import Random
from typing import NamedTuple

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom, Class
from kgtwin.model.proof import Justifications, Proof
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.justifications import justify_inconsistency
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from tests.reasoning.checker import check
from tests.reasoning.generate import Generator, Shape
from tests.reasoning.generate_rules import keys_and_rules
from tests.reasoning.reference import evaluate

_FEW = 6
"""All are looked for by trying where no more than these were found: it takes exponentially long."""
_MANY, _MANY_TO_CHECK = 40, 10

Holds = Callable[[frozenset[Axiom]], bool]


class Vocabulary(NamedTuple):
    """The names of an ontology, which all of its parts know."""

    classes: tuple[str, ...]
    individuals: tuple[str, ...] = ()

    @staticmethod
    def of(generator: Generator) -> Vocabulary:
        """What a generator writes about."""
        individuals = generator.individuals if generator.shape.facts else ()
        return Vocabulary(tuple(one.iri for one in generator.classes), tuple(individuals))


class Question(NamedTuple):
    """Whether a class, or an individual, is below a class. ``owl:Nothing`` below: whether there is a model at all."""

    subject: str
    cls: str = OWL_NOTHING
    individual: bool = False


def classified(axioms: Iterable[Axiom], names: Vocabulary) -> Classification:
    """The classification of some of an ontology's axioms; all individuals are there."""
    present = (owl.ClassAssertion(one, Class(OWL_THING)) for one in names.individuals)
    return classify([*axioms, *present], classes=names.classes)


def answer(found: Classification, question: Question) -> bool:
    """What a classification says."""
    if question.individual:
        return question.cls in found.realise(()).types(question.subject)
    return question.subject in found.unsatisfiable or found.is_subclass_of(question.subject, question.cls)


def follows(axioms: Iterable[Axiom], names: Vocabulary, question: Question) -> bool:
    """Whether something follows, by classifying afresh."""
    try:
        return answer(classified(axioms, names), question)
    except InconsistentOntologyError:
        return True


def questions(found: Classification, names: Vocabulary) -> list[Question]:
    """All that follows between names, but what is true of any."""
    asked = [Question(iri) for iri in names.classes if iri in found.unsatisfiable]
    for iri in names.classes:
        above = found.ancestors(iri) | found.equivalents(iri) if iri not in found.unsatisfiable else frozenset()
        asked += [Question(iri, other) for other in sorted(above - {OWL_THING})]
    realisation = found.realise(())
    for who in names.individuals:
        asked += [Question(who, cls, True) for cls in sorted(realisation.types(who))]
    return asked


def justified(found: Classification, question: Question, limit: int) -> Justifications:
    """What the reasoner says why."""
    if question.individual:
        return found.realise(()).justifications(question.subject, Class(question.cls), limit)
    return found.justifications(question.subject, question.cls, limit)


def proven(found: Classification, question: Question) -> Proof | None:
    """The reasoner's proof."""
    if question.individual:
        return found.realise(()).explain(question.subject, Class(question.cls))
    return found.explain(question.subject, question.cls)


# by trying


def minimal_sets(axioms: Collection[Axiom], holds: Holds) -> set[frozenset[Axiom]]:
    """All minimal sets of axioms of which something holds: from each that was found, leave out one axiom after another
    (Reiter's hitting set tree), and look for what is left.
    """
    known: dict[frozenset[Axiom], bool] = {}

    def asked(some: frozenset[Axiom]) -> bool:
        if some not in known:
            known[some] = holds(some)
        return known[some]

    found: set[frozenset[Axiom]] = set()
    queue = [frozenset(axioms)]
    seen = set(queue)
    for whole in queue:
        one = next((one for one in found if one <= whole), None) or _minimal(whole, asked)
        if one is not None:
            found.add(one)
            less = {whole - {axiom} for axiom in one} - seen
            seen |= less
            queue += less
    return found


def _minimal(whole: frozenset[Axiom], holds: Holds) -> frozenset[Axiom] | None:
    if not holds(whole):
        return None
    kept = whole
    for axiom in sorted(whole, key=repr):
        if holds(kept - {axiom}):
            kept -= {axiom}
    return kept


def by_definition(axioms: Sequence[Axiom], holds: Holds) -> set[frozenset[Axiom]]:
    """The same for few axioms: of all sets, from the smallest on, those that have none before them inside."""
    found: list[frozenset[Axiom]] = []
    for size in range(len(axioms) + 1):
        for some in map(frozenset, combinations(axioms, size)):
            if not any(one <= some for one in found) and holds(some):
                found.append(some)
    return set(found)


# what is wrong


class Wrong(NamedTuple):
    """A question whose answer is not as it should be; None: the ontology has no model."""

    question: Question | None
    why: str


Choose = Callable[[list[Question]], Iterable[Question]]


def mistakes(axioms: Sequence[Axiom], names: Vocabulary, choose: Choose) -> list[Wrong]:
    """What is wrong with the justifications and proofs of some questions."""
    try:
        found = classified(axioms, names)
    except InconsistentOntologyError:
        given = justify_inconsistency(list(axioms), _MANY)
        return [Wrong(None, why) for why in faults(given, axioms, lambda some: not has_model(some, names))]
    return [wrong for question in choose(questions(found, names)) for wrong in _of(found, question, axioms, names)]


def _of(found: Classification, question: Question, axioms: Sequence[Axiom], names: Vocabulary) -> Iterator[Wrong]:
    def holds(some: frozenset[Axiom]) -> bool:
        return follows(some, names, question)

    def entailed(some: frozenset[Axiom]) -> bool:
        return holds(some) or by_reference(some, names, question)

    given = justified(found, question, _MANY)
    yield from (Wrong(question, why) for why in faults(given, axioms, holds, entailed))
    proof = proven(found, question)
    if proof is None:
        yield Wrong(question, "no proof")
    else:
        check(proof, [*axioms])


def faults(
    given: Justifications, axioms: Sequence[Axiom], holds: Holds, entailed: Holds | None = None
) -> Iterator[str]:
    """What is wrong with justifications, as asking the reasoner again and again has it.

    It misses what a nominal entails only if some class has an instance; other axioms may make it see that, and then
    what justifies it may follow by its ``entailed`` only.
    """
    if given.complete != (len(given) < _MANY) or len(set(given.sets)) < len(given):
        yield f"{len(given)} found, complete: {given.complete}"
    for one in given.sets[:_MANY_TO_CHECK]:
        if not holds(one) and not (entailed is not None and entailed(one)):
            yield f"not enough: {sorted(map(repr, one))}"
        yield from (f"not needed: {axiom}" for axiom in one if holds(one - {axiom}))
    if len(given) <= _FEW:
        for one in minimal_sets(frozenset(axioms), holds):
            if not any(other <= one for other in given):
                yield f"missing: {sorted(map(repr, one))}"


def by_reference(axioms: Iterable[Axiom], names: Vocabulary, question: Question) -> bool:
    """Whether something follows, by the reference evaluator."""
    found = evaluate(list(axioms), names.classes, names.individuals)
    if not found.consistent:
        return True
    if question.individual:
        return question.cls in found.types[question.subject]
    above = found.subsumers[question.subject]
    return above is None or question.cls in above


def has_model(axioms: Iterable[Axiom], names: Vocabulary) -> bool:
    """Whether some axioms are consistent."""
    try:
        classified(axioms, names)
    except InconsistentOntologyError:
        return False
    return True


def sampled(seed: int, count: int) -> Callable[[list[Question]], list[Question]]:
    """So many questions of all."""
    return lambda asked: Random(seed).sample(asked, min(count, len(asked)))


def of_shape(seed: int, shape: Shape, *, rules: bool = False) -> tuple[list[Axiom], Vocabulary]:
    """A generated ontology, with keys and rules if wanted, and its names."""
    generator = Generator(Random(seed), shape=shape)
    return generator.ontology() + (keys_and_rules(generator) if rules else []), Vocabulary.of(generator)
