"""An anonymous class expression among the named classes: a DL query, or a post-coordinated SNOMED CT expression."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kgtwin.model.axiom_table import Ints
from kgtwin.model.axioms import Class, ClassExpression, EquivalentClasses
from kgtwin.model.caveat import Caveat
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.view import View
from kgtwin.vocabulary import OWL_NOTHING

if TYPE_CHECKING:
    from kgtwin.reasoning.classification import Classification

_NAME = "urn:kgtwin:query"


class Query:
    """Where an expression stands. What is above it is derived at once; what is below it, when it is asked for."""

    def __init__(
        self,
        expression: ClassExpression,
        index: Index,
        closure: Closure,
        base: Classification,
    ) -> None:
        self.expression = expression
        self._index, self._base, self._base_closure = index, base, closure
        self._extension = Extension(index)
        self._atom = self._extension.filler(expression)
        self._closure = closure.on_top(self._extension) if self._extension.count else closure
        self._view = View(index, self._closure, self._extension)

    @property
    def satisfiable(self) -> bool:
        """Whether it can have instances."""
        if self._is_defined:
            return _NAME not in self._named.unsatisfiable
        return BOTTOM not in self._closure.subsumers(self._atom)

    @cached_property
    def ancestors(self) -> frozenset[str]:
        """The named classes strictly above it; none where it cannot have instances."""
        if not self.satisfiable:
            return frozenset()
        if self._is_defined:
            return self._named.ancestors(_NAME)
        return frozenset(self._index.name(c) for c in self._above.tolist() if c not in self._equal)

    @cached_property
    def parents(self) -> frozenset[str]:
        """The most specific of them, with their equivalents."""
        if not self.satisfiable:
            return frozenset()
        if self._is_defined:
            return self._named.parents(_NAME)
        above = self._above[~np.isin(self._above, list(self._equal))] if self._equal else self._above
        return frozenset(self._index.names(self._closure.most_specific(above)))

    @cached_property
    def equivalents(self) -> frozenset[str]:
        """The named classes with the same instances."""
        if not self.satisfiable:
            return frozenset({OWL_NOTHING})
        if self._is_defined:
            return self._named.equivalents(_NAME)
        return frozenset(self._index.name(c) for c in self._equal)

    @property
    def children(self) -> frozenset[str]:
        """The named classes directly below it."""
        return self._named.children(_NAME)

    @property
    def descendants(self) -> frozenset[str]:
        """All satisfiable named classes strictly below it."""
        return self._named.descendants(_NAME)

    @cached_property
    def caveats(self) -> tuple[Caveat, ...]:
        """Those that can touch what is said to be above it, and whether it is satisfiable; without any, that is all.

        They name what was not used of the axioms, and of the expression.
        """
        if self._is_defined:
            return self._named.caveats_of(_NAME)
        if self._base.afresh is not self._base:
            return self._base.afresh.query(self.expression).caveats
        return self._base.completeness.on_top(self._view, self._base_closure, [self._atom])

    @cached_property
    def caveats_below(self) -> tuple[Caveat, ...]:
        """Those that can touch what is said to be below it."""
        return self._named.caveats_below(_NAME)

    # inside

    @property
    def _is_defined(self) -> bool:
        """Whether it needs rules that an extension has not; then a class is defined as it, and all classified anew."""
        return bool(self._extension.unused or self._extension.individuals)

    @cached_property
    def _above(self) -> Ints:
        """The last derived first: as a rule the most specific ones."""
        found = self._index.classes_among(self._closure.array(self._atom))
        above: Ints = found[found != BOTTOM][::-1]
        return above

    @cached_property
    def _equal(self) -> frozenset[int]:
        """Only what has all the same classes above it can be equivalent."""
        same = (c for c in self._closure.most_specific(self._above) if self._has_all(c))
        return frozenset(c for c in same if self._view.satisfies(c, self.expression))

    def _has_all(self, c: int) -> bool:
        return self._closure.size(c) >= len(self._above) and set(self._closure.array(c).tolist()).issuperset(
            self._above.tolist()
        )

    @cached_property
    def _named(self) -> Classification:
        return self._base.change([EquivalentClasses((Class(_NAME), self.expression))])
