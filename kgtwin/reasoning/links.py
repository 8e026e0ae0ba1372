"""All links of a context: those that its subsumers say, and those that chains make of them."""

from __future__ import annotations

from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.plain import Pair
from kgtwin.reasoning.program import FIRST, SELF


class Links:
    """Links by context, worked out when they are asked for. Targets are atoms, roles are numbers."""

    def __init__(self, index: Index, closure: Closure, extension: Extension | None = None) -> None:
        self._index, self._closure, self._extension = index, closure, extension
        self._program = index.program
        self._chains = index.program.roles.chains
        self._known: dict[int, dict[Pair, None]] = {}

    def by(self, atom: int, role: int) -> list[Pair]:
        """The links (role, target) of a context by a role and those below it."""
        links = self.of(atom) if role in self._index.box.made else self.told(atom)
        above = self._index.box.above_sets
        return [link for link in links if role in above[link[0]]]

    def of(self, atom: int) -> dict[Pair, None]:
        """All links (role, target) of a context."""
        found = self._known.get(atom)
        if found is None:
            found = self._known[atom] = dict.fromkeys(self.told(atom))
            queue = list(found)
            for role, target in queue:
                for made in self._composed(atom, role, target):
                    if made not in found:
                        found[made] = None
                        queue.append(made)
        return found

    def told(self, atom: int) -> list[Pair]:
        """The links that a context's subsumers say, without those that chains make."""
        atoms = self._closure.array(atom)
        first = self._index.count
        pairs = self._index.told_links(atoms[atoms < first])
        if self._extension is not None:
            own = self._extension.own.links
            pairs += [pair for one in atoms[atoms >= first].tolist() for pair in own.get(one, ())]
        return [(role, atom if target == SELF else target) for role, target in pairs]

    def _composed(self, atom: int, role: int, target: int) -> list[Pair]:
        if not self._program.roles.flags[role] & FIRST:
            return []
        row = self._chains.cells[self._chains.first[role]]
        made: list[Pair] = []
        for second, last in self._closure.links(target):
            column = int(self._chains.second[second])
            cell = int(row[column]) if column >= 0 else 0
            if cell:
                start, end = self._chains.ends[cell - 1], self._chains.ends[cell]
                made += [(int(one), last) for one in self._chains.results[start:end]]
        return made
