"""VISIT_OCCURRENCE: an encounter."""

from __future__ import annotations

from kgtwin.model.fact import FactKind
from kgtwin.sources.omop.context import Context, Draft


def visit(context: Context) -> Draft:
    """A visit from start to end; whether one without an end goes on is not known."""
    when = context.period("visit_start", "visit_end")
    return Draft(
        kind=FactKind.ENCOUNTER,
        code=context.coded("visit_concept_id", "visit_source_concept_id", "visit_source_value"),
        status="finished" if when.end else "unknown",
        when=when,
    )
