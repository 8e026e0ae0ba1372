"""Inferences about data: values in ranges, the ranges of properties, functional properties."""

from __future__ import annotations

from functools import cached_property

from kgtwin.model import axioms as owl
from kgtwin.reasoning.contexts import Contexts, ValueAtom
from kgtwin.reasoning.data_atoms import DataAtom
from kgtwin.reasoning.inferences import DATA, Fact, Inference, Inferences, Rule, axioms_of
from kgtwin.reasoning.nodes import Kind
from kgtwin.reasoning.rolebox import Inclusion


class DataTracer:
    """Lists inferences between restrictions on data values."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts, self._index = contexts, contexts.index

    def path(self, inclusion: Fact) -> list[tuple[int, int]]:
        """The told steps from a data property up to another, by the shortest way: property and axiom of each."""
        _, sub, sup = inclusion
        found: dict[int, list[tuple[int, int]]] = {sup: []}
        queue = [sup]
        for here in queue:
            for inclusion_ in self._inclusions.get(here, ()):
                if inclusion_.sub not in found:
                    found[inclusion_.sub] = [(here, inclusion_.axiom), *found[here]]
                    queue.append(inclusion_.sub)
        return found[sub]

    def atom(self, atom: int) -> DataAtom | None:
        """The restriction that an atom is, or None."""
        if atom >= self._contexts.count:
            key = self._contexts.key(atom)
            return DataAtom(atom, key.property, key.range) if isinstance(key, ValueAtom) else None
        if atom >= self._index.program.atoms:
            return None if self._contexts.replay is None else self._contexts.replay.data.get(atom)
        nodes, node = self._index.nodes, int(self._index.program.node[atom])
        if node < 0 or nodes.kind[node] != Kind.DATA:
            return None
        return DataAtom(atom, int(nodes.a[node]), nodes.ranges[nodes.b[node]])

    def is_range(self, why: int) -> bool:
        """Whether an axiom is a data property's range."""
        return bool(self._index.told.data_ranges) and isinstance(self._index.table[why], owl.DataPropertyRange)

    def entailed(self, x: int, atom: int, head: int) -> Inferences:
        """``x ⊑ ∃p.R ⊢ x ⊑ ∃q.S``, or ``x ⊑ ⊥``."""
        one, other = self.atom(atom), self.atom(head)
        assert one is not None
        for used in self._index.data_properties.narrowings(one, other):
            premises = [(x, atom), *((DATA, one.property, entity) for entity, _ in used)]
            if other is not None:
                premises.append((DATA, one.property, other.property))
            yield Inference(Rule.DATA, tuple(premises), tuple(axiom for _, axiom in used))

    def functional(self, x: int, pair: tuple[DataAtom, DataAtom], entity: int, why: int) -> Inferences:
        """Two values of a functional property that cannot be one."""
        values = ((x, one.atom) for one in pair)
        under = ((DATA, one.property, entity) for one in pair)
        yield Inference(Rule.FUNCTIONAL, (*values, *under), (why,))

    def all_functional(self, x: int, one: int, other: int) -> Inferences:
        """The same by every property that the two are values of."""
        pair = self.atom(one), self.atom(other)
        assert pair[0] is not None
        assert pair[1] is not None
        above = [set(self._index.data_properties.functional_above(atom.property)) for atom in (pair[0], pair[1])]
        for entity, axiom in self._index.told.functional:
            if entity in above[0] & above[1]:
                yield from self.functional(x, (pair[0], pair[1]), entity, axiom)

    def under(self, sub: int, sup: int) -> Inferences:
        """``p ⊑* q``"""
        if sub == sup:
            yield Inference(Rule.INCLUSION)
            return
        for inclusion in self._inclusions.get(sup, ()):
            if inclusion.sub in self._index.data_properties.supers(sub):
                yield Inference(Rule.INCLUSION, ((DATA, sub, inclusion.sub),), axioms_of(inclusion.axiom))

    @cached_property
    def _inclusions(self) -> dict[int, list[Inclusion]]:
        found: dict[int, list[Inclusion]] = {}
        for inclusion in self._index.told.data_inclusions:
            found.setdefault(inclusion.sup, []).append(inclusion)
        return found
