"""Which of several ways to meet a statement is shown: the one of fewest steps, on the surest facts."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

import msgspec

from kgtwin.inference.abox import ABox
from kgtwin.inference.matching import Match, Witness
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.model.axioms import ClassAssertion, ObjectPropertyAssertion
from kgtwin.reasoning import Realisation

Rank = tuple[int, int, str]


class Best:
    """Orders the combinations of a match; of one patient.

    Proofs are as long as what is told of their individuals makes them, so that of renewals only one is proven.
    """

    def __init__(self, realisation: Realisation, box: ABox) -> None:
        self._realisation, self._box = realisation, box
        self._lengths: dict[Hashable, int] = {}

    def first(self, match: Match) -> Match:
        """The match with its combinations in order: fewest steps, fewest caveats of the facts, then by their ids."""
        if len(match.combinations) < 2:
            return match
        return msgspec.structs.replace(match, combinations=tuple(sorted(match.combinations, key=self._rank)))

    def _rank(self, combination: tuple[Witness, ...]) -> Rank:
        nodes = [one.node for one in combination]
        known = [self._box.by_node[node] for node in nodes if isinstance(node, str) and node in self._box.by_node]
        caveats = sum(len(one.caveats) for one in known)
        return sum(map(self._length, combination)), caveats, " ".join(map(str, nodes))

    def _length(self, witness: Witness) -> int:
        """The steps by which a witness fills its conjunct."""
        told = self._told.get(witness.node, witness.node) if isinstance(witness.node, str) else witness.node
        key = witness.conjunct, told
        if key not in self._lengths:
            link = self._realisation.explain_link(PATIENT_INDIVIDUAL, witness.conjunct.property, witness.node)
            member = self._realisation.explain(witness.node, witness.conjunct.filler)
            self._lengths[key] = sum(len(list(proof.walk())) for proof in (link, member) if proof is not None)
        return self._lengths[key]

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
