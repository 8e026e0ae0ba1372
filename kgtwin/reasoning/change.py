"""Axioms added to a closed program and taken out of it: closes anew what may have changed, and shares the rest.

In the spirit of Kazakov and Klinov (2013): nothing is recorded about derivations. What an edit can touch are the
contexts below the atoms whose rules it changes, and whatever depends on those: the contexts below them and the ones
that lead to them. They are forgotten and closed anew, those that depend on one another together, which is exact for
removals as well; where they are too many, the whole is classified afresh. :mod:`kgtwin.reasoning.versions` does it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from kgtwin.model.axiom_table import AxiomTable, Ints
from kgtwin.model.axioms import Axiom
from kgtwin.model.table_edit import edited
from kgtwin.model.table_search import TableSearch
from kgtwin.reasoning.compiled import CompiledClosure, OnTop
from kgtwin.reasoning.edit import Edited, Editor, TooDeep, no_such_axiom
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.origins import Origins
from kgtwin.reasoning.patch import Layer, Patch, Records
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.specific import most_specific
from kgtwin.reasoning.state import State

if TYPE_CHECKING:
    from kgtwin.reasoning.versions import Versions

_MOST = 0.75
"""The part of all contexts that is closed anew at most. Beyond, everything is classified afresh."""
_LEAST = 64


class Lineage:
    """What the values that come from one classification share. Their memory holds one of them at a time."""

    def __init__(self, index: Index, closure: CompiledClosure) -> None:
        self.index, self.closure = index, closure
        self.origins = Origins(index)
        self.limit = max(_LEAST, int(index.program.is_context.sum() * _MOST))
        self._lock = Lock()

    def closed(self, patch: Patch, seeds: Ints, records: Records, new: int) -> Layer:
        """The layer of an edit of what a patch has made of the closure, with so many new atoms.

        Raises:
            TooDeep: too much depends on the edit.
        """
        from kgtwin.reasoning.versions import NoRoom  # noqa: PLC0415 - loads compiled code

        first = self.index.program.atoms + patch.new
        atoms = np.arange(first, first + new, dtype=np.int32)
        try:
            with self._lock:
                self._versions.at(patch.layers)
                found = self._versions.closed(records, seeds, atoms, min(self.limit, 2 * self.limit - patch.size))
        except NoRoom as no:
            raise TooDeep from no
        if found is None:
            raise TooDeep
        return found

    def below(self, patch: Patch, atom: int) -> list[int]:
        """The contexts below an atom."""
        with self._lock:
            self._versions.at(patch.layers)
            found: list[int] = self._versions.below(atom).tolist()
        return found

    def on_top(self, patch: Patch, extension: Extension) -> State:
        """What follows from the atoms of an extension."""
        with self._lock:
            return self._versions.on_top(patch.layers, extension.own, extension.first, extension.count)

    @cached_property
    def _versions(self) -> Versions:
        from kgtwin.reasoning.versions import Versions  # noqa: PLC0415 - loads compiled code

        return Versions(self.closure)

    def __getstate__(self) -> tuple[Index, CompiledClosure]:
        return self.index, self.closure

    def __setstate__(self, saved: tuple[Index, CompiledClosure]) -> None:
        self.__init__(*saved)  # type: ignore[misc]


class ChangedClosure:
    """The closure of an edited program, as a patch on its base."""

    def __init__(self, lineage: Lineage, edited: Edited, patch: Patch) -> None:
        self.lineage, self.edited, self.patch = lineage, edited, patch

    @classmethod
    def of(cls, index: Index, closure: CompiledClosure) -> ChangedClosure:
        """A closure without any change yet."""
        return cls(Lineage(index, closure), Edited(len(index.atoms.node), len(index.table)), Patch())

    def change(self, added: Iterable[Axiom], removed: Iterable[Axiom]) -> ChangedClosure:
        """The closure with some axioms more and some less.

        Raises:
            TooDeep: the edit, or what depends on it, is too much to be worked in.
            NotFoundError: an axiom to remove is not there.
        """
        editor = Editor(self.lineage.index, self.edited, self.lineage.origins)
        for axiom in dict.fromkeys(removed):
            editor.remove(axiom)
        for axiom in added:
            editor.add(axiom)
        layer = self.lineage.closed(self.patch, self._known(editor.seeds), editor.records(), editor.count)
        return ChangedClosure(self.lineage, editor.after(), self.patch.followed_by(layer, editor.count))

    def table(self) -> AxiomTable:
        """The axioms, edited."""
        done = self.edited
        added = [axiom for number, axiom in done.added.items() if number not in done.removed]
        base = self.lineage.index.table
        return edited(base, added, [number for number in done.removed if number < len(base)], done.named)

    # what follows

    def subsumers(self, atom: int) -> Collection[int]:
        """All atoms above a context, itself included."""
        return self.array(atom)

    def array(self, atom: int) -> Ints:
        """The same, as an array."""
        state, place = self._place(atom)
        return state.subsumers(place)

    def size(self, atom: int) -> int:
        """How many atoms are above a context."""
        state, place = self._place(atom)
        return state.size(place)

    def most_specific(self, classes: Ints) -> list[int]:
        """Those of some classes that are strictly above no other of them."""
        return most_specific(classes.tolist(), self)

    def links(self, atom: int) -> Collection[Pair]:
        """The links of a context that can end a chain, as (role, target)."""
        state, place = self._place(atom)
        return state.links_of(place)

    def on_top(self, extension: Extension) -> OnTop:
        """The closure of an extension's atoms, on top of this one."""
        while True:
            found = OnTop(self, extension.first, self.lineage.on_top(self.patch, extension))
            if not extension.refuted(found.subsumers):
                return found

    def is_changed(self, atom: int) -> bool:
        """Whether a context was closed anew."""
        return any(atom in layer.places for layer in self.patch.layers)

    def changed(self) -> set[int]:
        """The contexts that were closed anew."""
        return {atom for layer in self.patch.layers for atom in layer.places}

    def below(self, atom: int) -> list[int]:
        """The contexts below an atom."""
        return self.lineage.below(self.patch, atom)

    # inside

    def _place(self, atom: int) -> tuple[State, int]:
        for layer in reversed(self.patch.layers):
            place = layer.places.get(atom)
            if place is not None:
                return layer.state, place
        return self.lineage.closure.state, atom

    def _known(self, seeds: Iterable[Pair]) -> Ints:
        """The seeds below which there are contexts already, one pair after the other."""
        known = self.edited.first + self.edited.count
        return np.array([pair for pair in seeds if max(pair) < known], np.int32).reshape(-1)


def changed_table(
    table: AxiomTable, added: Collection[Axiom], removed: Collection[Axiom], classes: Iterable[str]
) -> AxiomTable:
    """A table with some axioms more and some less; ``classes`` stay known.

    Raises:
        NotFoundError: an axiom to remove is not there.
    """
    search = TableSearch(table)
    gone = set[int]()
    for axiom in dict.fromkeys(removed):
        places = search.places(axiom)
        if not places:
            raise no_such_axiom(axiom)
        gone.update(places)
    return edited(table, tuple(added), gone, classes)
