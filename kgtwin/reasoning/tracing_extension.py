"""Inferences by what an extension was told."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from kgtwin.model.data_ranges import canonical
from kgtwin.reasoning.contexts import Contexts, RangeAtom, ValueAtom
from kgtwin.reasoning.inferences import Fact, Inference, Inferences, Rule
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.replay import Cause, Reason, Replay, Told
from kgtwin.reasoning.tracing_data import DataTracer
from kgtwin.reasoning.tracing_ranges import RangeTracer


class ExtensionTracer:
    """Lists inferences by assertions, and by what fillers mean that assertions speak of."""

    def __init__(self, contexts: Contexts, replay: Replay, data: DataTracer, ranges: RangeTracer) -> None:
        self._contexts, self._replay, self._data, self._ranges = contexts, replay, data, ranges
        self._index = contexts.index

    def is_a(self, x: int, head: int) -> Inferences:
        """``x ⊑ D``"""
        above = self._contexts.subs(x)
        for told in self._told_by_target.get(head, ()):
            if told.atom in above:
                if told.reason.cause is Cause.VALUE:
                    yield from self._data.entailed(x, told.atom, head)
                else:
                    yield from (Inference(Rule.TOLD, *one) for one in self._reasons(x, told.atom, told.reason))
        for one, other, reason in self._replay.all_clashes if head == BOTTOM else ():
            if one in above and other in above:
                if reason.cause is Cause.VALUE:
                    yield from self._data.all_functional(x, one, other)
                else:
                    for premises, axioms in self._reasons(x, one, reason):
                        yield Inference(Rule.JOIN, (*premises, (x, other)), axioms)

    @cached_property
    def _told_by_target(self) -> dict[int, list[Told]]:
        found: dict[int, list[Told]] = {}
        for told in self._replay.all_told:
            found.setdefault(told.target, []).append(told)
        return found

    def _reasons(self, x: int, atom: int, reason: Reason) -> Iterator[tuple[tuple[Fact, ...], tuple[int, ...]]]:
        """Premises and axioms of what was told of an atom above x."""
        if reason.cause is Cause.ASSERTED:
            yield ((x, atom),), (reason.number,)
        elif reason.cause is Cause.MEANT:
            yield (self._meant(x, atom, reason.place),), ()
        elif reason.cause is Cause.DERIVED:
            data_property, value = self._replay.values[reason.number]
            yield ((x, self._contexts.virtual(ValueAtom(data_property, canonical(value)))),), ()
        else:
            node = self._index.range_nodes(self._replay.all_links[reason.number].role)[reason.place]
            yield ((x, self._contexts.virtual(RangeAtom(node))),), ()

    def link(self, x: int, atom: int, place: int) -> Inferences:
        """``x -r→ y`` by a told link of an atom above x."""
        reason = self._replay.all_links[place].reason
        return (Inference(Rule.TOLD, *one) for one in self._reasons(x, atom, reason))

    def _meant(self, x: int, atom: int, place: int) -> Fact:
        """That x is what an atom stands for, or in a range that is a part of that."""
        operands = self._contexts.bounded_operands(x)
        if place < 1 or not operands or atom != self._contexts.atom(x):
            return (x, atom)
        nodes = {self._index.expression(node): node for node in self._index.range_nodes(self._contexts.role(x))}
        return (x, self._contexts.virtual(RangeAtom(nodes[operands[place]])))
