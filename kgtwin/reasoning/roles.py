"""The role box: hierarchy, chains, domains, ranges and reflexive roles, closed once before saturation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from kgtwin.model.axioms import (
    Axiom,
    EquivalentObjectProperties,
    ReflexiveObjectProperty,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)

Edge = tuple[str, Axiom | None]


class Chain(NamedTuple):
    """``left ∘ right ⊑ result``; a longer chain is told as several, over auxiliary roles."""

    left: str
    right: str
    result: str
    axiom: Axiom


class RoleBox:
    """``supers[r]``: every s with r ⊑* s, mapped to the step before s and its axiom."""

    def __init__(self, axioms: Iterable[Axiom]) -> None:
        self._edges: dict[str, list[tuple[str, Axiom]]] = {}
        self.chains: list[Chain] = []
        self.auxiliary: set[str] = set()
        self._reflexive: dict[str, Axiom] = {}
        for axiom in axioms:
            self._tell(axiom)
        self._supers: dict[str, dict[str, Edge]] = {}
        self.composed = self._compose()
        self.reflexive = self._close_reflexive()

    def supers(self, role: str) -> dict[str, Edge]:
        """The roles that a role is below, itself first; filled on demand."""
        found = self._supers.get(role)
        if found is None:
            found = self._supers[role] = self._reach(role)
        return found

    def path(self, role: str, sup: str) -> list[tuple[str, Axiom]]:
        """The steps up from a role to one above it: each the role reached and the axiom used."""
        steps: list[tuple[str, Axiom]] = []
        reached = self.supers(role)
        while sup != role:
            before, axiom = reached[sup]
            assert axiom is not None
            steps.append((sup, axiom))
            sup = before
        return steps[::-1]

    def below(self, role: str) -> list[str]:
        """The roles met so far that are below a role, itself included."""
        return [sub for sub in dict.fromkeys((role, *self._edges)) if role in self.supers(sub)]

    def _tell(self, axiom: Axiom) -> None:
        match axiom:
            case SubObjectPropertyOf((single,), sup):
                self._edges.setdefault(single, []).append((sup, axiom))
            case SubObjectPropertyOf(chain, sup):
                self._binarise(chain, sup, axiom)
            case EquivalentObjectProperties(operands):
                for one, other in zip(operands, (*operands[1:], operands[0]), strict=True):
                    self._edges.setdefault(one, []).append((other, axiom))
            case TransitiveObjectProperty(role):
                self.chains.append(Chain(role, role, role, axiom))
            case ReflexiveObjectProperty(role):
                self._reflexive.setdefault(role, axiom)

    def _binarise(self, chain: tuple[str, ...], sup: str, axiom: Axiom) -> None:
        """``r∘s∘t ⊑ u`` as ``r∘s ⊑ [r∘s]`` and ``[r∘s]∘t ⊑ u``; equal starts share their auxiliary role."""
        left = chain[0]
        for right in chain[1:-1]:
            name = f"[{left}∘{right}]"
            if name not in self.auxiliary:
                self.auxiliary.add(name)
                self.chains.append(Chain(left, right, name, axiom))
            left = name
        self.chains.append(Chain(left, chain[-1], sup, axiom))

    def _reach(self, role: str) -> dict[str, Edge]:
        reached: dict[str, Edge] = {role: (role, None)}
        queue = deque([role])
        while queue:
            here = queue.popleft()
            for sup, axiom in self._edges.get(here, ()):
                if sup not in reached:
                    reached[sup] = (here, axiom)
                    queue.append(sup)
        return reached

    def _compose(self) -> dict[str, dict[str, list[Chain]]]:
        """``composed[r][s]``: the chains that a link by r and then one by s make, sub-roles included."""
        composed: dict[str, dict[str, list[Chain]]] = {}
        for chain in self.chains:
            for left in self.below(chain.left):
                for right in self.below(chain.right):
                    composed.setdefault(left, {}).setdefault(right, []).append(chain)
        return composed

    def _close_reflexive(self) -> dict[str, tuple[str, Axiom]]:
        """Every reflexive role: the told one below it, and its axiom."""
        closed: dict[str, tuple[str, Axiom]] = {}
        for role, axiom in self._reflexive.items():
            for sup in self.supers(role):
                closed.setdefault(sup, (role, axiom))
        return closed
