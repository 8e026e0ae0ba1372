"""The received facts that come closest to what a part of a definition demands, and why they do not fill it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from kgtwin.inference.evaluating import Evaluated
from kgtwin.inference.explaining.counterfactual import Roles, reasons, unread
from kgtwin.inference.issues.derive import leaf
from kgtwin.inference.knowledge import Knowledge, named
from kgtwin.inference.person import PATIENT_INDIVIDUAL
from kgtwin.inference.realising.abox import ABox, abox
from kgtwin.inference.realising.observed import OBSERVED
from kgtwin.inference.realising.reading import Reading, canonical, multiple
from kgtwin.inference.realising.selection import Selected
from kgtwin.model.axioms import (
    Class,
    ClassExpression,
    DataPropertyAssertion,
    DataSomeValuesFrom,
    EquivalentClasses,
    Interval,
    ObjectIntersectionOf,
    ObjectSomeValuesFrom,
)
from kgtwin.model.clinical import order
from kgtwin.model.derivation import FactRef
from kgtwin.model.fact import CodedValue, Fact
from kgtwin.model.owl_text import manchester
from kgtwin.model.whynot import Near
from kgtwin.vocabulary import (
    BEHAVIOUR,
    CLINICAL_CONDITION,
    GENE_PHENOTYPE,
    HAS_ROUTE,
    HAS_SEVERITY,
    HAS_VALUE,
    MEDICINAL_PRODUCT,
    OWL_NOTHING,
    OWL_THING,
    RESULT,
    ROUTE,
    SEVERITY,
    SITUATION,
    SUBSTANCE,
    kgtwin,
)

NEAR: Final = "urn:kgtwin:near"
"""The role of every fact in the question what it would be if it counted: it implies nothing."""
SHOWN: Final = 5
"""So many facts are shown for a part."""
UPPER: Final = frozenset({
    OWL_THING, SUBSTANCE, MEDICINAL_PRODUCT, RESULT, CLINICAL_CONDITION, SITUATION, GENE_PHENOTYPE, BEHAVIOUR, ROUTE,
    SEVERITY, *map(kgtwin, ("DrugByTherapeuticUse", "DrugByMechanism", "DrugByInteractionRole", "DrugByRisk")),
})  # fmt: skip
"""Classes that make nothing alike: the kinds, and what the substances are ordered by."""
MODIFIERS: Final = frozenset({HAS_ROUTE, HAS_SEVERITY})
"""Roles that say how, not what."""


class Withdrawn(NamedTuple):
    """A fact that was once received, and how it was taken back."""

    fact: Fact
    how: str


class Candidate(NamedTuple):
    """A fact as an individual of its own; ``interval`` is its number in the analyte's unit."""

    fact: Fact
    node: str
    withdrawn: str | None
    interval: Interval | None


