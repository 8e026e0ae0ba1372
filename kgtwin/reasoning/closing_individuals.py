"""Closures to which all that follows about individuals is added, until there is nothing to add."""

from __future__ import annotations

from collections.abc import Callable

from kgtwin.reasoning.closure import Closure, close
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.individuals import Individuals, Knowledge, OfTheBase
from kgtwin.reasoning.links import Links
from kgtwin.reasoning.program import Program


def complete(
    index: Index, closure: Closure, again: Callable[[Program], Closure] = close, *, beyond: bool = False
) -> tuple[Index, Closure]:
    """An index with all that follows about its individuals among its entries, and its closure (``again`` makes it).

    ``beyond``: from individuals that cannot exist, too, as all that contradicts itself is asked for.

    Raises:
        ReasonerMemoryError: the closure does not fit in memory.
    """
    known = Knowledge.of(index)
    if index.atoms.named == index.atoms.proper or not known.matters:
        return index, closure
    individuals = Individuals(known)
    individuals.beyond = beyond
    while found := individuals.look(index, closure):
        index = index.deriving(found)
        closure = again(index.program)
    known.facts, known.open_rules = individuals.facts, individuals.run.open
    return index, closure


def complete_on_top(index: Index, closure: Closure, extension: Extension) -> Closure:
    """The closure of an extension on top of another, with all that follows about its individuals told in it.

    Raises:
        OfTheBase: something follows about an individual of the ontology itself, or what is told needs rules.
    """
    if extension.unused:
        raise OfTheBase
    found = closure.on_top(extension)
    known = Knowledge.of(index)
    if extension.copies:
        _require_no_news(index, closure, extension, found)
    if not (known.matters or extension.identifies):
        return found
    individuals = Individuals(known, extension, known.base_facts(index, closure))
    while derived := individuals.look(index, found):
        extension.derive(derived)
        found = closure.on_top(extension)
    extension.open_rules = individuals.run.open
    return found


def _require_no_news(index: Index, closure: Closure, extension: Extension, found: Closure) -> None:
    """Individuals of the ontology must be told nothing that does not follow already."""
    base = Links(index, closure)
    for copy, known in extension.copies.items():
        above = closure.subsumers(known)
        more = (atom for atom in found.subsumers(copy) if atom != copy and atom not in above)
        if any(extension.copies.get(atom, atom) != known for atom in more):
            raise OfTheBase
        for role, target in extension.own.links.get(copy, ()):
            if extension.copies.get(target, target) not in {to for _, to in base.by(known, role)}:
                raise OfTheBase
