"""What follows on one side and not on the other, each with the edits that cause it.

A gained conclusion holds in B and not in A: each of its justifications in B has an axiom that A lacks. A lost one
holds in A and not in B: each of its justifications in A has an axiom that B lacks. Those axioms are its causes: a set
of them suffices, beside what both sides have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import combinations, product

import msgspec

from kgtwin.errors import InconsistentOntologyError
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import EntityKind
from kgtwin.model.proof import Justifications
from kgtwin.reasoning import Classification, classify
from kgtwin.reasoning.justifications import justify_inconsistency
from kgtwin.vocabulary import OWL_NOTHING, OWL_THING
from kgtwin.workbench.differences import AxiomEdit, Version, edit_order
from kgtwin.workbench.structural import normal

LIMIT = 32
"""So many justifications of a conclusion are looked at."""


class Conclusion(StrEnum):
    """What follows: ``sub ⊑ sup``, ``sub ≡ sup``, that a class can have no instance, that there is no model."""

    SUBSUMPTION = "subsumption"
    EQUIVALENCE = "equivalence"
    UNSATISFIABLE = "unsatisfiable"
    INCONSISTENT = "inconsistent"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A conclusion that was gained or lost.

    ``causes`` are the sets of edited axioms (added ones of a gained conclusion, removed ones of a lost one) that
    suffice, beside what both sides have, the smallest first; without any whole set it does not follow. ``because`` are
    all axioms of the smallest justification with the fewest edits. ``complete``: there are no other causes.
    """

    conclusion: Conclusion
    gained: bool
    sub: str
    sup: str
    causes: tuple[tuple[AxiomEdit, ...], ...]
    because: tuple[AxiomEdit, ...]
    complete: bool

    @property
    def told(self) -> bool:
        """Whether one edited axiom says it by itself."""
        return len(self.because) == 1 and self.causes[:1] == (self.because,)


class Reasoned:
    """A version with what follows from it; ``classification`` is None where it has no model."""

    def __init__(self, version: Version) -> None:
        self.version = version
        entities = version.ontology.entities.items()
        try:
            classes = (iri for iri, kind in entities if kind is EntityKind.CLASS)
            self.classification: Classification | None = classify(version.ontology.axioms, classes=classes)
        except InconsistentOntologyError:
            self.classification = None

    @cached_property
    def inconsistency(self) -> Justifications:
        """Why there is no model."""
        return justify_inconsistency(self.version.ontology.axioms, LIMIT)

    @property
    def known(self) -> Classification:
        """The classification of a version that has a model."""
        assert self.classification is not None
        return self.classification


def inferred(one: Reasoned, other: Reasoned, *, every: bool = False) -> tuple[Change, ...]:
    """What is gained and lost from one version to the other, gained first, in a stable order.

    By default a subsumption counts where its classes are direct neighbours on the side that has it: what is gained then
    entails, with what was kept, all that is gained. ``every``: all pairs of classes. A class that is unsatisfiable is
    below every class: that is told as one change of its own. Where a side has no model, that is the only change.
    """
    if (
        one.version.axioms.keys() == other.version.axioms.keys()
        and one.version.ontology.entities == other.version.ontology.entities
    ):
        return ()
    return (*_news(other, one, True, every), *_news(one, other, False, every))


def _news(of: Reasoned, against: Reasoned, gained: bool, every: bool) -> Iterator[Change]:
    """What follows on one side and not on the other one."""
    because = _Because(of, against, gained)
    if of.classification is None:
        if against.classification is not None:
            yield because.change(Conclusion.INCONSISTENT, OWL_THING, OWL_NOTHING, [of.inconsistency])
        return
    if against.classification is None:
        return
    for iri in sorted(of.known.unsatisfiable - against.known.unsatisfiable):
        yield because.follows(Conclusion.UNSATISFIABLE, iri, OWL_NOTHING, [(iri, OWL_NOTHING)])
    sides = Sides(of.known, against.known)
    for one, two in sides.equivalences(every):
        yield because.follows(Conclusion.EQUIVALENCE, one, two, [(one, two), (two, one)])
    for sub, sup in sides.every_subsumption() if every else sides.direct_subsumptions():
        yield because.follows(Conclusion.SUBSUMPTION, sub, sup, [(sub, sup)])


# what


