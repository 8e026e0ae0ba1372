"""What of the axioms was not used, and which answers that can touch. What is derived is always sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from kgtwin.model.axioms import Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.owl_text import render_expression
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.conditions import Condition, UndecidedNumber
from kgtwin.reasoning.extension import Extension, Node
from kgtwin.reasoning.gaps import Gap, gaps
from kgtwin.reasoning.gaps_data import data_gaps, gaps_of_values
from kgtwin.reasoning.gaps_individuals import individual_gaps, rule_gaps
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.program import TOP
from kgtwin.reasoning.reach import Reach
from kgtwin.reasoning.view import View

_REMEDY = "rewrite it in OWL 2 EL, or check it with HermiT"
_MOST_NAMES = 20
"""So many things does a caveat name that have an undecided number."""


class Completeness:
    """What a classification did not use, and where that matters."""

    def __init__(self, index: Index, closure: Closure) -> None:
        self._index, self._closure = index, closure

    @cached_property
    def caveats(self) -> tuple[Caveat, ...]:
        """One for each axiom, or part of one, that was not used."""
        return tuple(self._numbers)

    def of(self, context: int) -> tuple[Caveat, ...]:
        """Those that can touch what is known to be above a context; none where that is certainly all."""
        if not self._numbers or not self._reach.possible(context):
            return ()
        return self._named(self._reach.broken([context]) | self._reach.by_individuals)

    @property
    def of_individuals(self) -> tuple[Caveat, ...]:
        """Those that can touch the types of individuals."""
        return self._named(self._reach.by_individuals) if self._numbers else ()

    @property
    def of_consistency(self) -> tuple[Caveat, ...]:
        """Those that can touch whether there is a model at all."""
        if not self._numbers:
            return ()
        if self._index.atoms.named < self._index.atoms.proper:
            return self.of_individuals
        touched = self.of(TOP)
        return touched if touched and self._are_all_touched() else ()

    def touched(self, caveat: Caveat) -> list[int]:
        """The named classes whose answers a caveat can touch.

        Raises:
            KeyError: it is none of these caveats.
        """
        found = [self._reach.touched(k) for k in self._numbers[caveat]]
        every = np.unique(np.concatenate(found)) if len(found) > 1 else found[0]
        named: list[int] = every[every < self._index.atoms.named].tolist()
        return named

    def on_top(self, view: View, base: Closure, roots: Sequence[int]) -> tuple[Caveat, ...]:
        """Those that can touch what is known of some contexts of an extension."""
        assert view.extension is not None
        own = [gap for _, gap in _gaps_on_top(self._index, view, view.extension)]
        if not (own or self._gaps or view.extension.identifies):
            return ()
        conditions = (*self._conditions, *(gap.condition for gap in own))
        reach = Reach(view, base, conditions, self._reach)
        broken = reach.broken(roots) | self._reach.by_individuals
        more = _of_extension(own, reach, len(self._conditions), view.extension)
        return tuple(dict.fromkeys((*self._named(broken), *more)))

    # inside

    def _are_all_touched(self) -> bool:
        """Whether there is no class of which an instance is certainly possible."""
        free = self._reach.graph.possible[: self._index.atoms.named].copy()
        for k in range(len(self._conditions)):
            found = self._reach.touched(k)
            free[found[found < len(free)]] = False
        return not free.any()

    @cached_property
    def _gaps(self) -> tuple[Gap, ...]:
        index, closure = self._index, self._closure
        found = [*gaps(index, closure), *data_gaps(index, closure), *individual_gaps(index, closure)]
        return tuple(gap for _, gap in sorted(found, key=lambda pair: pair[0]))

    @cached_property
    def _conditions(self) -> dict[Condition, int]:
        """The conditions of the gaps, numbered."""
        return {condition: k for k, condition in enumerate(dict.fromkeys(gap.condition for gap in self._gaps))}

    @cached_property
    def _numbers(self) -> dict[Caveat, list[int]]:
        """The numbers of the conditions of each caveat; a number that is nowhere undecided makes none."""
        found: dict[Caveat, list[int]] = {}
        for gap in self._gaps:
            number = self._conditions[gap.condition]
            names = self._undecided(number) if isinstance(gap.condition, UndecidedNumber) else ()
            if names is not None:
                found.setdefault(_caveat(gap, names), []).append(number)
        return found

    def _undecided(self, condition: int) -> tuple[str, ...] | None:
        """What has an undecided number, or None."""
        found = self._reach.breaking(condition)[:_MOST_NAMES]
        return tuple(_name(self._index, y) for y in found) or None

    @cached_property
    def _reach(self) -> Reach:
        return Reach(View(self._index, self._closure), self._closure, tuple(self._conditions))

    def _named(self, conditions: Iterable[int]) -> tuple[Caveat, ...]:
        wanted = set(conditions)
        return tuple(caveat for caveat, numbers in self._numbers.items() if not wanted.isdisjoint(numbers))


def _gaps_on_top(index: Index, view: View, extension: Extension) -> Iterable[tuple[int, Gap]]:
    if extension.data:
        values = [*extension.data.values(), *index.asserted_data]
        own = range(extension.first, extension.first + extension.count)
        yield from gaps_of_values(index, view.closure, values, own)
        yield from rule_gaps(index, values, extension.open_rules)


def _caveat(gap: Gap, names: Sequence[str] = ()) -> Caveat:
    return Caveat(CaveatCode.IGNORED_AXIOM, gap.text, tuple(dict.fromkeys((*gap.names, *names))), _REMEDY)


def _name(index: Index, context: int) -> str:
    return index.name(context) if context < index.atoms.proper else _written(index.value(context))


def _written(node: Node) -> str:
    if isinstance(node, str):
        return node
    return node.iri if isinstance(node, Class) else render_expression(node)


def on_top(index: Index, base: Closure, closure: Closure, extension: Extension) -> tuple[Caveat, ...]:
    """What is not used of the data values told in an extension, as they are known only as ranges."""
    view = View(index, closure, extension)
    own = [gap for _, gap in _gaps_on_top(index, view, extension)]
    if not own:
        return ()
    reach = Reach(view, base, [gap.condition for gap in own])
    return tuple(_of_extension(own, reach, 0, extension))


def _of_extension(own: Sequence[Gap], reach: Reach, first: int, extension: Extension) -> dict[Caveat, None]:
    """The caveats of gaps, their conditions numbered on from ``first``, that some of an extension breaks, by name."""
    contexts = [one for one in (*extension.individuals.values(), *extension.fillers.values()) if reach.possible(one)]
    found: dict[Caveat, None] = {}
    for k, gap in enumerate(own, first):
        names = [_written(extension.node(y)) for y in contexts if reach.breaks(y, k)]
        if names:
            found[_caveat(gap, names)] = None
    return found
