"""The knowledge as arrays: conjunctions and statements, and as far as facts have asked for them gains and witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.identifiers import to_curie
from kgtwin.inference.columns.gains import Gain, Gains, Kind
from kgtwin.inference.columns.growing import Growing, GrowingLists, Ints, Lists
from kgtwin.inference.columns.rules import Rules
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import FEMALE_PATIENT, MALE_PATIENT, PATIENT, SUBSTANCE

Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]

WASH_OUT, SAME_SUBSTANCE, FEMALE, MALE, WHOLE = 1, 2, 4, 8, 16
"""Flags of a statement; ``WHOLE``: what it rests on takes an explanation."""
MEDICINE, WASHED_OUT = 1, 2
"""Flags of a conjunct."""
MOST_COLUMNS = 8
"""Conjuncts of a statement that are matched here."""


class Fixed(NamedTuple):
    """What the knowledge says whatever is asked.

    Atoms have small numbers here; 0 is what cannot exist. ``rules_of`` are the conjunctions that an atom is a part of,
    ``need`` of how many parts each is, ``groups_of`` the groups of which nobody has two atoms, ``statement_of`` the
    statement of an atom or -1. ``conjuncts`` are those of a statement, ``kind_of`` its kind of issue. ``wash_outs`` are
    in microseconds; ``lasting`` are an analyte's lasting results, which last ``lasting_for`` microseconds;
    ``multiples`` is the most that are computed from one result. ``ages`` are those that anything follows from, in
    ten-thousandths of a year and rounded up, ``exact_ages`` those not rounded.
    """

    rules_of: Lists
    need: Ints
    groups_of: Lists
    groups: int
    statement_of: Ints
    conjuncts: Lists
    flags: Ints
    kind_of: Ints
    conjunct_flags: Ints
    wash_outs: Longs
    lasting: Lists
    lasting_for: Longs
    multiples: int
    ages: Longs
    exact_ages: Bytes


class Tables(NamedTuple):
    """``of_gain`` are the atoms that follow from a gain; ``fills`` are a conjunct and a kind in turn, not more than
    ``most_fills`` times; ``takes`` are the ingredients that are taken now, ``covers`` the chains that its individual
    covers. ``heads`` (R, 2) are the first and the end of what follows from a conjunction, in ``of_rule``. ``identity``,
    ``ingredients`` and ``chain`` are of kinds. ``below`` says of two concepts whether the first is the second or below
    it, ``same`` whether an allergy to the second is one to the first; ``substance`` is the concept of any
    substance. The gains of ``spans`` are those for the sorted ``span_keys``: see `key_of_span`.
    """

    fixed: Fixed
    of_gain: Lists
    clashes: Bytes
    fills: Lists
    most_fills: int
    takes: Lists
    covers: Lists
    heads: Ints
    of_rule: Ints
    identity: Lists
    ingredients: Lists
    chain: Ints
    chain_covers: Bytes
    below: Bytes
    same: Bytes
    substance: int
    span_keys: Longs
    spans: Ints


def key_of_span(what: int, low: int, high: int) -> int:
    """The key of a gain by an interval: 0 for the age, else a lasting result's number and 1; then two places.

    >>> key_of_span(1, 2, 3)
    17592194433027
    """
    return what << 44 | low << 22 | high


def span_of_key(key: int) -> tuple[int, int, int]:
    """What a key is of.

    >>> span_of_key(key_of_span(1, 2, 3))
    (1, 2, 3)
    """
    return key >> 44, (key >> 22) & 0x3FFFFF, key & 0x3FFFFF


class Compiler:
    """Makes the arrays, and appends to them what gains bring."""

    def __init__(
        self, gains: Gains, lasting: Iterable[Sequence[int]], lasting_for: Longs, ages: tuple[Longs, Bytes]
    ) -> None:
        self.gains = gains
        self.rules = Rules(gains.additive)
        found = gains.knowledge.statements.values()
        self.statements: Final = tuple(sorted(found, key=lambda one: (one.same_substance, one.iri)))
        self._conjunct_flags = list(map(self._flags_of_conjunct, (one.property for one in gains.conjuncts)))
        self._local = self._numbered()
        self.fixed = self._fixed(lasting, lasting_for, ages)
        self._of_gain, self._fills, self._takes = GrowingLists(), GrowingLists(), GrowingLists()
        self._identity, self._ingredients = GrowingLists(), GrowingLists()
        self._clashes, self._chain, self._of_rule = Growing(np.uint8), Growing(np.int32), Growing(np.int32)
        self._heads = np.zeros((len(self.rules.conjunctions) + 1, 2), np.int32)
        self._covers = GrowingLists()
        self._covered: dict[tuple[int, int], bool] = {}
        self._chains: dict[int, list[int]] = {}
        self._looked_through = 0
        self._most_fills = 1

    # what never changes

    def _flags_of_conjunct(self, role: str) -> int:
        roles = self.gains.knowledge.roles
        return MEDICINE * (role in roles.medicines) | WASHED_OUT * (role in roles.wash_outs)

    def _columns(self, statement: Statement) -> Sequence[int]:
        if statement.definition is None:
            return ()
        found = [self.gains.conjuncts[one] for one in statement.definition.conjuncts]
        twice = [one for one in found if self._conjunct_flags[one] & MEDICINE]
        return [*found, *twice] if statement.needs_two else found

    def _flags_of(self, statement: Statement) -> int:
        definition = statement.definition
        if definition is None or len(self._columns(statement)) > MOST_COLUMNS:
            return WHOLE
        flags = WASH_OUT * statement.wash_out | SAME_SUBSTANCE * statement.same_substance
        for iri in definition.classes:
            flags |= {PATIENT: 0, FEMALE_PATIENT: FEMALE, MALE_PATIENT: MALE}.get(iri, WHOLE)
        return flags

    def _numbered(self) -> dict[int, int]:
        """Small numbers for the atoms that matter."""
        additive = self.gains.additive
        own = (additive.atom(one.iri) for one in self.statements)
        wanted = dict.fromkeys([additive.nothing, *self.rules.atoms, *(atom for atom in own if atom is not None)])
        return {atom: number for number, atom in enumerate(wanted)}

    def _fixed(self, lasting: Iterable[Sequence[int]], lasting_for: Longs, ages: tuple[Longs, Bytes]) -> Fixed:
        local = self._local
        statement_of = np.full(len(local), -1, np.int32)
        for number, statement in enumerate(self.statements):
            atom = self.gains.additive.atom(statement.iri)
            if atom is not None:
                statement_of[local[atom]] = number
        kinds = list(IssueKind)
        conjunctions = self.rules.conjunctions
        return Fixed(
            rules_of=self._by_atom(parts for parts, _ in conjunctions),
            need=np.array([len(parts) for parts, _ in conjunctions] or [0], np.int32),
            groups_of=self._by_atom(self.rules.disjoint),
            groups=len(self.rules.disjoint),
            statement_of=statement_of,
            conjuncts=GrowingLists(map(self._columns, self.statements)).lists,
            flags=np.array(list(map(self._flags_of, self.statements)), np.int32),
            kind_of=np.array([kinds.index(one.kind) for one in self.statements], np.int32),
            conjunct_flags=np.array(self._conjunct_flags or [0], np.int32),
            wash_outs=in_micros(self.gains.knowledge.roles.wash_outs.values()),
            lasting=GrowingLists(lasting).lists,
            lasting_for=lasting_for,
            multiples=max(map(len, self.gains.knowledge.multiples.values()), default=0),
            ages=ages[0],
            exact_ages=ages[1],
        )

    def _by_atom(self, groups: Iterable[Iterable[int]]) -> Lists:
        """By an atom's small number, the places of the groups that have it."""
        found: list[list[int]] = [[] for _ in self._local]
        for number, group in enumerate(groups):
            for atom in group:
                found[self._local[atom]].append(number)
        return GrowingLists(found).lists

    # what grows

    def tables(self, spans: dict[int, int]) -> Tables:
        """The arrays for all gains that there are now."""
        gains = self.gains
        for gain in gains.found[len(self._of_gain) :]:
            self._append(gain)
        for kind in list(gains.kinds)[len(self._identity) :]:
            self._append_kind(kind)
        self._append_covers()
        keys = sorted(spans)
        return Tables(
            fixed=self.fixed,
            of_gain=self._of_gain.lists,
            clashes=self._clashes.array,
            fills=self._fills.lists,
            most_fills=self._most_fills,
            takes=self._takes.lists,
            covers=self._covers.lists,
            heads=self._heads,
            of_rule=self._of_rule.array,
            identity=self._identity.lists,
            ingredients=self._ingredients.lists,
            chain=self._chain.array,
            chain_covers=gains.chains_covered(),
            below=gains.order_of_concepts(),
            same=gains.same_substances(),
            substance=gains.concepts.get(to_curie(SUBSTANCE), -1),
            span_keys=np.array(keys, np.int64),
            spans=np.array([spans[key] for key in keys], np.int32),
        )

    def _append(self, gain: Gain) -> None:
        for rule in self.rules.add(gain.atoms):
            self._heads[rule, 0] = self._of_rule.count
            self._of_rule.extend(self._kept(self.rules.heads[rule]))
            self._heads[rule, 1] = self._of_rule.count
        self._of_gain.append(self._kept(gain.atoms))
        self._clashes.extend([gain.clashes])
        self._fills.append(number for pair in gain.fills for number in pair)
        self._most_fills = max(self._most_fills, len(gain.fills))
        self._takes.append(gain.takes)

    def _append_kind(self, kind: Kind) -> None:
        self._identity.append(kind.identity)
        self._ingredients.append(kind.ingredients)
        self._chain.extend([kind.chain])

    def _kept(self, atoms: Iterable[int]) -> list[int]:
        return [self._local[atom] for atom in atoms if atom in self._local]

    # what covers what

    def _append_covers(self) -> None:
        """All anew where a chain fills something new, which is rare."""
        gains, chains = self.gains.found, self._chain.array
        for gain in gains[self._looked_through :]:
            for conjunct, kind in gain.fills:
                if chains[kind] >= 0 and chains[kind] not in self._chains.setdefault(conjunct, []):
                    self._chains[conjunct].append(int(chains[kind]))
                    self._covers = GrowingLists()
        self._looked_through = len(gains)
        for number in range(len(self._covers), len(gains)):
            self._covers.append(self._covers_of(number) if self._chains else ())

    def _covers_of(self, number: int) -> Iterator[int]:
        gain = self.gains.found[number]
        for chain in sorted({chain for conjunct, _ in gain.fills for chain in self._chains.get(conjunct, ())}):
            if (number, chain) not in self._covered:
                self._covered[number, chain] = self.gains.covers(gain, chain)
            if self._covered[number, chain]:
                yield chain


def in_micros(spans: Iterable[timedelta]) -> Longs:
    """Spans of time in microseconds."""
    return np.array([span // timedelta(microseconds=1) for span in spans], np.int64)
