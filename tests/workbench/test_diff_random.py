"""Random edits of random ontologies: what is told is the difference of the classifications, and each cause is right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axioms import Axiom, SubClassOf
from kgtwin.model.ontology import EntityKind, Ontology
from kgtwin.ontology.signature import used
from kgtwin.reasoning import Classification, classify
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from kgtwin.workbench.differences import Version
from kgtwin.workbench.inferred import Change, Conclusion, Reasoned, Sides, inferred
from kgtwin.workbench.revisions import Side
from kgtwin.workbench.structural import normal
from tests.fuzz import times
from tests.reasoning.generate import Generator, Shape

Pair = tuple[str, str]
SHAPES = {
    "plain": Shape(classes=7, roles=3, axioms=14, numbers=False, unions=False, bottom=False),
    "disjoint": Shape(classes=6, roles=3, axioms=12, numbers=False),
    "all else": Shape(classes=6, roles=4, axioms=12, selfs=True, reflexive=True, complements=True),
}
SEEDS = times(36)


def version(axioms: list[Axiom], classes: Iterable[str]) -> Version:
    entities = {**used(axioms), **dict.fromkeys(classes, EntityKind.CLASS)}
    ontology = Ontology(
        iri=None, version="1", axioms=tuple(axioms), entities=entities, annotations={}, origins={}, digest=""
    )
    return Version(Side("x", Path("x"), Path()), ontology, {})


def edited(seed: int, shape: Shape) -> tuple[list[Axiom], list[Axiom], list[str]]:
    """An ontology, the same with up to four axioms more and up to four less, and the names of the classes."""
    random = Random(seed)
    source = Generator(random, shape=shape)
    one = list(dict.fromkeys(source.ontology()))
    new: list[Axiom] = [SubClassOf(source.expression(2, left=True), source.expression(1)) for _ in range(4)]
    gone = random.sample(one, min(len(one), random.randrange(5)))
    other = [axiom for axiom in one if axiom not in gone] + new[: random.randrange(5)]
    random.shuffle(other)
    return one, list(dict.fromkeys(other)), [cls.iri for cls in source.classes]


def entailed(found: Classification) -> set[Pair]:
    """All pairs of different classes, of the classes that can have instances."""
    top = {OWL_THING, *found.equivalents(OWL_THING)}
    subs = found.classes - found.unsatisfiable - {OWL_NOTHING}
    pairs = {(sub, sup) for sub in subs for sup in found.ancestors(sub) | found.equivalents(sub) if sup != OWL_THING}
    return {(sub, sup) for sub, sup in pairs if not (sup in top and sub not in top)}


def pairs_of(changes: Iterable[Change], sides: Sides) -> set[Pair]:
    """The subsumptions that changes say."""
    found = set[Pair]()
    for change in changes:
        ways = [(change.sub, change.sup)]
        if change.conclusion is Conclusion.EQUIVALENCE:
            ways = [way for way in (*ways, (change.sup, change.sub)) if not sides.held(*way)]
        if change.conclusion in (Conclusion.SUBSUMPTION, Conclusion.EQUIVALENCE):
            found.update(ways)
    return found


def transitive(pairs: set[Pair]) -> set[Pair]:
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c and a != d} - found:
        found |= more
    return found


def entails(axioms: Iterable[Axiom], change: Change) -> bool:
    """Whether a conclusion follows from axioms."""
    classes = {change.sub, change.sup} - {OWL_THING, OWL_NOTHING}
    try:
        found = classify(list(axioms), classes=classes)
    except InconsistentOntologyError:
        return True
    ways = [(change.sub, change.sup)]
    ways += [(change.sup, change.sub)] if change.conclusion is Conclusion.EQUIVALENCE else []
    return all(found.is_subclass_of(*way) for way in ways)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_changes_are_the_difference_of_the_classifications(shape: Shape) -> None:
    seen = 0
    for seed in range(SEEDS):
        one, other, names = edited(seed, shape)
        before, after = Reasoned(version(one, names)), Reasoned(version(other, names))
        if before.classification is None or after.classification is None:
            continue
        for old, new, gained in ((before, after, True), (after, before, False)):
            every = [change for change in inferred(before, after, every=True) if change.gained is gained]
            sides = Sides(new.known, old.known)
            wanted = {pair for pair in entailed(new.known) - entailed(old.known) if not sides.held(*pair)}
            assert pairs_of(every, sides) == wanted, seed
            empty = {change.sub for change in every if change.conclusion is Conclusion.UNSATISFIABLE}
            assert empty == new.known.unsatisfiable - old.known.unsatisfiable, seed
            seen += len(wanted)
            told = [change for change in inferred(before, after) if change.gained is gained]
            kept = {pair for pair in entailed(new.known) if sides.held(*pair)}
            kept |= {(iri, OWL_THING) for iri in new.known.classes - {OWL_THING}}
            assert pairs_of(told, sides) <= wanted
            assert wanted <= transitive(pairs_of(told, sides) | kept), seed
    assert seen > SEEDS // 4


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_each_cause_is_right(shape: Shape) -> None:
    """With what both sides have, a cause suffices and nothing less does; without one axiom of each nothing follows."""
    seen = several = 0
    for seed in range(SEEDS):
        one, other, names = edited(seed, shape)
        before, after = Reasoned(version(one, names)), Reasoned(version(other, names))
        keys = {normal(axiom, {}) for axiom in one} & {normal(axiom, {}) for axiom in other}
        common = [axiom for axiom in one if normal(axiom, {}) in keys]
        for change in inferred(before, after, every=True):
            assert change.complete
            assert change.causes
            edits = [[edit.axiom for edit in cause] for cause in change.causes]
            for cause in edits:
                assert not {normal(axiom, {}) for axiom in cause} & keys
                assert entails([*common, *cause], change), (seed, change)
                for left_out in cause:
                    rest = [axiom for axiom in cause if axiom != left_out]
                    assert not entails([*common, *rest], change), (seed, change)
            whole = other if change.gained else one
            first = {axiom for cause in edits for axiom in cause[:1]}
            assert not entails([axiom for axiom in whole if axiom not in first], change), (seed, change)
            assert entails([edit.axiom for edit in change.because], change)
            seen += 1
            several += len(edits) > 1
    assert seen > SEEDS // 4
    assert several or shape.bottom


def test_taking_causes_out_of_a_classification_and_putting_them_back() -> None:
    """The same by :meth:`Classification.change`, which shares what did not change."""
    seen = 0
    for seed in range(SEEDS):
        one, other, names = edited(seed, SHAPES["plain"])
        before, after = Reasoned(version(one, names)), Reasoned(version(other, names))
        for change in inferred(before, after):
            if change.conclusion is not Conclusion.SUBSUMPTION:
                continue
            found = after.known if change.gained else before.known
            cause = list({edit.axiom for cause in change.causes for edit in cause})
            without = found.change(removed=cause)
            assert not without.is_subclass_of(change.sub, change.sup)
            back = without.change(added=[edit.axiom for edit in change.causes[0]])
            assert back.is_subclass_of(change.sub, change.sup)
            seen += 1
    assert seen > SEEDS // 4
