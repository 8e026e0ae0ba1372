"""Fan-out: every medicine of a class, each simulated as started, ranked by the issues that are known of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from kgtwin.errors import KgtwinError, NotFoundError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.inference.case import Case
from kgtwin.inference.evaluating import instant
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.knowledge.coverage import Coverages
from kgtwin.inference.knowledge.naming import Names
from kgtwin.inference.realising.selection import select
from kgtwin.inference.whatif.changing import MEDICINES, Changing
from kgtwin.inference.whatif.hypothesis import Hypothesis
from kgtwin.inference.whatif.simulation import effect, finished, refusal
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
NOTHING_SAID: Final = frozenset({CaveatCode.DECEASED, CaveatCode.CONTRADICTION})
"""Why issues may not have been concluded at all."""


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
    asked = Asked(class_, instead_of, route, products)
    return finished(
        each_alternative(Case(patient, record, tuple(facts), knowledge, revision, unverified), asked, at, terminology)
    )


class Asked(msgspec.Struct, frozen=True):
    """What is to be started: of which class, in the place of what, by which route; products, too."""

    class_: str
    instead_of: str | None = None
    route: str | None = None
    products: bool = False


def each_alternative(
    case: Case, asked: Asked, at: datetime, terminology: Terminology | None = None
) -> Generator[None, None, Alternatives]:
    """``alternatives`` in parts: it stops after every medicine, so that others can be answered meanwhile.

    Raises:
        NotFoundError, UsageError: as ``alternatives``.
    """
    knowledge = case.knowledge
    changing = Changing(knowledge, Names(knowledge, terminology))
    group = changing.names.iri(asked.class_, MEDICINES, "class of medicines")
    fan = _Fan(case, changing, at, changing.route(asked.route))
    refused = fan.stop(asked.instead_of)
    members = sorted(_members(group, knowledge, products=asked.products))
    if not members:
        label = knowledge.label(group)
        raise NotFoundError(f"no medicine of the class “{label}” is known", expected="a class of medicines")
    found = []
    for iri in members:
        found.append(fan.started(iri))
        yield
    return Alternatives(
        patient=case.patient,
        at=instant(at),
        revision=case.revision,
        knowledge=knowledge.version,
        class_=to_curie(group),
        label=knowledge.label(group),
        instead_of=asked.instead_of,
        found=tuple(sorted(found, key=_rank)),
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
        follows = self._case.infer(supposed.facts, self._at)
        found = effect(self._without(taken), follows, supposed.changed)
        coverage, about = self._coverages.of(code), self._coverages.statements(code)
        undecided = tuple(one for one in follows.caveats if _leaves_open(one, about))
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


def _leaves_open(caveat: Caveat, statements: frozenset[str]) -> bool:
    """Whether it says that one of some statements was not decided, or that none was."""
    if caveat.code in NOTHING_SAID:
        return True
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
