"""Predicted relations as text: what they are not, what the ontology derives anyway, how many it refutes and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from kgtwin.model.derivation import to_dict, to_text
from kgtwin.model.issue import Inference, RiskAssessment
from kgtwin.model.predicted import Predicted, Refutation


def prediction_lines(inference: Inference) -> list[str]:
    """The section of a twin about predictions; empty where there were none."""
    predicted = [one for one in inference.risks if one.basis != "proven"]
    proven = [one for one in inference.risks if one.basis == "proven"]
    lines = ["", "Predicted, not proven", *(f"  {risk_line(one)}" for one in predicted)] if predicted else []
    if proven:
        lines += ["", "Proven, and predicted too", *(f"  {risk_line(one)}" for one in proven)]
    return [*lines, *refuted_lines(inference.predicted)]


def risk_line(risk: RiskAssessment) -> str:
    """One relation in a line that says what its plausibility is not."""
    beside = f"; proven about both: {', '.join(risk.proven_issues)}" if risk.proven_issues else ""
    relation = f"{risk.head_label} {risk.relation} {risk.tail_label}"
    if risk.basis == "proven":
        return (
            f"{relation}: follows from the ontology (a model's plausibility beside it: {risk.plausibility:.2f}){beside}"
        )
    return (
        f"{relation}: plausibility {risk.plausibility:.2f} under a prior of {risk.prior:.3g} "
        f"(rank {risk.rank:g} of {risk.candidates}); no proof and no patient's probability{beside}"
    )


def refuted_lines(predicted: Predicted) -> list[str]:
    """How many predictions are not shown.

    >>> from kgtwin.model.predicted import Refuted, RefutedBy
    >>> refuted_lines(Predicted(0, 3, (Refuted(RefutedBy.RANGE, 2), Refuted(RefutedBy.DISJOINTNESS, 1))))[1]
    'Predicted, but refuted by the ontology: 3 (2 by range, 1 by disjointness)'
    """
    if not predicted.refuted:
        return []
    count = sum(one.count for one in predicted.refuted)
    ways = ", ".join(f"{one.count} by {one.by.value}" for one in predicted.refuted)
    return ["", f"Predicted, but refuted by the ontology: {count} ({ways})"]


def refutations_text(refutations: Iterable[Refutation]) -> str:
    """Each refuted prediction with the proof that it cannot be."""
    return "\n\n".join(
        f"{one.head_label} {one.relation} {one.tail_label} cannot be (by {one.by.value}; predicted by {one.model})\n"
        f"{to_text(one.derivation)}"
        for one in refutations
    )


def refutation_to_dict(one: Refutation) -> dict[str, Any]:
    """A refutation as plain values."""
    fields = {name: getattr(one, name) for name in msgspec.structs.asdict(one) if name not in ("by", "derivation")}
    return {**fields, "by": one.by.value, "derivation": to_dict(one.derivation)}
