"""Intolerances: what they would raise if they were allergies, and raise nothing of."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.inference.issues.found import Evaluation, all_matches, met_statements
from kgtwin.inference.issues.ran_out import as_if, titles
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.vocabulary import ALLERGIC_TO, INTOLERANT_TO


def intolerances(evaluation: Evaluation) -> Iterator[Caveat]:
    """A caveat where a medicine is taken that an intolerance would speak against if it were an allergy.

    Many systems record the type of any adverse reaction as one of the two. What an issue says of the same medicine
    and the same intolerance already is not said again.
    """
    found = {node: one for node, one in evaluation.box.by_node.items() if one.role == INTOLERANT_TO}
    supposed = as_if(evaluation, found, ALLERGIC_TO) if found else None
    if supposed is None:
        return
    met = met_statements(evaluation)
    said = {pair for _, match in all_matches(met, evaluation) for pair in match.pairs}
    more = [one for one in met_statements(supposed) if one not in met]
    new = [(statement, match.pairs - said) for statement, match in all_matches(more, supposed)]
    for node, one in found.items():
        missing = [statement for statement, pairs in new if any(about == node for _, about in pairs)]
        if missing:
            yield Caveat(
                CaveatCode.UNCONFIRMED,
                f"{evaluation.knowledge.name_of(one.fact)} is recorded as an intolerance, not as an allergy. If it is "
                f"one, this is missing: {titles(missing)}",
                (one.fact.provenance.resource, *dict.fromkeys(statement.curie for statement in missing)),
                "correct the type, if it is an allergy",
            )
