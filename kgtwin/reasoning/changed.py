"""Names and taxonomy of a closure after edits: the base's, but for the contexts that were closed anew."""

from __future__ import annotations

from collections.abc import Iterable

from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Class, ClassExpression
from kgtwin.reasoning.change import ChangedClosure
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import BOTTOM, LINKS, TOP
from kgtwin.reasoning.taxonomy import Taxonomy


class ChangedIndex(Index):
    """An index with the names that edits have added."""

    def __init__(self, closure: ChangedClosure) -> None:
        self.__dict__.update(vars(closure.lineage.index))
        self._edited = closure.edited

    @property
    def count(self) -> int:
        return self._edited.first + self._edited.count

    def is_class(self, atom: int) -> bool:
        return atom < self.atoms.named or (atom >= self._edited.first and self._is_new_class(atom))

    def _is_new_class(self, atom: int) -> bool:
        return isinstance(self._edited.nodes.get(atom), Class)

    def classes_among(self, atoms: Ints) -> Ints:
        wanted = atoms < self.atoms.named
        for place in (atoms >= self._edited.first).nonzero()[0].tolist():
            wanted[place] = self._is_new_class(int(atoms[place]))
        return atoms[wanted]

    def class_atom(self, iri: str) -> int | None:
        known = super().class_atom(iri)
        return self._edited.named.get(iri) if known is None else known

    def class_atoms(self) -> list[int]:
        return [*super().class_atoms(), *(atom for _, atom in self._edited.named.items())]

    def name(self, atom: int) -> str:
        found = self._edited.nodes.get(atom) if atom >= self._edited.first else None
        return found.iri if isinstance(found, Class) else super().name(atom)

    def names(self, atoms: Iterable[int]) -> list[str]:
        return [self.name(atom) for atom in atoms]

    def value(self, atom: int) -> ClassExpression:
        found = self._edited.nodes.get(atom) if atom >= self._edited.first else None
        return super().value(atom) if found is None else found

    def told_links(self, atoms: Ints) -> list[Pair]:
        edited, first = self._edited, self._edited.first
        others = [atom for atom in atoms.tolist() if atom >= first or atom in edited.entries]
        if not others:
            return super().told_links(atoms)
        found: list[Pair] = []
        for atom in atoms.tolist():
            found += zip(*edited.section(self, atom, LINKS).tolist(), strict=True)
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
        if not self._closure.is_changed(c):
            return self._base.head_of(c)
        return self._local(c)[0][0]

    def group(self, c: int) -> list[int]:
        """The classes equivalent to a class, itself included."""
        if c == BOTTOM or self.head_of(c) == BOTTOM:
            return sorted({BOTTOM, *self._classes_below(BOTTOM)})
        return self._local(c)[0] if self._closure.is_changed(c) else self._base.group(c)

    def above(self, head: int) -> list[int]:
        """The heads of the groups directly above one."""
        return self._local(head)[1] if self._closure.is_changed(head) else self._base.above(head)

    def below(self, head: int) -> list[int]:
        """The heads of the groups directly below one."""
        changed = self._closure.is_changed
        if head == TOP and not changed(TOP):
            own = (d for d in self._closure.changed() if self._index.is_class(d))
        else:
            own = (d for d in self._classes_below(head) if changed(d))
        kept = [] if changed(head) else [d for d in self._base.below(head) if not changed(d)]
        return [*kept, *(d for d in own if self.head_of(d) == d and d != BOTTOM and head in self.above(d))]

    def descendants(self, head: int) -> list[int]:
        """The heads of all groups below one, each once."""
        own = set(self.group(head))
        found = dict.fromkeys(self.head_of(c) for c in self._classes_below(head) if c not in own)
        return [c for c in found if c != BOTTOM]

    @property
    def leaves(self) -> list[int]:
        """The heads with nothing but ``⊥`` below."""
        heads = {self.head_of(c) for c in self._index.class_atoms()} - {BOTTOM}
        inner = {parent for head in heads for parent in self.above(head)}
        return sorted(heads - inner)

    # inside

    def _classes_below(self, c: int) -> list[int]:
        return [d for d in self._closure.below(c) if self._index.is_class(d)]

    def _local(self, c: int) -> tuple[list[int], list[int]]:
        """The group of a class, its head first, and the heads directly above it."""
        found = self._known.get(c)
        if found is None:
            found = self._known[c] = self._worked_out(c)
        return found

    def _worked_out(self, c: int) -> tuple[list[int], list[int]]:
        """More above a class than above another one that is above it: it is strictly below that."""
        closure = self._closure
        above = self._index.classes_among(closure.array(c)).tolist()
        if BOTTOM in above:
            return [BOTTOM], []
        sizes = {d: closure.size(d) for d in above}
        group = sorted(d for d in above if sizes[d] == sizes[c])
        covered, heads = set(group), set[int]()
        for d in sorted(above, key=lambda d: -sizes[d]):
            if d not in covered:
                covered.update(closure.array(d).tolist())
                heads.add(self.head_of(d))
        return group, sorted(heads)
