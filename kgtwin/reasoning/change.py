"""Axioms added to a closed program and taken out of it: closes anew what may have changed, and shares the rest.

In the spirit of Kazakov and Klinov (2013): nothing is recorded about derivations. What an edit can touch are the
contexts below the atoms whose rules it changes, and whatever depends on those: the contexts below them and the ones
that lead to them. They are all forgotten and closed together, which is exact for removals as well; where they are too
many, the whole is classified afresh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Axiom
from kgtwin.reasoning.compiled import CompiledClosure, OnTop
from kgtwin.reasoning.edit import Edited, Editor, Origins, TooDeep, section_of
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.patch import Patch, nothing
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import LINKS
from kgtwin.reasoning.reverse import Reverse
from kgtwin.reasoning.specific import most_specific

_PART = 16
"""More than this part of all contexts is not closed anew, but everything afresh."""


class Lineage:
    """What the values that come from one classification share."""

    def __init__(self, index: Index, closure: CompiledClosure) -> None:
        self.index, self.closure = index, closure
        self.origins = Origins(index)
        self.reverse = Reverse(index.program, closure.state)
        self.limit = max(64, index.program.atoms // _PART)


class ChangedClosure:
    """The closure of an edited program, as a patch on its base."""

    def __init__(self, lineage: Lineage, edited: Edited, patch: Patch) -> None:
        self.lineage, self.edited, self.patch = lineage, edited, patch

    @classmethod
    def of(cls, index: Index, closure: CompiledClosure) -> ChangedClosure:
        """A closure without any change yet."""
        return cls(Lineage(index, closure), Edited(len(index.atoms.node)), nothing())

    def change(self, added: Iterable[Axiom], removed: Iterable[Axiom]) -> ChangedClosure:
        """The closure with some axioms more and some less.

        Raises:
            TooDeep: the edit, or what depends on it, is too much to be worked in.
            NotFoundError: an axiom to remove is not there.
        """
        editor = Editor(self.lineage.index, self.edited, self.lineage.origins)
        for axiom in removed:
            editor.remove(axiom)
        for axiom in added:
            editor.add(axiom)
        contexts = self._dependents(self._seeds(editor.seeds))
        patch = self.lineage.closure.changed(self.patch, editor.records(), editor.count, contexts)
        return ChangedClosure(self.lineage, editor.after(), patch)

    # what follows

    def subsumers(self, atom: int) -> Collection[int]:
        """All atoms above a context, itself included."""
        return self.array(atom)

    def array(self, atom: int) -> Ints:
        """The same, as an array."""
        place = self._places.get(atom)
        return self.lineage.closure.array(atom) if place is None else self.patch.state.subsumers(place)

    def size(self, atom: int) -> int:
        """How many atoms are above a context."""
        place = self._places.get(atom)
        return self.lineage.closure.size(atom) if place is None else self.patch.state.size(place)

    def most_specific(self, classes: Ints) -> list[int]:
        """Those of some classes that are strictly above no other of them."""
        return most_specific(classes.tolist(), self)

    def links(self, atom: int) -> Collection[Pair]:
        """The links of a context that can end a chain, as (role, target)."""
        place = self._places.get(atom)
        return self.lineage.closure.links(atom) if place is None else self.patch.state.links_of(place)

    def on_top(self, extension: Extension) -> OnTop:
        """The closure of an extension's atoms, on top of this one."""
        return self.lineage.closure.on_top(extension, self)

    def having(self, atom: int) -> Iterator[int]:
        """The contexts below an atom."""
        if atom < self.edited.first:
            yield from (x for x in self.lineage.reverse.having(atom).tolist() if x not in self._places)
        yield from (x for x, place in self._places.items() if atom in self.patch.state.subsumers(place))

    # inside

    @cached_property
    def _places(self) -> dict[int, int]:
        return {atom: place for place, atom in enumerate(self.patch.contexts.tolist())}

    def _telling(self, context: int) -> Iterator[int]:
        """The atoms that say of themselves that they are linked to a context."""
        entries = self.edited.entries
        if context < self.edited.first:
            yield from (a for a in self.lineage.reverse.telling(context).tolist() if a not in entries)
        for atom in entries:
            columns, _ = section_of(self.lineage.index, entries, atom, LINKS)
            if context in columns[1]:
                yield atom

    def _seeds(self, pairs: Iterable[Pair]) -> Iterator[int]:
        """The contexts below both atoms of a pair."""
        known = self.edited.first + self.patch.new
        for one, other in pairs:
            if one >= known or other >= known:
                continue
            few = one if one == other or self._size(one) <= self._size(other) else other
            wanted = other if few == one else one
            for x in self.having(few):
                if one == other or wanted in self.subsumers(x):
                    yield x

    def _size(self, atom: int) -> int:
        return len(self.lineage.reverse.having(atom)) if atom < self.edited.first else 0

    def _dependents(self, seeds: Iterable[int]) -> Ints:
        """The seeds and all contexts that depend on them."""
        found = dict.fromkeys(seeds)
        queue = list(found)
        for here in queue:
            if len(queue) > self.lineage.limit:
                raise TooDeep
            atoms = (here, *self._telling(here))
            for atom in atoms:
                for x in self.having(atom):
                    if x not in found:
                        found[x] = None
                        queue.append(x)
        return np.array(queue, np.int32)
