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
        self._program, self._closure, self._extension = index.program, closure, extension
        self._chains = index.program.roles.chains
        self._known: dict[int, dict[Pair, None]] = {}

    def of(self, atom: int) -> dict[Pair, None]:
        """The links (role, target) of a context."""
        found = self._known.get(atom)
        if found is None:
            found = self._known[atom] = self._told(atom)
            queue = list(found)
            for role, target in queue:
                for made in self._composed(atom, role, target):
                    if made not in found:
                        found[made] = None
                        queue.append(made)
        return found

    def _told(self, atom: int) -> dict[Pair, None]:
        found: dict[Pair, None] = {}
        for one in self._closure.subsumers(atom):
            for role, target in self._entries(one):
                found[role, atom if target == SELF else target] = None
        return found

    def _entries(self, atom: int) -> list[Pair]:
        if self._extension is not None and atom >= self._extension.first:
            return self._extension.own.links.get(atom, [])
        roles, targets = self._program.links.of(atom)
        return list(zip(roles.tolist(), targets.tolist(), strict=True))

    def _composed(self, atom: int, role: int, target: int) -> list[Pair]:
        if not self._program.roles.flags[role] & FIRST:
            return []
        row = self._chains.cells[self._chains.first[role]]
        made: list[Pair] = []
        second_links = self.of(target) if target == atom else self._closure.links(target)
        for second, last in tuple(second_links):
            column = int(self._chains.second[second])
            cell = int(row[column]) if column >= 0 else 0
            if cell:
                start, end = self._chains.ends[cell - 1], self._chains.ends[cell]
                made += [(int(one), last) for one in self._chains.results[start:end]]
        return made
