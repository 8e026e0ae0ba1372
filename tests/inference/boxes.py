"""What is asserted of a patient, made as `kgtwin.inference.infer` makes it, for programs that realise it themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kgtwin.inference.abox import ABox, abox
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.observed import observed
from kgtwin.inference.person import told_of
from kgtwin.inference.results import results
from kgtwin.inference.selection import deceased, select
from kgtwin.model.axioms import Class
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.vocabulary import OWL_NOTHING


def box_of(record: PatientRecord, facts: Iterable[Fact], knowledge: Knowledge, at: datetime) -> ABox | None:
    """The assertions, less facts that contradict the ontology; None of the dead, and where that is not enough."""
    facts = tuple(facts)
    if deceased(record, at):
        return None
    selected = select(facts, at, knowledge.roles.wash_outs)
    said, _ = observed(facts, knowledge, at)
    readings, _ = results(facts, knowledge, at)
    return _consistent(abox((*selected, *said), readings, told_of(record, at), knowledge), knowledge)


def _consistent(box: ABox, knowledge: Knowledge) -> ABox | None:
    realisation = knowledge.classification.realise(box.assertions)
    if realisation.consistent:
        return box
    clashing = frozenset(node for node in box.by_node if realisation.satisfies(node, Class(OWL_NOTHING)))
    return _consistent(box.without(clashing), knowledge) if clashing else None
