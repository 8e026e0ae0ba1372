"""All minimal sets of axioms from which something follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kgtwin.model.axiom_table import AxiomKind, AxiomTable
from kgtwin.model.axioms import Axiom
from kgtwin.model.proof import Justifications
from kgtwin.reasoning.closing_individuals import complete
from kgtwin.reasoning.closure import close
from kgtwin.reasoning.derivations import Derivations, TooMuch
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.inferences import Fact
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.proofs import LIMIT
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.view import View

MASKS = 500_000
"""Partial justifications are worked out for all facts together until so many have been compared (a tenth of a second),
then one by one."""
_BRANCHES = 20_000
"""So many sets of axioms are left out in turn, where one justification after the other is looked for."""


def justify(tracer: Tracer, goals: Sequence[Fact], limit: int = LIMIT) -> Justifications:
    """The justifications of any of some facts, at most ``limit``."""
    graph = Derivations(goals, tracer.inferences, sayings(tracer))
    try:
        masks, is_all = _smallest(graph, limit)
    except TooMuch:
        masks, is_all = _one_by_one(graph, limit)
    return Justifications(tuple(frozenset(map(tracer.axiom, graph.of(mask))) for mask in masks), is_all)


def sayings(tracer: Tracer) -> Callable[[int], object]:
    """Tells axioms apart by what they say, of a table by their columns."""
    table = tracer.index.table

    def saying(number: int) -> object:
        if number < len(table) and table.axiom_kind[number] != AxiomKind.VALUE:
            return int(table.axiom_kind[number]), table.arguments(number).tobytes()
        return tracer.axiom(number)

    return saying


def _smallest(graph: Derivations, limit: int) -> tuple[list[int], bool]:
    found: list[int] = []
    for _, mask in graph.smallest(MASKS):
        if len(found) == limit:
            return found, False
        found.append(mask)
    return found, True


def _one_by_one(graph: Derivations, limit: int) -> tuple[list[int], bool]:
    """Reiter's hitting set tree: what is left out of each justification found leads to another, or to none."""
    found: list[int] = []
    everything = (1 << len(graph.axioms)) - 1
    queue, seen = [0], {0}
    for count, left_out in enumerate(queue):
        if count > _BRANCHES:
            return _by_size(found), False
        mask = next((one for one in found if not one & left_out), None) or graph.one(everything & ~left_out)
        if mask is None:
            continue
        if mask not in found:
            if len(found) == limit:
                return _by_size(found), False
            found.append(mask)
        for bit in range(mask.bit_length()):
            more = left_out | 1 << bit
            if mask >> bit & 1 and more not in seen:
                seen.add(more)
                queue.append(more)
    return _by_size(found), True


def _by_size(masks: Iterable[int]) -> list[int]:
    return sorted(masks, key=int.bit_count)


def justify_inconsistency(axioms: Iterable[Axiom], limit: int = LIMIT) -> Justifications:
    """The minimal sets of axioms that have no model: by them everything, or an individual, is below ``owl:Nothing``.

    None where there is a model, as far as the reasoner sees.
    """
    indexed = index(axioms if isinstance(axioms, AxiomTable) else AxiomTable.of(axioms))
    indexed, closure = complete(indexed, close(indexed.program), beyond=True)
    atoms = (TOP, *range(indexed.atoms.named, indexed.atoms.proper))
    goals = [(atom, BOTTOM) for atom in atoms if BOTTOM in closure.subsumers(atom)]
    return justify(Tracer(View(indexed, closure)), goals, limit)
