"""Why a rule raises nothing about a patient: what it asks for, and what was received instead."""

from __future__ import annotations

from collections.abc import Iterator

from kgtwin.inference.issues.found import Evaluation
from kgtwin.inference.knowledge.rules import BurdenScale, CareGapRule, DoseLimit, MonitoringRule, Rule
from kgtwin.inference.rules.burden import shares, total
from kgtwin.inference.rules.known import Realised
from kgtwin.inference.rules.monitoring import Monitoring
from kgtwin.inference.rules.taking import Taken, taken_now
from kgtwin.model.axioms import Class, ClassExpression, ObjectSomeValuesFrom
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, TAKES_NOW


def demanded(rule: Rule) -> tuple[ClassExpression, ...]:
    """What a rule demands of a patient before anything else, as far as a class can say it: the medicine."""
    if not isinstance(rule, MonitoringRule | DoseLimit):
        return ()
    return (ObjectSomeValuesFrom(TAKES_NOW, ObjectSomeValuesFrom(HAS_ACTIVE_INGREDIENT, Class(rule.medicine))),)


def silence(rule: Rule, evaluation: Evaluation) -> Iterator[str]:
    """Why a rule that raises nothing raises nothing, in words; nothing where its medicine is not taken."""
    known = Realised(evaluation)
    taken = taken_now(known)
    match rule:
        case BurdenScale():
            yield _burden(rule, taken, evaluation)
        case MonitoringRule():
            monitoring = Monitoring(known)
            for one in taken:
                if evaluation.knowledge.is_a(one.ingredient, rule.medicine):
                    yield monitoring.in_words(rule, one)
        case DoseLimit():
            if any(evaluation.knowledge.is_a(one.ingredient, rule.medicine) for one in taken):
                label = evaluation.knowledge.label(rule.analyte)
                yield (
                    f"it is not certain that more than {rule.maximum:f} mg a day are taken while {label} is "
                    f"{rule.range}: the caveats name what is not known"
                )
        case CareGapRule():
            names = " or ".join(evaluation.knowledge.label(one) for one in (*rule.conditions, *rule.history))
            yield (
                f"it speaks of {names} at the ages for which it holds, and only where none of its medicines was ever "
                "ordered and no exception is present"
            )


def _burden(scale: BurdenScale, taken: tuple[Taken, ...], evaluation: Evaluation) -> str:
    knowledge = evaluation.knowledge
    found = shares(scale, taken, knowledge)
    if not found:
        return "nothing that is taken now has points on this scale"
    names = ", ".join(f"{knowledge.label(one.taken.ingredient)} {one.points:f}" for one in found)
    needed = f"it takes two ingredients and {scale.threshold:f}"
    if len(found) > 1 and total(found) >= scale.threshold:
        return f"{total(found):f} points ({names}); a route is not known, or a statement says it of the same two"
    return f"{total(found):f} point{'' if total(found) == 1 else 's'} ({names}); {needed}"
