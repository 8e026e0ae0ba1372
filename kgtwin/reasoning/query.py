"""An anonymous class expression among the named classes: a DL query, or a post-coordinated SNOMED CT expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from kgtwin.model.axioms import Class, ClassExpression, EquivalentClasses
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.taxonomy import most_specific
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
        change: Callable[[Iterable[EquivalentClasses]], Classification],
    ) -> None:
        self.expression = expression
        self._index, self._change = index, change
        self._extension = Extension(index)
        self._atom = self._extension.filler(expression)
        self._closure = closure.on_top(self._extension) if self._extension.count else closure
        self._view = View(index, self._closure, self._extension)

    @property
    def satisfiable(self) -> bool:
        """Whether it can have instances."""
        return BOTTOM not in self._closure.subsumers(self._atom)

    @cached_property
    def ancestors(self) -> frozenset[str]:
        """The named classes strictly above it; none where it cannot have instances."""
        if not self.satisfiable:
            return frozenset()
        return frozenset(self._index.name(c) for c in self._above if c not in self._equal)

    @cached_property
    def parents(self) -> frozenset[str]:
        """The most specific of them, with their equivalents."""
        if not self.satisfiable:
            return frozenset()
        specific = most_specific([c for c in self._above if c not in self._equal], self._closure)
        return frozenset(self._index.name(c) for c in specific)

    @cached_property
    def equivalents(self) -> frozenset[str]:
        """The named classes with the same instances."""
        if not self.satisfiable:
            return frozenset({OWL_NOTHING})
        return frozenset(self._index.name(c) for c in self._equal)

    @property
    def children(self) -> frozenset[str]:
        """The named classes directly below it."""
        return self._named.children(_NAME)

    @property
    def descendants(self) -> frozenset[str]:
        """All satisfiable named classes strictly below it."""
        return self._named.descendants(_NAME)

    # inside

    @cached_property
    def _above(self) -> list[int]:
        known = self._closure.subsumers(self._atom)
        return [c for c in known if self._index.is_class(c) and c != BOTTOM]

    @cached_property
    def _equal(self) -> frozenset[int]:
        """Only what has all the same classes above it can be equivalent."""
        wanted = set(self._above)
        largest = max(map(self._closure.size, wanted), default=0)
        candidates = [c for c in self._above if self._closure.size(c) == largest]
        same = (c for c in candidates if wanted <= set(self._closure.subsumers(c)))
        return frozenset(c for c in same if self._view.satisfies(c, self.expression))

    @cached_property
    def _named(self) -> Classification:
        return self._change([EquivalentClasses((Class(_NAME), self.expression))])
