"""What of the axioms was not used: why an answer may be incomplete. What is derived is always sound."""

from __future__ import annotations

from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.data_ranges import is_single
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.gaps import Gap, gaps
from kgtwin.reasoning.index import Index
from kgtwin.reasoning.undecided import Undecided, undecided

_REMEDY = "rewrite it in OWL 2 EL, or check it with HermiT"


def caveats(index: Index, closure: Closure) -> tuple[Caveat, ...]:
    """One caveat for each axiom, or part of one, that was not used."""
    found = [_caveat(gap) for gap in gaps(index, closure)]
    numbers = undecided(index, closure, closure, index.asserted_data, index.class_atoms())
    found += [_undecided(index, one, index.name(one.context)) for one in numbers]
    return tuple(dict.fromkeys(found))


def _caveat(gap: Gap) -> Caveat:
    return Caveat(CaveatCode.IGNORED_AXIOM, gap.text, gap.names, _REMEDY)


def undecided_numbers(index: Index, base: Closure, closure: Closure, extension: Extension) -> tuple[Caveat, ...]:
    """Numbers of an extension's individuals, known only as an interval that several conditions cover together."""
    told = [*extension.data.values(), *index.asserted_data]
    if all(is_single(one.range) for one in told):
        return ()
    individuals = {atom: iri for iri, atom in extension.individuals.items()}
    numbers = undecided(index, closure, base, told, individuals)
    return tuple(dict.fromkeys(_undecided(index, one, individuals[one.context]) for one in numbers))


def _undecided(index: Index, one: Undecided, name: str) -> Caveat:
    conditions = ", ".join(map(str, one.conditions))
    text = f"what follows from a number ({one.interval}) in any case of {conditions} is not derived"
    return Caveat(CaveatCode.IGNORED_AXIOM, text, (index.iri(one.property), name), _REMEDY)
