"""Names and taxonomy of a closure after edits: the base's, but for the contexts that were closed anew."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.reasoning.change import ChangedClosure
from kgtwin.reasoning.edit import section_of
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import BOTTOM, LINKS, TOP
from kgtwin.reasoning.specific import direct
from kgtwin.reasoning.taxonomy import Taxonomy


class ChangedIndex(Index):
    """An index with the names that edits have added."""

    def __init__(self, closure: ChangedClosure) -> None:
        self.__dict__.update(vars(closure.lineage.index))
        self._edited = closure.edited
        self._added = {atom: iri for iri, atom in closure.edited.named.items()}

    @property
    def count(self) -> int:
        return self._edited.first + len(self._edited.nodes)

    def is_class(self, atom: int) -> bool:
        return atom < self.atoms.named or atom in self._added

    def classes_among(self, atoms: Ints) -> Ints:
        return atoms[(atoms < self.atoms.named) | np.isin(atoms, list(self._added))]

    def class_atom(self, iri: str) -> int | None:
        known = super().class_atom(iri)
        return self._edited.named.get(iri) if known is None else known

    def class_atoms(self) -> list[int]:
        return [*super().class_atoms(), *self._added]

    def name(self, atom: int) -> str:
        return self._added[atom] if atom in self._added else super().name(atom)

    def names(self, atoms: Iterable[int]) -> list[str]:
        return [self.name(atom) for atom in atoms]

    def value(self, atom: int) -> ClassExpression:
        if atom in self._added:
            return Class(self._added[atom])
        first = self._edited.first
        return super().value(atom) if atom < first else self._edited.nodes[atom - first]

    def told_links(self, atoms: Ints) -> list[Pair]:
        entries, known = self._edited.entries, self.program.atoms
        edited = [atom for atom in atoms.tolist() if atom >= known or LINKS in entries.get(atom, ())]
        found = super().told_links(atoms[~np.isin(atoms, edited)])
        for atom in edited:
            columns, _ = section_of(self, entries, atom, LINKS)
            found += zip(*columns.tolist(), strict=True)
        return found


class ChangedTaxonomy:
    """A taxonomy of which only the contexts closed anew are worked out, one by one when they are asked for.

    A class that was not closed anew has the same classes above it, none of which was closed anew either.
    """

    def __init__(self, base: Taxonomy, index: ChangedIndex, closure: ChangedClosure) -> None:
        self._base, self._index, self._closure = base, index, closure
        self._known: dict[int, tuple[list[int], list[int]]] = {}

    def head_of(self, c: int) -> int:
        """The representative of a class's group of equivalents."""
        if c not in self._own:
            return self._base.head_of(c)
        group = self._local(c)[0]
        return BOTTOM if BOTTOM in group else min(group)

    def group(self, c: int) -> list[int]:
        """The classes equivalent to a class, itself included."""
        if c == BOTTOM or self.head_of(c) == BOTTOM:
            kept = [d for d in self._base.group(BOTTOM) if d not in self._own]
            return sorted({BOTTOM, *kept, *(d for d in self._own if self._empty(d))})
        return self._local(c)[0] if c in self._own else self._base.group(c)

    def above(self, head: int) -> list[int]:
        """The heads of the groups directly above one."""
        return self._local(head)[1] if head in self._own else self._base.above(head)

    def below(self, head: int) -> list[int]:
        """The heads of the groups directly below one."""
        kept = [] if head in self._own else [d for d in self._base.below(head) if d not in self._own]
        own = (d for d in self._own if not self._empty(d) and head in self.above(d) and self.head_of(d) == d)
        return [*kept, *own]

    def descendants(self, head: int) -> list[int]:
        """The heads of all groups below one, each once."""
        found = dict.fromkeys(self.below(head))
        queue = list(found)
        for here in queue:
            more = dict.fromkeys(child for child in self.below(here) if child not in found)
            found.update(more)
            queue.extend(more)
        return queue

    @property
    def leaves(self) -> list[int]:
        """The heads with nothing but ``⊥`` below."""
        heads = {self.head_of(c) for c in self._index.class_atoms()} - {BOTTOM}
        inner = {parent for head in heads for parent in self.above(head)}
        return sorted(heads - inner)

    # inside

    @cached_property
    def _own(self) -> dict[int, None]:
        """The classes that were closed anew."""
        return {c: None for c in self._closure.patch.contexts.tolist() if self._index.is_class(c)}

    def _empty(self, c: int) -> bool:
        return BOTTOM in self._closure.subsumers(c)

    def _named(self, c: int) -> list[int]:
        return [int(d) for d in self._closure.subsumers(c) if self._index.is_class(int(d))]

    def _local(self, c: int) -> tuple[list[int], list[int]]:
        """The group of a class, and the heads directly above it."""
        found = self._known.get(c)
        if found is None:
            found = self._known[c] = self._worked_out(c)
        return found

    def _worked_out(self, c: int) -> tuple[list[int], list[int]]:
        if self._empty(c):
            return [BOTTOM], []
        above = {d: self._named(d) for d in self._named(c)}
        group = [d for d, named in above.items() if c in named]
        strict = [d for d in above if d not in group]
        heads = sorted({min(e for e in above[d] if d in above.get(e, ())) for d in strict})
        return sorted(group), direct(heads, {d: len(above[d]) for d in heads}, above) or ([] if c == TOP else [TOP])
