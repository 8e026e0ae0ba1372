"""Facts that contradict the ontology: as few as possible are left out, so that all others keep their answers.

From a contradiction everything follows. Every individual that cannot exist has minimal justifications, and each of
these names a few facts of which one must be wrong. What is left out is a smallest set that has one of each (a minimal
hitting set, Reiter 1987, https://doi.org/10.1016/0004-3702(87)90062-2); of several, the one with the least certain
and then the most recent facts. What the Patient resource says goes last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb
from typing import Final

import msgspec

from kgtwin.inference.issues.derive import Deriver, leaf
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.person import Stated
from kgtwin.inference.realising.abox import ABox, individual, name_of
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import Assertion, Axiom, Class
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.contradiction import Contradiction
from kgtwin.model.derivation import FactRef
from kgtwin.model.fact import fact_id
from kgtwin.model.time import earliest
from kgtwin.reasoning import Realisation
from kgtwin.vocabulary import OWL_NOTHING

NOTHING: Final = Class(OWL_NOTHING)
JUSTIFICATIONS: Final = 50
"""So many justifications are looked for of one individual that cannot exist."""
TRIED: Final = 20_000
"""So many sets of facts are tried before the greedy choice is taken instead of a smallest one."""

Culprit = str | Assertion
"""What can be left out: an individual that stands for a fact, or what the Patient resource says."""


class Conflict(msgspec.Struct, frozen=True):
    """Assertions of which one must be wrong, and what they are about."""

    node: str
    assertions: frozenset[Axiom]
    culprits: frozenset[Culprit]


def consistent(box: ABox, knowledge: Knowledge) -> tuple[ABox, Realisation, tuple[Contradiction, ...]]:
    """The assertions that do not contradict the ontology, what follows from them, and what was left out.

    The realisation is inconsistent only where no fact is to blame.
    """
    found: list[Contradiction] = []
    while True:
        realisation = knowledge.classification.realise(box.assertions)
        if realisation.consistent:
            return box, realisation, tuple(found)
        conflicts, complete = conflicts_of(box, realisation)
        blamed = [one for one in conflicts if one.culprits]
        if not blamed:
            found += [_contradiction(one, frozenset(), box, knowledge, True) for one in conflicts[:1]]
            return box, realisation, tuple(found)
        chosen, smallest = smallest_choice(blamed, box)
        found += [_contradiction(one, chosen, box, knowledge, smallest and complete) for one in blamed]
        box = box.without(chosen)


def conflicts_of(box: ABox, realisation: Realisation) -> tuple[list[Conflict], bool]:
    """The minimal conflicts, one for each set of facts, and whether these are all."""
    nodes = realisation.inconsistent
    found: dict[frozenset[Culprit], Conflict] = {}
    complete = True
    for node in [*(one for one in nodes if one in box.by_node), *(one for one in nodes if one not in box.by_node)]:
        justifications = realisation.justifications(node, NOTHING, JUSTIFICATIONS)
        complete = complete and justifications.complete
        for axioms in justifications:
            culprits = frozenset(_culprit(box.sources[one], one) for one in axioms if one in box.sources)
            found.setdefault(culprits, Conflict(node, axioms, culprits))
    least = [one for one in found.values() if not any(other < one.culprits for other in found)]
    least.sort(key=lambda one: sorted(_order(culprit, box) for culprit in one.culprits))
    return least, complete


def _culprit(source: Selected | Stated, assertion: Assertion) -> Culprit:
    return individual(source) if isinstance(source, Selected) else assertion


def smallest_choice(conflicts: Sequence[Conflict], box: ABox) -> tuple[frozenset[Culprit], bool]:
    """A smallest set that has something of each conflict, the preferred one of several; whether it is a smallest."""
    suspects = sorted({one for conflict in conflicts for one in conflict.culprits}, key=lambda one: _order(one, box))
    tried = 0
    for size in range(1, len(suspects) + 1):
        tried += comb(len(suspects), size)
        if tried > TRIED:
            return _greedy(conflicts, suspects), False
        for chosen in combinations(suspects, size):
            if all(not conflict.culprits.isdisjoint(chosen) for conflict in conflicts):
                return frozenset(chosen), True
    raise AssertionError("all suspects together have something of each conflict")


def _greedy(conflicts: Sequence[Conflict], suspects: Sequence[Culprit]) -> frozenset[Culprit]:
    """Whatever is in most of the conflicts that are left, again and again."""
    left, chosen = list(conflicts), set[Culprit]()
    while left:
        best = max(suspects, key=lambda one: sum(one in conflict.culprits for conflict in left))
        chosen.add(best)
        left = [conflict for conflict in left if best not in conflict.culprits]
    return frozenset(chosen)


def _order(culprit: Culprit, box: ABox) -> tuple[int, float, str]:
    """The least certain first, then the most recently recorded; what the Patient resource says last."""
    if not isinstance(culprit, str):
        return 2, 0.0, str(culprit)
    fact = box.by_node[culprit].fact
    told = fact.provenance.recorded or fact.when.start
    time = earliest(told).timestamp() if told else 0.0
    return int(fact.verification in {None, "confirmed"}), -time, fact.provenance.resource + fact.id


def _contradiction(
    conflict: Conflict, chosen: frozenset[Culprit], box: ABox, knowledge: Knowledge, smallest: bool
) -> Contradiction:
    """The proof from the assertions of one conflict alone."""
    told = [one for one in box.assertions if one == box.assertions[0] or one in conflict.assertions]
    alone = knowledge.classification.realise(told)
    node = conflict.node if conflict.node in alone.inconsistent else alone.inconsistent[0]
    proof = alone.explain(node, NOTHING)
    assert proof is not None, "the assertions are a justification"
    out = [one for one in conflict.culprits if one in chosen]
    kept = [one for one in conflict.culprits if one not in chosen]
    return Contradiction(
        left_out=tuple(_refs(out, box, knowledge)),
        kept=tuple(_refs(kept, box, knowledge)),
        derivation=Deriver(knowledge, box).derivation(proof),
        smallest=smallest,
    )


def _refs(culprits: Sequence[Culprit], box: ABox, knowledge: Knowledge) -> Iterator[FactRef]:
    """What was received behind each, in the order of preference."""
    for one in sorted(culprits, key=lambda culprit: _order(culprit, box)):
        source = box.by_node[one] if isinstance(one, str) else box.sources[one]
        if isinstance(source, Stated):
            yield leaf(fact_id(source.patient, source.provenance), source.provenance, source.text)
        else:
            yield leaf(source.fact.id, source.fact.provenance, name_of(source, knowledge))


def caveats(contradictions: Sequence[Contradiction]) -> Iterator[Caveat]:
    """One for each contradiction."""
    for one in contradictions:
        remedy = "correct these resources" if one.left_out else "correct the ontology"
        shown = f"{remedy}; `kgtwin why PATIENT contradiction` shows the proof"
        yield Caveat(CaveatCode.CONTRADICTION, one.text, one.resources, shown)
