"""Fan-out: every medicine of a class, each simulated as started, ranked by the issues that are known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.errors import KgtwinError, NotFoundError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.changing import MEDICINES, Changing
from kgtwin.inference.coverage import Coverages
from kgtwin.inference.hypothesis import Hypothesis
from kgtwin.inference.infer import instant
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.naming import Names
from kgtwin.inference.selection import select
from kgtwin.inference.simulation import Case, effect, refusal
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference, Significance
from kgtwin.model.simulation import Alternative, Alternatives, Effect, Refused, Standing, StopMedicine
from kgtwin.terminology import Terminology
from kgtwin.vocabulary import TAKES_NOW

UNDECIDED: Final = frozenset(
    {
        CaveatCode.MISSING_LAB,
        CaveatCode.UNKNOWN_ROUTE,
        CaveatCode.UNKNOWN_END,
        CaveatCode.UNDECIDED_VALUE,
        CaveatCode.NOT_EVALUATED,
    }
)
"""Why a statement about a medicine may have been left open."""


def alternatives(
    patient: str,
    record: PatientRecord | None,
    facts: Iterable[Fact],
    class_: str,
    knowledge: Knowledge,
    *,
    at: datetime,
    revision: int,
    instead_of: str | None = None,
    route: str | None = None,
    products: bool = False,
    terminology: Terminology | None = None,
    unverified: bool = True,
) -> Alternatives:
    """Every ingredient (with ``products`` every product) of a class, simulated as started at ``at``, ranked.

    With ``instead_of`` a medicine is stopped first, for all of them. A medicine that is taken already is looked at as
    if it were not, so that its own issues count. Those that no statement is about come last, apart from the others: of
    them nothing is known, which is no good sign.

    Raises:
        NotFoundError, UsageError: if there is no such class of medicines or no such route.
    """
    case = Case(patient, record, tuple(facts), knowledge, revision, unverified)
    changing = Changing(knowledge, Names(knowledge, terminology))
    group = changing.names.iri(class_, MEDICINES, "class of medicines")
    fan = _Fan(case, changing, at, changing.route(route))
    refused = fan.stop(instead_of)
    members = sorted(_members(group, knowledge, products=products))
    if not members:
        label = knowledge.label(group)
        raise NotFoundError(f"no medicine of the class “{label}” is known", expected="a class of medicines")
    found = sorted((fan.started(iri) for iri in members), key=_rank)
    return Alternatives(
        patient=patient,
        at=instant(at),
        revision=revision,
        knowledge=knowledge.version,
        class_=to_curie(group),
        label=knowledge.label(group),
        instead_of=instead_of,
        found=tuple(found),
        refused=refused,
    )


def _members(group: str, knowledge: Knowledge, *, products: bool) -> Iterator[str]:
    """The ingredients of a class, of a substance and its salts the substance; with ``products`` their products too."""
    modelled = knowledge.medicines
    below = knowledge.classification.descendants(group) | {group}
    ingredients = below & modelled.ingredients
    yield from (one for one in ingredients if not knowledge.classification.ancestors(one) & ingredients)
    if products or not ingredients:
        yield from (iri for iri, one in modelled.products.items() if one.ingredients & below or iri in below)


class _Fan:
    """What all alternatives share: the unchanged twin's inference, the twin without what is replaced, coverage."""

    def __init__(self, case: Case, changing: Changing, at: datetime, route: Coded | None) -> None:
        self._case, self._changing, self._at, self._route = case, changing, at, route
        self._unchanged: Inference = case.infer(case.facts, at)
        self._base = Hypothesis(case.patient, case.facts)
        self._coverages = Coverages(case.knowledge, unverified=case.unverified)
        self._taken = [one.fact for one in select(case.facts, at) if one.role == TAKES_NOW]

    def stop(self, medicine: str | None) -> tuple[Refused, ...]:
        """Stop a medicine before any other is started."""
        if medicine is None:
            return ()
        try:
            self._base = self._changing.stop(medicine, self._base, self._at)
        except KgtwinError as error:
            return (refusal(StopMedicine(medicine), error),)
        return ()

    def started(self, iri: str) -> Alternative:
        """One medicine, started; one that is taken already, beside the twin that does not take it."""
        knowledge = self._case.knowledge
        code = self._changing.names.coded(to_curie(iri), MEDICINES, "medicine")
        base = msgspec.structs.replace(self._base, assumptions=())
        supposed = self._changing.start(code, base, self._at, self._route)
        taken = frozenset(fact.id for fact in self._taken if self._changing.holds(fact, iri))
        found = effect(self._without(taken), self._case.infer(supposed.facts, self._at), supposed.changed)
        coverage = self._coverages.of(code)
        undecided = tuple(one for one in found.caveats_appear if self._is_open(one))
        return Alternative(
            medicine=to_curie(iri),
            label=knowledge.label(iri),
            standing=_standing(found, undecided, covered=coverage.specific > 0),
            coverage=coverage,
            effect=found,
            undecided=undecided,
            taken=bool(taken),
            assumptions=supposed.assumptions,
        )

    def _without(self, taken: frozenset[str]) -> Inference:
        """What follows where some medicines were never taken: what their issues newly appear beside."""
        if not taken:
            return self._unchanged
        return self._case.infer([fact for fact in self._case.facts if fact.id not in taken], self._at)

    def _is_open(self, caveat: Caveat) -> bool:
        """Whether it says that a statement was not decided."""
        statements = self._case.knowledge.statements
        return caveat.code in UNDECIDED and any(to_iri(one) in statements for one in caveat.touches)


def _standing(found: Effect, undecided: tuple[Caveat, ...], *, covered: bool) -> Standing:
    if found.appear:
        return Standing.ISSUES
    if not covered:
        return Standing.NOT_COVERED
    return Standing.UNDECIDED if undecided else Standing.NO_KNOWN_ISSUE


def _rank(one: Alternative) -> tuple[bool, tuple[int, ...], int, int, int, str]:
    """Gravest issues first, their number, how many of them rest on opened evidence; then what was left undecided.

    What is not covered comes after all that is; of equals, what more statements could have spoken about comes first.
    """
    by_gravity = tuple(one.appearing(significance) for significance in Significance)
    opened = sum(any(e.status == "verified" for e in issue.evidence) for issue in one.effect.appear)
    apart = one.standing is Standing.NOT_COVERED
    return apart, by_gravity, opened, len(one.undecided), -one.coverage.specific, one.label.casefold()
