"""One individual of which many things are told: what follows from each alone, and what takes several of them.

Where the things that an individual is linked to have nothing to do with one another, all that follows about it is what
follows from each telling alone, and then, again and again, what conjunctions of that entail: every other rule of the
calculus has one premise about the individual. So what single tellings give is worked out once for all individuals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np

from kgtwin.model.axioms import ClassExpression, DataRange
from kgtwin.reasoning.classification import Classification
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.individuals import Knowledge
from kgtwin.reasoning.program import BOTTOM, LOOP
from kgtwin.reasoning.realisation import Realisation
from kgtwin.reasoning.view import View

Conjunction = tuple[frozenset[int], int]
"""Atoms, and the one that follows from all of them together."""


class Additive:
    """What a classification says of one individual, part by part; atoms are numbers of the classification's own.

    ``individual`` is an IRI that the ontology does not know, ``told`` what is told of it in any case.
    """

    def __init__(self, classification: Classification, individual: str, told: Iterable[ClassExpression] = ()) -> None:
        self.classification = classification.afresh
        self._index, self._closure = self.classification.inside
        self._individual, self._told = individual, tuple(told)

    @cached_property
    def obstacle(self) -> str | None:
        """Why what follows cannot be put together from parts; None where it can."""
        known = Knowledge.of(self._index)
        if known.rules.rules:
            return "the ontology has rules"
        if known.keys.keys:
            return "the ontology has keys"
        if (self._index.program.roles.flags & LOOP).any() or self._index.box.self_role:
            return "the ontology has roles from a thing to itself"
        if known.matters:
            return "the ontology says what an individual is"
        return None

    def of(self, realisation: Realisation) -> frozenset[int]:
        """All atoms of the individual in a realisation by this classification."""
        return self._known(realisation.atoms(self._individual))

    def given(self, atom: int | None = None) -> frozenset[int]:
        """What follows from an atom and what is told in any case, or from the latter alone."""
        extension, individual = self._with(atom)
        return self._known(self._closure.on_top(extension).subsumers(individual))

    def satisfies(self, atom: int | None, expression: ClassExpression) -> bool:
        """Whether the individual is of a type for an atom and what is told in any case, or for the latter alone."""
        extension, individual = self._with(atom)
        return View(self._index, self._closure.on_top(extension), extension).satisfies(individual, expression)

    def _with(self, atom: int | None) -> tuple[Extension, int]:
        """The individual of whom only that is told."""
        extension = Extension(self._index)
        individual = extension.individual(self._individual)
        for expression in self._told:
            extension.tell(individual, expression)
        if atom is not None:
            extension.told(individual, atom)
        return extension, individual

    def _known(self, atoms: Iterable[int]) -> frozenset[int]:
        count = self._index.count
        return frozenset(atom for atom in atoms if atom < count)

    def atom(self, iri: str) -> int | None:
        """The atom of a named class, None where there is no such class."""
        return self._index.class_atom(iri)

    @property
    def nothing(self) -> int:
        """The atom of what cannot exist."""
        return BOTTOM

    @cached_property
    def conjunctions(self) -> tuple[Conjunction, ...]:
        """All conjunctions of two atoms and more, disjoint pairs left out."""
        return tuple(dict.fromkeys(self._conjunctions()))

    def _conjunctions(self) -> Iterator[Conjunction]:
        program = self._index.program
        joins, longer = program.joins, program.longer
        atoms = np.repeat(np.arange(len(joins.starts) - 1), np.diff(joins.starts)).tolist()
        for atom, other, head in zip(atoms, *joins.columns.tolist(), strict=True):
            if head >= 0:
                yield frozenset((atom, other)), head
        ends = longer.part_ends.tolist()
        for start, end, head in zip([0, *ends], ends, longer.heads.tolist(), strict=False):
            yield frozenset(longer.parts[start:end].tolist()), head

    @cached_property
    def disjoint(self) -> tuple[frozenset[int], ...]:
        """Groups of atoms of which nothing can be any two."""
        groups = self._index.program.groups
        found: dict[int, set[int]] = {}
        atoms = np.repeat(np.arange(len(groups.starts) - 1), np.diff(groups.starts)).tolist()
        for atom, group in zip(atoms, groups.columns[0].tolist(), strict=True):
            found.setdefault(group, set()).add(atom)
        return tuple(frozenset(one) for one in found.values())

    def ranges(self, data_property: str) -> tuple[DataRange, ...]:
        """The ranges of a data property, or of one above it, that anything follows from."""
        entity = self._index.entity(data_property)
        if entity is None:
            return ()
        above = set(self._index.data_properties.supers(entity)) | {entity}
        return tuple(dict.fromkeys(one.range for one in self._index.waited_data if one.property in above))
