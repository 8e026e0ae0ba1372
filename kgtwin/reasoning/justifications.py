"""All minimal sets of axioms from which something follows; which unsatisfiable classes make others unsatisfiable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kgtwin.model.axiom_table import AxiomKind, AxiomTable
from kgtwin.model.axioms import Axiom
from kgtwin.model.proof import Justifications
from kgtwin.reasoning.closure import close
from kgtwin.reasoning.derivations import Derivations, TooMuch
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.individuals import complete
from kgtwin.reasoning.inferences import Fact
from kgtwin.reasoning.program import BOTTOM, TOP
from kgtwin.reasoning.proofs import LIMIT
from kgtwin.reasoning.tracing import Tracer
from kgtwin.reasoning.view import View

if TYPE_CHECKING:
    from kgtwin.reasoning.classification import Classification

_MASKS = 500_000
"""Partial justifications are worked out for all facts together until so many have been compared (a tenth of a second),
then one by one."""
_BRANCHES = 20_000
"""So many sets of axioms are left out in turn, where one justification after the other is looked for."""


def justify(tracer: Tracer, goals: Sequence[Fact], limit: int = LIMIT) -> Justifications:
    """The justifications of any of some facts, at most ``limit``."""
    graph = Derivations(goals, tracer.inferences, _key(tracer))
    try:
        masks, is_all = _smallest(graph, limit)
    except TooMuch:
        masks, is_all = _one_by_one(graph, limit)
    return Justifications(tuple(frozenset(map(tracer.axiom, graph.of(mask))) for mask in masks), is_all)


def _key(tracer: Tracer) -> Callable[[int], object]:
    """Tells axioms apart by what they say, of a table by their columns."""
    table = tracer.index.table

    def key(number: int) -> object:
        if number < len(table) and table.axiom_kind[number] != AxiomKind.VALUE:
            return int(table.axiom_kind[number]), table.arguments(number).tobytes()
        return tracer.axiom(number)

    return key


def _smallest(graph: Derivations, limit: int) -> tuple[list[int], bool]:
    found: list[int] = []
    for _, mask in graph.smallest(_MASKS):
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


# unsatisfiable classes


class Unsatisfiable(NamedTuple):
    """``roots`` are the classes that are unsatisfiable in themselves, each with axioms that say so: no smaller set of
    axioms makes any class unsatisfiable. ``derived`` are the others, each with the roots on which it depends.

    ``complete``: all roots are known; if not, too many combinations of axioms would have had to be looked at, and some
    root may stand among the derived classes.
    """

    roots: dict[str, tuple[frozenset[Axiom], ...]]
    derived: dict[str, frozenset[str]]
    complete: bool


def root_unsatisfiable(classification: Classification) -> Unsatisfiable:
    """Which unsatisfiable classes are so in themselves, and which only because others are.

    >>> from kgtwin.model.axioms import Class, DisjointClasses, SubClassOf
    >>> from kgtwin.reasoning import classify
    >>> a, b, c, d = map(Class, "ABCD")
    >>> axioms = [DisjointClasses((a, b)), SubClassOf(c, a), SubClassOf(c, b), SubClassOf(d, c)]
    >>> found = root_unsatisfiable(classify(axioms))
    >>> list(found.roots), dict(found.derived)
    (['C'], {'D': frozenset({'C'})})
    """
    prover, atoms = classification.empty_atoms()
    with prover.lock:
        return _roots(prover.explainer().tracer, atoms)


def _roots(tracer: Tracer, atoms: dict[int, str]) -> Unsatisfiable:
    graph = Derivations([(atom, BOTTOM) for atom in atoms], tracer.inferences, _key(tracer))
    names = {graph.numbers[atom, BOTTOM]: iri for atom, iri in atoms.items()}
    found: dict[str, list[frozenset[Axiom]]] = {}
    is_all = True
    try:
        for fact, mask in graph.smallest(_MASKS * 10, targets=frozenset(names)):
            found.setdefault(names[fact], []).append(frozenset(map(tracer.axiom, graph.of(mask))))
    except TooMuch:
        is_all = False
    roots = {iri: tuple(found[iri]) for iri in sorted(found)}
    of_atom = {atom: iri for atom, iri in atoms.items() if iri in roots}
    rest = [(iri, atom) for atom, iri in atoms.items() if iri not in roots]
    return Unsatisfiable(roots, {iri: _behind(tracer, atom, of_atom) for iri, atom in sorted(rest)}, is_all)


def _behind(tracer: Tracer, atom: int, roots: dict[int, str]) -> frozenset[str]:
    """The roots above a class, or above what must exist where the class has an instance."""
    contexts = tracer.contexts
    seen, found = {atom: None}, set[str]()
    queue = [atom]
    for x in queue:
        found |= {roots[one] for one in contexts.subs(x) if one in roots}
        for _, y in contexts.told_links(x):
            if y not in seen and BOTTOM in contexts.subs(y):
                seen[y] = None
                queue.append(y)
    return frozenset(found)