class Nearness:
    """Every fact of a patient, whether it counts or not, beside what a part demands."""

    def __init__(self, facts: Sequence[Fact], withdrawn: Sequence[Withdrawn], found: Evaluated) -> None:
        self._found, self._knowledge = found, found.evaluation.knowledge
        self._roles = Roles(self._knowledge)
        taken_back = {one.fact.id: one.how for one in withdrawn}
        everything = (*facts, *(one.fact for one in withdrawn))
        self._latest = _latest(facts, self._knowledge)
        box = _box(everything, self._knowledge)
        self._realisation = self._knowledge.classification.realise(box.assertions)
        values = {a.subject: a.range for a in box.assertions if isinstance(a, DataPropertyAssertion)}
        self._candidates = [
            Candidate(one.fact, node, taken_back.get(one.fact.id), _interval(values.get(node)))
            for node, one in box.by_node.items()
            if not self._realisation.satisfies(node, Class(OWL_NOTHING))
        ]

    def to(self, role: str, filler: ClassExpression, unfolded: Mapping[str, ClassExpression]) -> tuple[Near, ...]:
        """The facts that come closest to filling a role with something, the closest first."""
        wanted = list(dict.fromkeys(_operands(filler, unfolded)))
        ranked = []
        for one in self._candidates:
            unmet = [part for part in wanted if not self._realisation.satisfies(one.node, part)]
            kin = self._kin(one.node, unmet) if not _is_about(wanted, unmet) else ()
            if _is_about(wanted, unmet) or kin:
                said = (*(self._difference(one, part) for part in unmet), *self._why(one, role))
                if said:
                    ranked.append((self._breadth(kin), len(said), one.fact.provenance.resource, one, said))
        ranked.sort(key=lambda row: row[:3])
        closest = [row for row in ranked if bool(row[0]) == bool(ranked[0][0])]
        return tuple(_distinct(Near(self._ref(one.fact), said) for _, _, _, one, said in closest))[:SHOWN]

    def _ref(self, fact: Fact) -> FactRef:
        return leaf(fact.id, fact.provenance, self._knowledge.name_of(fact))

    def _kin(self, node: str, unmet: Iterable[ClassExpression]) -> tuple[str, ...]:
        """Classes right above what is wanted that a node is of."""
        found = []
        for part in unmet:
            inner = part.filler if isinstance(part, ObjectSomeValuesFrom) else part
            if isinstance(inner, Class) and not _is_modifier(part) and inner.iri in self._knowledge.classes:
                for parent in sorted(self._knowledge.classification.parents(inner.iri)):
                    above = Class(parent)
                    kind = msgspec.structs.replace(part, filler=above) if part is not inner else above
                    if parent not in UPPER and self._realisation.satisfies(node, kind):
                        found.append(parent)
        return tuple(found)

    def _breadth(self, kin: Iterable[str]) -> int:
        """How much lies below the narrowest of some classes: what shares a narrow one is closer; 0 for none."""
        return min((len(self._knowledge.classification.descendants(one)) for one in kin), default=0)

    # reasons

    def _why(self, one: Candidate, role: str) -> tuple[str, ...]:
        """Why a fact does not count for a role."""
        if one.withdrawn is not None:
            return (one.withdrawn,)
        evaluation = self._found.evaluation
        counting = evaluation.realisation.successors(PATIENT_INDIVIDUAL, role)
        mine = {node for node, selected in evaluation.box.by_node.items() if selected.fact.id == one.fact.id}
        if not mine.isdisjoint(node for node in counting if isinstance(node, str)):
            return ()
        for contradiction in self._found.left_out:
            if one.fact.id in {ref.fact for ref in contradiction.left_out}:
                return (contradiction.text,)
        said = reasons(one.fact, role, self._knowledge, self._roles, evaluation.moment)
        return said or (self._overtaken(one.fact, role),)

    def _overtaken(self, fact: Fact, role: str) -> str:
        """Why a fact that would count by itself does not count beside the others."""
        if role in self._knowledge.roles.persistent:
            return f"no results over {self._knowledge.roles.persistent[role].days} days all say so"
        analyte = self._knowledge.analyte_of(fact)
        last = self._latest.get(analyte.iri) if analyte is not None else None
        if last is not None and last.id != fact.id:
            return f"a later one counts: {last.provenance.resource}"
        return "a later or another fact of its kind counts instead"

    def _difference(self, one: Candidate, part: ClassExpression) -> str:
        label = self._knowledge.label
        if isinstance(part, DataSomeValuesFrom) and part.property == HAS_VALUE:
            if one.interval is None:
                said = unread(one.fact, self._knowledge, self._found.evaluation.moment)
                return "; ".join(caveat.text for caveat in said) or "it has no value that can be read"
            analyte = self._knowledge.analyte_of(one.fact)
            unit = f" {analyte.unit}" if analyte is not None and analyte.unit != "1" else ""
            verdict = "may be or not be" if _meets(one.interval, part) else "is not"
            return f"its value {one.interval}{unit} {verdict} {part.range}"
        if isinstance(part, ObjectSomeValuesFrom) and part.property in MODIFIERS:
            known = self._realisation.successors(one.node, part.property)
            names = sorted(map(label, named(known)))
            what = label(part.property).removeprefix("has ")
            wanted = manchester(part.filler, label)
            return (
                f"its {what} is {', '.join(names)}, not {wanted}" if names else f"its {what} is unknown, not {wanted}"
            )
        wanted = manchester(part.filler if isinstance(part, ObjectSomeValuesFrom) else part, label)
        above = " and ".join(f"“{label(parent)}”" for parent in self._kin(one.node, (part,)))
        if isinstance(part, ObjectSomeValuesFrom):
            return f"of “{label(part.property)}” it is known to be {above or 'something else'}, not “{wanted}”"
        return f"it is known to be {above or 'something else'}, not “{wanted}”"


