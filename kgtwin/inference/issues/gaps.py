"""Near misses: statements that one unknown keeps from being decided."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.inference.issues.found import AMONG_USABLE, Evaluation
from kgtwin.inference.issues.matching import beside_another, matches
from kgtwin.inference.knowledge import result_filler
from kgtwin.inference.knowledge.statements import Conjunct, Statement
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.washout import ended_within
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.time import Overlap
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_ROUTE, TOOK_EVER


def gaps(evaluation: Evaluation) -> Iterator[Caveat]:
    """A caveat for each statement that one unknown leaves undecided: a result, a route, an end, an age."""
    parts, statements = evaluation.knowledge.undecidable
    holds = evaluation.realisation.answers(PATIENT_INDIVIDUAL, parts)
    for statement, firm, unsure in statements:
        if holds.all(firm):
            unmet = holds.untrue(unsure)
            if len(unmet) == 1:
                yield from gap(statement, parts.expressions[unmet[0]], evaluation)
            elif not unmet and statement.needs_two:
                yield from _second_of_two(statement, evaluation)


def _second_of_two(statement: Statement, evaluation: Evaluation) -> Iterator[Caveat]:
    """Of a statement that needs two medicines, and is met by one: others that would count, were their route known."""
    knowledge = evaluation.knowledge
    if statement.definition is None or matches(statement, evaluation.realisation, evaluation.box, knowledge):
        return
    for conjunct in statement.definition.conjuncts:
        if conjunct.property in knowledge.roles.medicines:
            yield from _unknown_route(statement, conjunct, evaluation)


def gap(statement: Statement, unmet: ClassExpression, evaluation: Evaluation) -> Iterator[Caveat]:
    """What is unknown of one part of a statement that is not met; nothing where it is known not to be."""
    roles = evaluation.knowledge.roles
    if isinstance(unmet, DataSomeValuesFrom):
        yield from _undecided_number(statement, unmet, evaluation)
    if not isinstance(unmet, ObjectSomeValuesFrom):
        return
    conjunct = Conjunct(unmet.property, unmet.filler)
    if conjunct.property in roles.results:
        yield from _missing_result(statement, conjunct, evaluation)
    elif conjunct.property in roles.medicines:
        yield from _unknown_route(statement, conjunct, evaluation)
    if conjunct.property in roles.wash_outs:
        yield from _unknown_end(statement, conjunct, evaluation)


def _undecided_number(statement: Statement, unmet: DataSomeValuesFrom, evaluation: Evaluation) -> Iterator[Caveat]:
    """A number of the patient (the age) that is not known, or not well enough."""
    told = [a.range for a in evaluation.box.sources if isinstance(a, DataPropertyAssertion) and _is_of(a, unmet)]
    name, title = evaluation.knowledge.label(unmet.property), f"“{statement.title}” was not decided"
    if not told:
        remedy = None if evaluation.withheld else "send the Patient with a birthDate"
        text = f"“{name}” is unknown{_as_told(evaluation)}: {title}"
        yield Caveat(CaveatCode.NOT_EVALUATED, text, (statement.curie,), remedy)
    for known in told:
        if isinstance(known, Interval) and isinstance(unmet.range, Interval) and known.meets(unmet.range):
            text = f"“{name}” {known} does not decide {unmet.range}: {title}"
            yield Caveat(CaveatCode.UNDECIDED_VALUE, text, (statement.curie,), "send the whole birthDate")


def _is_of(assertion: DataPropertyAssertion, unmet: DataSomeValuesFrom) -> bool:
    return assertion.subject == PATIENT_INDIVIDUAL and assertion.property == unmet.property


def _missing_result(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    names, _ = result_filler(unmet.filler)
    realisation = evaluation.realisation
    received = realisation.successors(PATIENT_INDIVIDUAL, unmet.property)
    for name in names:
        if not any(realisation.derives(node, Class(name)) for node in received):
            missing, remedy = _missing(name, unmet.property, evaluation)
            text = f"{missing}{_as_told(evaluation)}: “{statement.title}” was not decided"
            yield Caveat(CaveatCode.MISSING_LAB, text, (statement.curie,), None if evaluation.withheld else remedy)


def _as_told(evaluation: Evaluation) -> str:
    """Under a consent that withholds something, nobody is told that there is nothing."""
    return AMONG_USABLE if evaluation.withheld else ""


def _missing(name: str, role: str, evaluation: Evaluation) -> tuple[str, str]:
    """What is missing of a class of results, and what would help."""
    knowledge, realisation = evaluation.knowledge, evaluation.realisation
    label = knowledge.label(name)
    analyte = knowledge.analytes.get(name)
    base = analyte.multiple_of if analyte else None
    latest = realisation.successors(PATIENT_INDIVIDUAL, HAS_LATEST_RESULT)
    if base is not None and any(realisation.derives(node, Class(base)) for node in latest):
        return f"no upper reference limit of {knowledge.label(base)} in its unit", "send referenceRange.high"
    if role != HAS_LATEST_RESULT:
        days = knowledge.roles.persistent[role].days
        return f"no valid {label} results at least {days} days apart", f"measure or send {label}"
    return f"no valid {label} result", f"measure or send {label}"


def _unknown_route(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    """A medicine that would count, were its route known; of a statement that needs two, only beside another one."""
    may_count = _of_unknown_route(unmet, evaluation)
    if statement.needs_two:
        may_count = beside_another(unmet, may_count, evaluation.realisation, evaluation.box, evaluation.knowledge)
    for node in may_count:
        selected = evaluation.box.by_node.get(node)
        name = evaluation.knowledge.name_of(selected.fact) if selected else node
        text = f"the route of {name} is unknown: “{statement.title}” was not decided"
        yield Caveat(CaveatCode.UNKNOWN_ROUTE, text, (statement.curie,), "send the route or the product's code")


def _of_unknown_route(unmet: Conjunct, evaluation: Evaluation) -> list[str]:
    """The medicines without a route that are otherwise what is asked for; none where no route is."""
    operands = unmet.filler.operands if isinstance(unmet.filler, ObjectIntersectionOf) else (unmet.filler,)
    rest = [o for o in operands if not (isinstance(o, ObjectSomeValuesFrom) and o.property == HAS_ROUTE)]
    realisation = evaluation.realisation
    found = realisation.successors(PATIENT_INDIVIDUAL, unmet.property) if len(rest) < len(operands) else ()
    unknown = (node for node in found if isinstance(node, str) and not realisation.successors(node, HAS_ROUTE))
    return [node for node in unknown if all(realisation.satisfies(node, o) for o in rest)]


def _unknown_end(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    """A past medicine that would count, had it ended late enough."""
    realisation, span = evaluation.realisation, evaluation.knowledge.roles.wash_outs[unmet.property]
    for node in realisation.successors(PATIENT_INDIVIDUAL, TOOK_EVER):
        selected = evaluation.box.by_node.get(node) if isinstance(node, str) else None
        if selected is None or ended_within(selected.fact, span, evaluation.moment) is not Overlap.MAYBE:
            continue
        if realisation.satisfies(node, unmet.filler):
            name = evaluation.knowledge.name_of(selected.fact)
            text = f"when {name} ended is not known well enough: “{statement.title}” was not decided"
            touches = (selected.fact.provenance.resource, statement.curie)
            yield Caveat(CaveatCode.UNKNOWN_END, text, touches, "send the end of the medicine")
