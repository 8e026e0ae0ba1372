"""Finds the terms that say most nearly what another one says: an index of words, weighed by how rare they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import log

import msgspec

from kgtwin.terminology.wording import GENERIC, Wording, stem, tag_of, variants

_GENERIC = frozenset(map(stem, GENERIC))
_ONE_SIDED = {
    "context": 0.2,
    "negation": 0.2,
    "number": 0.55,
    "behaviour": 0.55,
    "control": 0.55,
    "level": 0.55,
    "dependence": 0.55,
    "severity": 0.55,
    "side": 0.55,
    "course": 0.55,
    "rank": 0.55,
    "origin": 0.55,
}
"""What a mark that only one of two terms has leaves of their similarity: below 0.6 what would be another thing."""
_CONTRADICTION = 0.25
"""What two different marks on one axis leave of it."""
_CONSEQUENCE = 0.5
"""What is left where one term is *X due to Y* and the other one says nothing of X."""
CONDITION, MEDICINE, RESULT = "condition", "medicine", "result"
_KINDS = {
    **dict.fromkeys(("disorder", "finding", "situation"), CONDITION),
    **dict.fromkeys(("substance", "product", "medicinal product", "medicinal product form", "clinical drug"), MEDICINE),
    "observable entity": RESULT,
}


class Name(msgspec.Struct, frozen=True):
    """A term of a concept; ``weight`` is below 1 for a synonym that is known to be inexact; ``kind`` if it is known."""

    concept: str
    text: str
    weight: float = 1.0
    kind: str | None = None


class Candidate(msgspec.Struct, frozen=True):
    """A concept that a term may mean: by which of its names, how similar in [0, 1], and what differs."""

    concept: str
    name: str
    score: float
    differences: tuple[str, ...] = ()


class Index:
    """The names of concepts. Made once, asked often.

    >>> index = Index([Name("x:1", "Type 1 diabetes mellitus"), Name("x:2", "Type 2 diabetes mellitus")])
    >>> [(one.concept, one.score) for one in index.search("Diabetes mellitus type II (disorder)", least=0.6)]
    [('x:2', 1.0)]
    """

    def __init__(self, names: Iterable[Name]) -> None:
        self._names: list[tuple[Name, Wording]] = []
        self._of: defaultdict[str, list[int]] = defaultdict(list)
        for name in names:
            for wording in dict.fromkeys(variants(name.text)):
                for word in wording.words:
                    self._of[word].append(len(self._names))
                self._names.append((name, wording))

    def search(self, text: str, *, least: float = 0.0, most: int = 3, kind: str | None = None) -> list[Candidate]:
        """The concepts that a term is most like, the best first, each by its best name.

        Those of another kind are none; ``kind`` is by default that of the term's semantic tag.
        """
        kind = kind or kind_of(text)
        best: dict[str, Candidate] = {}
        for wording in dict.fromkeys(variants(text)):
            for number in self._sharing(wording):
                name, other = self._names[number]
                if kind and name.kind and kind != name.kind:
                    continue
                found = self._candidate(name, wording, other)
                known = best.get(name.concept)
                if found.score >= max(least, 1e-9) and (known is None or known.score < found.score):
                    best[name.concept] = found
        return sorted(best.values(), key=lambda one: (-one.score, one.concept))[:most]

    def _sharing(self, wording: Wording) -> set[int]:
        """The names that share a word that tells something; any word, if it has no such."""
        telling = wording.words - _GENERIC or wording.words
        return {number for word in telling for number in self._of.get(word, ())}

    def _candidate(self, name: Name, one: Wording, other: Wording) -> Candidate:
        factor, differences = compared(one, other)
        alike = self._similarity(one.words, other.words)
        return Candidate(name.concept, name.text, round(alike * factor * name.weight, 3), differences)

    def _similarity(self, one: frozenset[str], other: frozenset[str]) -> float:
        """The share of the words of both that both have, each weighed by how rare it is among the names."""
        total = self._weight(one | other)
        return self._weight(one & other) / total if total else 0.0

    def _weight(self, words: Iterable[str]) -> float:
        return sum(self._rarity(word) * (0.2 if word in _GENERIC else 1.0) for word in sorted(words))

    def _rarity(self, word: str) -> float:
        return 1.0 + log((len(self._names) + 1) / (len(self._of.get(word, ())) + 1))


def compared(one: Wording, other: Wording) -> tuple[float, tuple[str, ...]]:
    """What the marks leave of the similarity of two terms, and what differs, in words."""
    factor, said = 1.0, list[str]()
    for axis in sorted(one.axes | other.axes):
        mine, theirs = one.on(axis), other.on(axis)
        if mine == theirs:
            continue
        factor *= _CONTRADICTION if mine and theirs else _ONE_SIDED.get(axis, 0.55)
        said.append(f"{axis}: {_values(mine)} / {_values(theirs)}")
    for term, counterpart in ((one, other), (other, one)):
        if term.head and not (term.head - _GENERIC or term.head) & counterpart.words:
            factor *= _CONSEQUENCE
            said.append("what is due to something / that something")
    if not _is_same_component(one, other):
        factor *= _CONTRADICTION
        said.append("what is measured")
    return factor, tuple(said)


def _is_same_component(one: Wording, other: Wording) -> bool:
    """Whether two terms measure the same, as far as either says in LOINC's form what it measures."""
    if one.component and other.component:
        return one.component == other.component
    return (one.component or other.component) <= (other.words if one.component else one.words)


def _values(values: frozenset[str]) -> str:
    return " ".join(sorted(values)) or "none"


def kind_of(text: str) -> str | None:
    """Of a term with a semantic tag: what kind of thing it names; the tag itself where that is none of ours.

    >>> kind_of("Asthma (disorder)"), kind_of("Throat culture (procedure)"), kind_of("Asthma")
    ('condition', 'procedure', None)
    """
    tag = tag_of(text)
    return _KINDS.get(tag, tag) if tag else None