class Sides:
    """Pairs of classes of one classification that the other one does not have."""

    def __init__(self, of: Classification, against: Classification) -> None:
        self.of, self.against = of, against
        self._old = against.classes
        self._top = {OWL_THING, *of.equivalents(OWL_THING)}
        self._bottom = of.unsatisfiable | {OWL_NOTHING}

    def held(self, sub: str, sup: str) -> bool:
        """Whether it follows on the other side."""
        return sub in self._old and sup in self._old and self.against.is_subclass_of(sub, sup)

    def equivalences(self, every: bool) -> Iterator[tuple[str, str]]:
        """Equivalent classes that are not on the other side: all pairs, or as few as entail the others."""
        for group in self._groups(self.of.classes - self._bottom):
            if every:
                pairs = combinations(group, 2)
                yield from (pair for pair in pairs if not (self.held(*pair) and self.held(*pair[::-1])))
            else:
                first, *others = self._parts(group)
                yield from ((first, one) for one in others)

    def _groups(self, classes: Iterable[str]) -> Iterator[list[str]]:
        """Equivalent classes, together, in order."""
        seen = set[str]()
        for iri in sorted(classes, key=self._order):
            if iri not in seen:
                group = sorted({iri, *self.of.equivalents(iri)}, key=self._order)
                seen.update(group)
                yield group

    def _order(self, iri: str) -> tuple[bool, bool, str]:
        """``owl:Thing`` first, then the classes that both sides have."""
        return iri != OWL_THING, iri not in self._old, iri

    def _parts(self, group: Sequence[str]) -> list[str]:
        """One of each of the parts in which the other side has a group."""
        firsts: list[str] = []
        for iri in group:
            if not any(self.held(iri, one) and self.held(one, iri) for one in firsts):
                firsts.append(iri)
        return firsts

    def direct_subsumptions(self) -> Iterator[tuple[str, str]]:
        """Neighbours of which the other side has no pair, each by its first class."""
        for group in self._groups(self.of.classes - self._bottom - self._top):
            parents = self.of.parents(group[0]) - self._top
            for above in self._groups(parents):
                if not any(self.held(sub, sup) for sub in group for sup in above):
                    yield group[0], above[0]

    def every_subsumption(self) -> Iterator[tuple[str, str]]:
        """All pairs, the equivalent ones left out."""
        for sub in sorted(self.of.classes - self._bottom - self._top):
            for sup in sorted(self.of.ancestors(sub) - self._top):
                if not self.held(sub, sup):
                    yield sub, sup


# why


class _Because:
    """Finds the edited axioms behind what one side has and the other one has not."""

    def __init__(self, of: Reasoned, against: Reasoned, gained: bool) -> None:
        self._of, self._against, self._gained = of, against, gained
        self._edits: dict[Axiom, tuple[AxiomEdit, bool]] = {}

    def follows(self, conclusion: Conclusion, sub: str, sup: str, ways: Iterable[tuple[str, str]]) -> Change:
        """The change of a conclusion that takes all of some subsumptions."""
        found = self._of.known
        return self.change(conclusion, sub, sup, [found.justifications(*way, LIMIT) for way in ways])

    def change(self, conclusion: Conclusion, sub: str, sup: str, ways: Sequence[Justifications]) -> Change:
        """The change of a conclusion that takes one justification of each of some things."""
        best = frozenset[Axiom]().union(*(min(sets, key=self._cost, default=frozenset()) for sets in ways))
        causes = [self._causes(sets) for sets in ways]
        together = _minimal(frozenset[AxiomEdit]().union(*some) for some in product(*causes))
        return Change(
            conclusion=conclusion,
            gained=self._gained,
            sub=sub,
            sup=sup,
            causes=tuple(sorted((_sorted(one) for one in together), key=_cause_order)),
            because=_sorted(self._edit(axiom)[0] for axiom in best),
            complete=all(sets.complete for sets in ways),
        )

    def _causes(self, sets: Iterable[Iterable[Axiom]]) -> list[frozenset[AxiomEdit]]:
        return _minimal(frozenset(edit for edit, is_new in map(self._edit, one) if is_new) for one in sets)

    def _cost(self, axioms: frozenset[Axiom]) -> tuple[int, int, list[str]]:
        edits = [self._edit(axiom) for axiom in axioms]
        return sum(is_new for _, is_new in edits), len(edits), sorted(edit.text for edit, _ in edits)

    def _edit(self, axiom: Axiom) -> tuple[AxiomEdit, bool]:
        """An axiom with its place, and whether the other side lacks it."""
        found = self._edits.get(axiom)
        if found is None:
            key = normal(axiom, self._of.version.names)
            found = self._edits[axiom] = self._of.version.edit(axiom), key not in self._against.version.axioms
        return found


def _minimal(sets: Iterable[frozenset[AxiomEdit]]) -> list[frozenset[AxiomEdit]]:
    """The sets that contain no other one."""
    found: list[frozenset[AxiomEdit]] = []
    for one in sorted(set(sets), key=len):
        if not any(other <= one for other in found):
            found.append(one)
    return found


def _sorted(edits: Iterable[AxiomEdit]) -> tuple[AxiomEdit, ...]:
    return tuple(sorted(edits, key=edit_order))


def _cause_order(cause: tuple[AxiomEdit, ...]) -> tuple[int, list[str]]:
    return len(cause), [edit.text for edit in cause]
