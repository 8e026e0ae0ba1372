"""Whether a statement about several medicines is about the risk that a scale of burdens adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgtwin.inference.knowledge.expressions import existentials
from kgtwin.inference.knowledge.rules import BurdenScale
from kgtwin.model.axioms import Class
from kgtwin.model.issue import IssueKind
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT

if TYPE_CHECKING:
    from kgtwin.inference.knowledge import Knowledge


def share_risk(knowledge: Knowledge, statement: str, scale: str) -> bool:
    """Whether all medicines that a statement demands are of a scale's classes, or of the class that has them all; by
    their IRIs.

    That two do the same says nothing of the risk that they share.
    """
    said, of_scale = knowledge.statements.get(statement), knowledge.rules.called(scale)
    if said is None or not isinstance(of_scale, BurdenScale) or said.kind is IssueKind.DUPLICATE_THERAPY:
        return False
    conjuncts = said.definition.conjuncts if said.definition else ()
    asked = [
        [filler.iri for filler in existentials(c.filler, HAS_ACTIVE_INGREDIENT) if isinstance(filler, Class)]
        for c in conjuncts
        if c.property in knowledge.roles.medicines
    ]
    risks = _risks(of_scale, knowledge)
    return bool(asked) and all(any(knowledge.is_a(name, risk) for name in names for risk in risks) for names in asked)


def _risks(scale: BurdenScale, knowledge: Knowledge) -> frozenset[str]:
    """The classes of a scale, and what lies directly above all of them."""
    classes = [name for _, name in scale.points if name in knowledge.classes]
    above = [frozenset(knowledge.classification.parents(name)) for name in classes]
    shared = frozenset.intersection(*above) if len(above) > 1 else frozenset[str]()
    return shared | frozenset(classes)
