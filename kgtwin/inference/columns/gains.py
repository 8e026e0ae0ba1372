"""What one fact gives a patient: the atoms that follow, and which statements' conditions it fills, by number.

Facts that say the same in the same context give the same; it is worked out once, by the same steps as `infer` takes,
for a patient of whom nothing else is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.identifiers import to_iri
from kgtwin.inference.columns.growing import Square
from kgtwin.inference.issues.matching import Witness, ingredients_of, witnesses
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.medicines import bases
from kgtwin.inference.knowledge.statements import Conjunct
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox, abox, individual
from kgtwin.inference.realising.reading import Reading
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Assertion, Class, ClassAssertion, ClassExpression
from kgtwin.reasoning import Additive, Node, Questions, Realisation
from kgtwin.vocabulary import OWL_NOTHING, PATIENT, TAKES_NOW

Numbers = tuple[int, ...]
_NOTHING = Class(OWL_NOTHING)
_END = "urn:kgtwin:end"
"""What a chain leads to, as an individual."""


class Kind(NamedTuple):
    """Witnesses that are alike for all that an issue says: see `kgtwin.inference.issues.matching.Witness`.

    Both are numbers of concepts, in order. ``chain``: what a role chain leads to from the fact, by its number; -1 where
    it is the fact itself.
    """

    identity: Numbers
    ingredients: Numbers
    chain: int


class Gain(NamedTuple):
    """``atoms`` follow of the patient; ``fills`` are pairs of a conjunct and the kind of witness for it.

    ``takes`` are the ingredients that are taken now by it, as numbers of concepts. ``clashes``: no patient can be so.
    ``assertions`` is what was told, ``node`` the individual that it is about; without one there is nothing to gain: the
    codes are unknown, or contradict one another, so that the fact is left out.
    """

    atoms: frozenset[int]
    fills: tuple[tuple[int, int], ...] = ()
    takes: Numbers = ()
    clashes: bool = False
    assertions: tuple[Assertion, ...] = ()
    node: str = ""


class Gains:
    """The gains of all facts so far, by number; conjuncts, kinds and concepts have numbers of their own."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.additive = Additive(knowledge.classification, PATIENT_INDIVIDUAL, (Class(PATIENT),))
        self.found: list[Gain] = []
        self.kinds: dict[Kind, int] = {}
        self.concepts: dict[str, int] = {}
        self.chains: dict[Node, int] = {}
        self._numbers: dict[object, int] = {}
        self._ends: dict[Node, Realisation] = {}
        self._covered = 0
        self._below, self._same = Square(), Square()
        self._names: tuple[str, ...] = ()

    @cached_property
    def conjuncts(self) -> dict[Conjunct, int]:
        """The conditions of all statements, by number."""
        definitions = (s.definition for s in self.knowledge.statements.values() if s.definition is not None)
        return {one: number for number, one in enumerate(dict.fromkeys(c for d in definitions for c in d.conjuncts))}

    @cached_property
    def _questions(self) -> Questions:
        return self.additive.classification.questions(tuple(one.expression() for one in self.conjuncts))

    def __len__(self) -> int:
        return len(self.found)

    # gains

    def known(self, key: object) -> int | None:
        """The number of the gain that is kept under a key, if there is one."""
        return self._numbers.get(key)

    def of_selected(self, key: object, ones: Iterable[Selected]) -> int:
        """The number of the first of some gains in a row, each of one fact in one context; kept under ``key``."""
        return self._keep(key, (self._of_box(abox((one,), (), (), self.knowledge), one) for one in ones))

    def of_readings(self, key: object, readings: Iterable[Reading]) -> int:
        """The number of the first of the gains in a row of a result and what is computed from it."""
        return self._keep(key, (self._of_box(abox((), (one,), (), self.knowledge), one.selected) for one in readings))

    def of_person(self, key: object, told: Iterable[Assertion]) -> int:
        """The number of the gain of what is told of the patient directly."""
        assertions = (*self._bare, *told)
        return self._keep(key, [self._gain(self.additive.classification.realise(assertions), assertions)])

    _bare = (ClassAssertion(PATIENT_INDIVIDUAL, Class(PATIENT)),)

    def _keep(self, key: object, gains: Iterable[Gain]) -> int:
        first = len(self.found)
        self.found.extend(gains)
        self._numbers[key] = first
        return first

    def _of_box(self, box: ABox, one: Selected) -> Gain:
        realisation = self.additive.classification.realise(box.assertions)
        if not box.by_node or realisation.satisfies(individual(one), _NOTHING):
            return Gain(self.additive.given())
        gain = self._gain(realisation, box.assertions)._replace(node=individual(one))
        if gain.clashes:
            return gain
        takes: frozenset[str] = frozenset()
        if one.role in self.knowledge.roles.medicines:
            nodes = realisation.successors(PATIENT_INDIVIDUAL, TAKES_NOW)
            takes = takes.union(*(ingredients_of(node, realisation, self.knowledge) for node in nodes))
        fills = tuple(self._fills(box, realisation))
        return gain._replace(fills=fills, takes=self._concepts(takes))

    def _gain(self, realisation: Realisation, assertions: tuple[Assertion, ...]) -> Gain:
        return Gain(self.additive.of(realisation), clashes=not realisation.consistent, assertions=assertions)

    def _fills(self, box: ABox, realisation: Realisation) -> Iterator[tuple[int, int]]:
        holds = realisation.answers(PATIENT_INDIVIDUAL, self._questions)
        for number, conjunct in enumerate(self.conjuncts):
            if holds[number]:
                found = witnesses(conjunct, realisation, box, self.knowledge)
                yield from dict.fromkeys((number, self._kind(one)) for one in found)

    def _kind(self, witness: Witness) -> int:
        chain = -1
        if not isinstance(witness.node, str):
            chain = self.chains.setdefault(witness.node, len(self.chains))
        kind = Kind(self._concepts(witness.identity), self._concepts(witness.ingredients), chain)
        return self.kinds.setdefault(kind, len(self.kinds))

    def _concepts(self, curies: Iterable[str]) -> Numbers:
        return tuple(self.concepts.setdefault(one, len(self.concepts)) for one in sorted(curies))

    # what covers what

    def covers(self, gain: Gain, chain: int) -> bool:
        """Whether the individual of a gain is all that the end of a chain is known to be."""
        node = _class(list(self.chains)[chain])
        return bool(gain.node) and self.additive.classification.realise(gain.assertions).satisfies(gain.node, node)

    def chains_covered(self) -> NDArray[np.uint8]:
        """Of two chains by number, whether what the first leads to is all that the second's end is known to be."""
        nodes = list(self.chains)
        for one in nodes[self._covered :]:
            self._ends[one] = self.additive.classification.realise((ClassAssertion(_END, _class(one)),))
        self._covered = len(nodes)
        found = [[self._ends[one].satisfies(_END, _class(other)) for other in nodes] for one in nodes]
        return np.array(found, np.uint8).reshape(len(nodes), len(nodes))

    def order_of_concepts(self) -> NDArray[np.uint8]:
        """Of two concepts by number, whether the first is, or lies below, the second; there is room for more."""
        return self._square(self._below, lambda one, other: one == other or self.knowledge.is_a(one, other))

    def same_substances(self) -> NDArray[np.uint8]:
        """Of two concepts by number, whether the first is the second, lies below it, or below what it is a form of."""
        is_a, tree = self.knowledge.is_a, self.knowledge.classification
        forms = {iri: (iri, *bases(iri, tree)) for iri in map(to_iri, self.concepts)}
        return self._square(self._same, lambda one, other: any(is_a(one, base) for base in forms[other]))

    def _square(self, square: Square, holds: Callable[[str, str], bool]) -> NDArray[np.uint8]:
        """What holds of two concepts, filled in for those that are new."""
        first = square.count
        if first < len(self.concepts):
            square.extend(len(self.concepts))
            names = [to_iri(one) for one in self.concepts]
            for new in range(first, len(names)):
                for other in range(new + 1):
                    square.array[new, other] = holds(names[new], names[other])
                    square.array[other, new] = holds(names[other], names[new])
        return square.array

    @property
    def names(self) -> tuple[str, ...]:
        """The concepts by number, as CURIEs."""
        if len(self._names) < len(self.concepts):
            self._names = tuple(self.concepts)
        return self._names


def _class(node: Node) -> ClassExpression:
    assert not isinstance(node, str), "a chain leads to what must exist, not to an individual"
    return node