def _meets(interval: Interval, part: DataSomeValuesFrom) -> bool:
    return isinstance(part.range, Interval) and interval.meets(part.range)


def _interval(value: object) -> Interval | None:
    return value if isinstance(value, Interval) else None


def _is_modifier(part: ClassExpression) -> bool:
    if isinstance(part, DataSomeValuesFrom):
        return True
    return isinstance(part, ObjectSomeValuesFrom) and part.property in MODIFIERS


def _is_about(wanted: Iterable[ClassExpression], unmet: Sequence[ClassExpression]) -> bool:
    """Whether something is what is wanted, however it differs in how."""
    whats = [part for part in wanted if not _is_modifier(part)]
    return bool(whats) and not any(part in unmet for part in whats)


def _operands(filler: ClassExpression, unfolded: Mapping[str, ClassExpression]) -> Iterator[ClassExpression]:
    """What a filler is the conjunction of, defined classes unfolded."""
    match filler:
        case ObjectIntersectionOf(operands):
            for operand in operands:
                yield from _operands(operand, unfolded)
        case Class(iri) if iri in unfolded:
            yield from _operands(unfolded[iri], {name: body for name, body in unfolded.items() if name != iri})
        case _:
            yield filler


def bodies(axioms: Iterable[object]) -> dict[str, ClassExpression]:
    """By defined class, the conjunction that it is equivalent to."""
    found: dict[str, ClassExpression] = {}
    for axiom in axioms:
        if isinstance(axiom, EquivalentClasses):
            names = [one for one in axiom.operands if isinstance(one, Class)]
            others = [one for one in axiom.operands if isinstance(one, ObjectIntersectionOf)]
            for name in names if others else ():
                found.setdefault(name.iri, others[0])
    return found


def _distinct(found: Iterable[Near]) -> Iterator[Near]:
    """One fact once: the first time, which is the closest."""
    seen: set[str] = set()
    for one in found:
        if one.fact.fact not in seen:
            seen.add(one.fact.fact)
            yield one


def _latest(facts: Iterable[Fact], knowledge: Knowledge) -> dict[str, Fact]:
    """The latest result of each analyte, whether it counts or not."""
    found: dict[str, Fact] = {}
    for fact in facts:
        analyte = knowledge.analyte_of(fact) if fact.kind in OBSERVED else None
        if analyte is not None and (analyte.iri not in found or order(found[analyte.iri]) < order(fact)):
            found[analyte.iri] = fact
    return found


def _box(facts: Iterable[Fact], knowledge: Knowledge) -> ABox:
    """What each fact is, as if all counted."""
    selected, readings = [], []
    for fact in facts:
        analyte = knowledge.analyte_of(fact) if fact.kind in OBSERVED else None
        if analyte is not None:
            read = canonical(fact, analyte)
            one = Selected(fact, NEAR, "")
            if isinstance(read, Interval):
                reading = Reading(one, analyte, read, (read,))
                readings.append(reading)
                more = (multiple(reading, other) for other in knowledge.multiples.get(analyte.iri, ()))
                readings += [other for other in more if other is not None]
            else:
                selected.append(one)
        elif fact.kind in OBSERVED:
            selected.append(Selected(fact, NEAR, "", (), _said(fact, knowledge), "/said"))
        else:
            selected.append(Selected(fact, NEAR, ""))
    return abox(selected, readings, (), knowledge)


def _said(fact: Fact, knowledge: Knowledge) -> tuple[str, ...]:
    """The classes of an observation's code and of its coded value."""
    codes = knowledge.classes_of(fact)
    if not isinstance(fact.value, CodedValue):
        return codes
    valued = msgspec.structs.replace(fact, code=fact.value.value)
    return (*codes, *knowledge.classes_of(valued))
