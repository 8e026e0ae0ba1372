"""Conditions that nobody ended and that can last for a time only: what they would raise if they were present."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from kgtwin.inference.issues.found import Evaluation, all_matches, met_statements
from kgtwin.inference.knowledge.statements import Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox
from kgtwin.inference.realising.selection import Selected
from kgtwin.inference.realising.spans import is_open, known_since
from kgtwin.model.axioms import ObjectPropertyAssertion
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.vocabulary import HAS_EVER, HAS_NOW

SHOWN: Final = 5
"""So many titles are told."""


def ran_out(evaluation: Evaluation) -> Iterator[Caveat]:
    """A caveat where statements would be met if conditions that count as past for their length were still present."""
    by_node, sources = evaluation.box.by_node, evaluation.box.sources
    past = {node: one for node, one in by_node.items() if has_run_out(one) and _link(HAS_EVER, node) in sources}
    if not past:
        return
    supposed = as_if(evaluation, past, HAS_NOW)
    if supposed is None:
        return
    met = {one.iri for one in met_statements(evaluation)}
    more = [one for one in met_statements(supposed) if one.iri not in met]
    raised = {one.iri for one in more if one.definition is None} | {one.iri for one, _ in all_matches(more, supposed)}
    missing = [one for one in more if one.iri in raised]
    if missing:
        text = f"{'; '.join(dict.fromkeys(_said(one, evaluation) for one in past.values()))}: it counts as past"
        resources = tuple(dict.fromkeys(one.fact.provenance.resource for one in past.values()))
        yield Caveat(
            CaveatCode.UNKNOWN_END,
            f"{text}. If it is present, this is missing: {titles(missing)}",
            (*resources, *(one.curie for one in missing)),
            "end the condition, or record the present one",
        )


def titles(statements: Sequence[Statement]) -> str:
    """The first titles of some statements, and how many more there are."""
    rest = f" and {len(statements) - SHOWN} more" if len(statements) > SHOWN else ""
    return ", ".join(f"“{one.title}”" for one in statements[:SHOWN]) + rest


def has_run_out(one: Selected) -> bool:
    """Whether a condition counts as past though nothing says that it ended: since it cannot last so long."""
    return one.role == HAS_EVER and is_open(one.fact)


def as_if(evaluation: Evaluation, nodes: Mapping[str, Selected], role: str) -> Evaluation | None:
    """The same, as if some things filled another role than they do; None where that contradicts the ontology."""
    box = evaluation.box
    moved = {node: msgspec.structs.replace(one, role=role) for node, one in nodes.items()}
    gone = {_link(one.role, node) for node, one in nodes.items()}
    sources = {assertion: one for assertion, one in box.sources.items() if assertion not in gone}
    sources |= {_link(role, node): one for node, one in moved.items()}
    box = ABox((box.assertions[0], *sources), sources, {**box.by_node, **moved}, box.caveats)
    realisation = evaluation.knowledge.classification.realise(box.assertions)
    return msgspec.structs.replace(evaluation, box=box, realisation=realisation) if realisation.consistent else None


def _link(role: str, node: str) -> ObjectPropertyAssertion:
    return ObjectPropertyAssertion(role, PATIENT_INDIVIDUAL, node)


def _said(one: Selected, evaluation: Evaluation) -> str:
    """What is known of such a condition, and how long it lasts."""
    knowledge, fact = evaluation.knowledge, one.fact
    longest = knowledge.durations.of(fact)
    assert longest is not None, "for its length it counts as past"
    known = f"{fact.status or 'recorded'} since {known_since(fact)}"
    return f"{knowledge.name_of(fact)}, {known}, was not ended, and {longest.text}"
