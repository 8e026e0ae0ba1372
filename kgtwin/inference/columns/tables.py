"""The knowledge as arrays, as far as facts have asked for it: gains, conjunctions, statements, kinds of witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kgtwin.identifiers import to_curie
from kgtwin.inference.columns.gains import Gains
from kgtwin.inference.columns.rules import Rules
from kgtwin.inference.statements import Statement
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import FEMALE_PATIENT, MALE_PATIENT, PATIENT, SUBSTANCE

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]

WASH_OUT, SAME_SUBSTANCE, FEMALE, MALE, WHOLE = 1, 2, 4, 8, 16
"""Flags of a statement; ``WHOLE``: what it rests on takes an explanation."""
MEDICINE, WASHED_OUT = 1, 2
"""Flags of a conjunct."""
MOST_COLUMNS = 8
"""Conjuncts of a statement that are matched here."""


class Lists(NamedTuple):
    """Lists of numbers: those of ``i`` are ``items[ends[i]:ends[i + 1]]``."""

    ends: Ints
    items: Ints


class Tables(NamedTuple):
    """``of_gain`` and ``of_rule`` are the atoms that follow, ``rules_of`` the rules that an atom is a part of, ``need``
    of how many parts a rule is; atoms have small numbers here, 0 is what cannot exist.

    ``statement_of`` is the statement of an atom or -1. ``fills`` has a conjunct and a kind in turn, ``takes`` the
    ingredients that are taken now, ``covers`` the chains that a gain's individual covers. ``below`` says of two concepts
    whether one is the other or below it; ``substance`` is the concept of any substance. ``wash_outs`` are in
    microseconds, the gains of ``spans`` for its sorted ``span_keys``: see `key_of_span`.
    """

    of_gain: Lists
    clashes: Bytes
    of_rule: Lists
    need: Ints
    rules_of: Lists
    statement_of: Ints
    conjuncts: Lists
    flags: Ints
    kind_of: Ints
    conjunct_flags: Ints
    fills: Lists
    takes: Lists
    covers: Lists
    chain_covers: Bytes
    identity: Lists
    ingredients: Lists
    chain: Ints
    below: Bytes
    substance: int
    wash_outs: Longs
    lasting: Lists
    lasting_for: Longs
    ages: Longs
    exact_ages: Bytes
    span_keys: Longs
    spans: Ints


class Fixed(NamedTuple):
    """What the knowledge says whatever is asked: see `Tables`."""

    wash_outs: Longs
    lasting: Lists
    lasting_for: Longs
    ages: Longs
    exact_ages: Bytes


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


def lists(rows: Iterable[Iterable[int]]) -> Lists:
    """Lists of numbers as two arrays.

    >>> [one.tolist() for one in lists([[1, 2], [], [3]])]
    [[0, 2, 2, 3], [1, 2, 3]]
    """
    ends, items = [0], []
    for row in rows:
        items.extend(row)
        ends.append(len(items))
    return Lists(np.array(ends, np.int32), np.array(items or [0], np.int32)[: max(len(items), 1)])


class Compiler:
    """Makes the arrays; what does not grow with the gains is made once."""

    def __init__(self, gains: Gains) -> None:
        self.gains = gains
        self.rules = Rules(gains.additive)
        knowledge = gains.knowledge
        found = knowledge.statements.values()
        self.statements: Final[tuple[Statement, ...]] = tuple(
            sorted(found, key=lambda one: (one.same_substance, one.iri))
        )
        self._seen = 0
        self._covered: dict[tuple[int, int], bool] = {}
        roles = knowledge.roles
        self._conjunct_flags = [
            MEDICINE * (one.property in roles.medicines) | WASHED_OUT * (one.property in roles.wash_outs)
            for one in gains.conjuncts
        ]
        self._conjuncts = lists(map(self._columns, self.statements))
        self._flags = np.array(list(map(self._flags_of, self.statements)), np.int32)
        kinds = list(IssueKind)
        self._kind_of = np.array([kinds.index(one.kind) for one in self.statements], np.int32)

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

    def tables(self, spans: dict[int, int], fixed: Fixed) -> Tables:
        """The arrays for all gains that there are now."""
        gains = self.gains
        for gain in gains.found[self._seen :]:
            self.rules.add(gain.atoms)
        self._seen = len(gains.found)
        local = self._local()
        rules = self.rules.found
        rules_of: list[list[int]] = [[] for _ in local]
        for number, rule in enumerate(rules):
            for part in rule.parts:
                rules_of[local[part]].append(number)
        keys = np.array(sorted(spans), np.int64)
        return Tables(
            of_gain=lists(_kept(one.atoms, local) for one in gains.found),
            clashes=np.array([one.clashes for one in gains.found], np.uint8),
            of_rule=lists(_kept(one.heads, local) for one in rules),
            need=np.array([len(one.parts) for one in rules] or [0], np.int32),
            rules_of=lists(rules_of),
            statement_of=self._statement_of(local),
            conjuncts=self._conjuncts,
            flags=self._flags,
            kind_of=self._kind_of,
            conjunct_flags=np.array(self._conjunct_flags or [0], np.int32),
            fills=lists([number for pair in one.fills for number in pair] for one in gains.found),
            takes=lists(one.takes for one in gains.found),
            covers=lists(self._covers()),
            chain_covers=gains.chains_covered(),
            identity=lists(one.identity for one in gains.kinds),
            ingredients=lists(one.ingredients for one in gains.kinds),
            chain=np.array([one.chain for one in gains.kinds] or [0], np.int32),
            below=gains.order_of_concepts(),
            substance=gains.concepts.get(to_curie(SUBSTANCE), -1),
            **fixed._asdict(),
            span_keys=keys,
            spans=np.array([spans[key] for key in keys.tolist()], np.int32),
        )

    def _local(self) -> dict[int, int]:
        """Small numbers for the atoms that matter: what cannot exist, parts of rules, statements."""
        additive = self.gains.additive
        wanted = {additive.nothing: None}
        for rule in self.rules.found:
            wanted.update(dict.fromkeys(sorted(rule.parts)))
        for statement in self.statements:
            atom = additive.atom(statement.iri)
            if atom is not None:
                wanted[atom] = None
        return {atom: number for number, atom in enumerate(wanted)}

    def _statement_of(self, local: dict[int, int]) -> Ints:
        found = np.full(len(local), -1, np.int32)
        for number, statement in enumerate(self.statements):
            atom = self.gains.additive.atom(statement.iri)
            if atom is not None:
                found[local[atom]] = number
        return found

    # what covers what

    def _covers(self) -> Iterator[list[int]]:
        by_conjunct = self._chains()
        for number, gain in enumerate(self.gains.found):
            chains = sorted({chain for conjunct, _ in gain.fills for chain in by_conjunct.get(conjunct, ())})
            yield [chain for chain in chains if self._is_covered(number, chain)]

    def _is_covered(self, number: int, chain: int) -> bool:
        known = self._covered.get((number, chain))
        if known is None:
            known = self._covered[number, chain] = self.gains.covers(self.gains.found[number], chain)
        return known

    def _chains(self) -> dict[int, set[int]]:
        """By conjunct, the chains that lead to a witness for it."""
        kinds = list(self.gains.kinds)
        found: dict[int, set[int]] = {}
        if self.gains.chains:
            for gain in self.gains.found:
                for conjunct, kind in gain.fills:
                    if kinds[kind].chain >= 0:
                        found.setdefault(conjunct, set()).add(kinds[kind].chain)
        return found


def _kept(atoms: Iterable[int], local: dict[int, int]) -> list[int]:
    return [local[atom] for atom in atoms if atom in local]
