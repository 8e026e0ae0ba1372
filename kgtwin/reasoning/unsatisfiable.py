"""Which unsatisfiable classes are so in themselves, and which only because others are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from kgtwin.model.axioms import Axiom
from kgtwin.reasoning.contexts import Contexts
from kgtwin.reasoning.derivations import Derivations, TooMuch
from kgtwin.reasoning.justifications import MASKS, justify, sayings
from kgtwin.reasoning.program import BOTTOM
from kgtwin.reasoning.tracing import Tracer

if TYPE_CHECKING:
    from kgtwin.reasoning.classification import Classification

_INFERENCES = 50_000
"""Up to so many are looked at together (a second or two); beyond, only what classes say of each other is."""
_JUSTIFIED = 100
"""So many roots have a justification where they are found without one."""


class Unsatisfiable(NamedTuple):
    """``roots`` are the classes that are unsatisfiable in themselves, each with axioms that say so: no smaller set of
    axioms makes any class unsatisfiable. ``derived`` are the others, each with the roots on which it depends.

    ``complete``: these are just the roots. If not, too many inferences would have had to be looked at: roots are then
    the classes that have no other unsatisfiable class above them or at the end of a link, with one justification (the
    first hundred); a derived one may be unsatisfiable in itself, too.
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
        tracer = prover.explainer().tracer
        try:
            roots, is_all = _by_axioms(tracer, atoms), True
        except TooMuch:
            behind = _behind(tracer.contexts, atoms, None)
            roots, is_all = _by_structure(tracer, atoms, behind), False
        else:
            behind = _behind(tracer.contexts, atoms, {atom for atom, iri in atoms.items() if iri in roots})
    derived = {iri: frozenset(map(atoms.__getitem__, behind[atom])) for atom, iri in atoms.items() if iri not in roots}
    return Unsatisfiable(dict(sorted(roots.items())), dict(sorted(derived.items())), is_all)


_Roots = dict[str, tuple[frozenset[Axiom], ...]]


def _by_axioms(tracer: Tracer, atoms: dict[int, str]) -> _Roots:
    """By definition.

    Raises:
        TooMuch: there is too much to look at.
    """
    graph = Derivations([(atom, BOTTOM) for atom in atoms], tracer.inferences, sayings(tracer), _INFERENCES)
    names = {graph.numbers[atom, BOTTOM]: iri for atom, iri in atoms.items()}
    found: dict[str, list[frozenset[Axiom]]] = {}
    for fact, mask in graph.smallest(MASKS * 10, targets=frozenset(names)):
        found.setdefault(names[fact], []).append(frozenset(map(tracer.axiom, graph.of(mask))))
    return {iri: tuple(sets) for iri, sets in found.items()}


def _by_structure(tracer: Tracer, atoms: dict[int, str], behind: dict[int, frozenset[int]]) -> _Roots:
    """Those that depend on none but themselves, or on one another."""
    found = [atom for atom in atoms if atom in behind[atom]]
    sets = {atom: justify(tracer, [(atom, BOTTOM)], 1).sets for atom in found[:_JUSTIFIED]}
    return {atoms[atom]: sets.get(atom, ()) for atom in found}


def _behind(contexts: Contexts, atoms: dict[int, str], roots: set[int] | None) -> dict[int, frozenset[int]]:
    """The roots above each class, or above what must exist where the class has an instance, itself included.

    Without any told, a root is what depends on no class but itself, or on one another.
    """
    above = _above(contexts, atoms)
    found: dict[int, frozenset[int]] = {}
    for component in _components(above):
        sets = {found[y] for x in component for y in above[x] if y in found}
        own = [x for x in component if x in atoms] if roots is None else roots.intersection(component)
        shared = frozenset[int]().union(*sets)
        if roots is not None or not shared:
            shared |= frozenset(own)
        found |= dict.fromkeys(component, shared)
    return found


def _above(contexts: Contexts, atoms: Iterable[int]) -> dict[int, list[int]]:
    """What is empty above a context, or where its links lead; of the classes, and of all that is found there."""
    found: dict[int, list[int]] = {}
    queue = list(atoms)
    for x in queue:
        if x not in found:
            more = [*contexts.subs(x), *(y for _, y in contexts.told_links(x))]
            found[x] = [y for y in dict.fromkeys(more) if y not in (x, BOTTOM) and BOTTOM in contexts.subs(y)]
            queue += found[x]
    return found


def _components(above: dict[int, list[int]]) -> list[list[int]]:
    """What depends on one another, put together (Kosaraju's algorithm); what others depend on comes first."""
    below: dict[int, list[int]] = {x: [] for x in above}
    for x, many in above.items():
        for y in many:
            below[y].append(x)
    found: list[list[int]] = []
    placed = set[int]()
    for start in reversed(_finished(above)):
        if start not in placed:
            placed.add(start)
            found.append([start])
            for x in found[-1]:
                new = [one for one in below[x] if one not in placed]
                placed.update(new)
                found[-1] += new
    return found[::-1]


def _finished(above: dict[int, list[int]]) -> list[int]:
    """Depth first, in the order in which all that is above has been seen."""
    order: list[int] = []
    seen = set[int]()
    for start, many in above.items():
        stack = [] if start in seen else [(start, iter(many))]
        seen.add(start)
        while stack:
            x, rest = stack[-1]
            y = next((one for one in rest if one not in seen), None)
            if y is None:
                order.append(x)
                stack.pop()
            else:
                seen.add(y)
                stack.append((y, iter(above[y])))
    return order
