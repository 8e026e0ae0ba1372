"""Near misses: statements that one unknown keeps from being decided."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kgtwin.inference.abox import PATIENT_INDIVIDUAL
from kgtwin.inference.issues import Evaluation
from kgtwin.inference.knowledge import result_filler
from kgtwin.inference.matching import MEDICINE_ROLES
from kgtwin.inference.statements import Conjunct, Statement
from kgtwin.model.axioms import Class, ObjectIntersectionOf, ObjectSomeValuesFrom
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.vocabulary import HAS_LATEST_RESULT, HAS_ROUTE


def gaps(evaluation: Evaluation) -> Iterator[Caveat]:
    """A caveat for each statement that a missing result or an unknown route leaves undecided."""
    derives = evaluation.realisation.derives
    for statement in evaluation.knowledge.statements.values():
        if statement.definition is not None:
            unmet = (c for c in statement.definition.conjuncts if not derives(PATIENT_INDIVIDUAL, c.expression()))
            first_two = list(islice(unmet, 2))
            if len(first_two) == 1:
                yield from _gap(statement, first_two[0], evaluation)


def _gap(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    if unmet.property == HAS_LATEST_RESULT:
        yield from _missing_result(statement, unmet, evaluation)
    elif unmet.property in MEDICINE_ROLES:
        yield from _unknown_route(statement, unmet, evaluation)


def _missing_result(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    names, _ = result_filler(unmet.filler)
    realisation = evaluation.realisation
    received = realisation.successors(PATIENT_INDIVIDUAL, HAS_LATEST_RESULT)
    for name in names:
        if not any(realisation.derives(node, Class(name)) for node in received):
            label = evaluation.knowledge.label(name)
            text = f"no valid {label} result: “{statement.title}” was not decided"
            yield Caveat(CaveatCode.MISSING_LAB, text, (statement.curie,), f"measure or send {label}")


def _unknown_route(statement: Statement, unmet: Conjunct, evaluation: Evaluation) -> Iterator[Caveat]:
    """A medicine that would count, were its route known."""
    operands = unmet.filler.operands if isinstance(unmet.filler, ObjectIntersectionOf) else (unmet.filler,)
    rest = [o for o in operands if not (isinstance(o, ObjectSomeValuesFrom) and o.property == HAS_ROUTE)]
    if len(rest) == len(operands):
        return
    realisation = evaluation.realisation
    for node in realisation.successors(PATIENT_INDIVIDUAL, unmet.property):
        unknown = not realisation.successors(node, HAS_ROUTE)
        if unknown and isinstance(node, str) and all(realisation.satisfies(node, o) for o in rest):
            selected = evaluation.box.by_node.get(node)
            name = evaluation.knowledge.name_of(selected.fact) if selected else node
            text = f"the route of {name} is unknown: “{statement.title}” was not decided"
            yield Caveat(CaveatCode.UNKNOWN_ROUTE, text, (statement.curie,), "send the route or the product's code")
