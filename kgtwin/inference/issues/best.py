"""Which of several ways to meet a statement is shown: the one of fewest steps, on the surest facts."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

import msgspec

from kgtwin.inference.issues.matching import Match, Witness
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.model.axioms import ClassAssertion, ObjectPropertyAssertion
from kgtwin.reasoning import Realisation


class Best:
    """Orders the combinations of a match; of one patient.

    Proofs are as long as what is told of their individuals makes them, so that of renewals only one is proven.
    """

    def __init__(self, realisation: Realisation, box: ABox) -> None:
        self._realisation, self._box = realisation, box
        self._lengths: dict[Hashable, int] = {}

    def first(self, match: Match) -> Match:
        """The match with its combinations in order: fewest steps, fewest caveats of the facts, then by their ids."""
        found = match.combinations
        if len(found) < 2:
            return match
        alike = len({tuple(map(self._shape, combination)) for combination in found}) == 1
        ranked = sorted(found, key=lambda one: (0 if alike else sum(map(self._length, one)), *self._doubts(one)))
        return msgspec.structs.replace(match, combinations=tuple(ranked))

    def _doubts(self, combination: tuple[Witness, ...]) -> tuple[int, str]:
        nodes = [one.node for one in combination]
        known = [self._box.by_node[node] for node in nodes if isinstance(node, str) and node in self._box.by_node]
        return sum(len(one.caveats) for one in known), " ".join(map(str, nodes))

    def _shape(self, witness: Witness) -> Hashable:
        """What the length of a witness's proof depends on."""
        node = witness.node
        return witness.conjunct, self._told.get(node, node) if isinstance(node, str) else node

    def _length(self, witness: Witness) -> int:
        """The steps by which a witness fills its conjunct."""
        shape = self._shape(witness)
        if shape not in self._lengths:
            link = self._realisation.explain_link(PATIENT_INDIVIDUAL, witness.conjunct.property, witness.node)
            member = self._realisation.explain(witness.node, witness.conjunct.filler)
            self._lengths[shape] = sum(len(list(proof.walk())) for proof in (link, member) if proof is not None)
        return self._lengths[shape]

    @cached_property
    def _told(self) -> dict[str, frozenset[Hashable]]:
        """What is asserted of each individual: its types and the roles that it fills."""
        found: dict[str, set[Hashable]] = {}
        for assertion in self._box.sources:
            match assertion:
                case ClassAssertion(one, type_):
                    found.setdefault(one, set()).add(type_)
                case ObjectPropertyAssertion(role, _, one):
                    found.setdefault(one, set()).add(role)
                case _:
                    found.setdefault(assertion.subject, set()).add(assertion.property)
        return {one: frozenset(said) for one, said in found.items()}
