"""What of the axioms was not used: why an answer may be incomplete. What is derived is always sound."""

from __future__ import annotations

from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.gaps import Gap, gaps
from kgtwin.reasoning.index import Index

_REMEDY = "rewrite it in OWL 2 EL, or check it with HermiT"


def caveats(index: Index, closure: Closure) -> tuple[Caveat, ...]:
    """One caveat for each axiom, or part of one, that was not used."""
    return tuple(dict.fromkeys(_caveat(gap) for gap in gaps(index, closure)))


def _caveat(gap: Gap) -> Caveat:
    return Caveat(CaveatCode.IGNORED_AXIOM, gap.text, gap.names, _REMEDY)


def undecided_numbers(index: Index, closure: Closure, extension: Extension) -> tuple[Caveat, ...]:
    """Numbers known only as an interval that several conditions cover together."""
    return ()
