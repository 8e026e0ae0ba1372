"""All candidates of a class for one patient: screened, ranked, the first ones inferred whole."""

from __future__ import annotations

from collections.abc import Generator, Iterable
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
from kgtwin.inference.whatif.alternatives.asking import Asked
from kgtwin.inference.whatif.alternatives.candidates import Candidate, Candidates, Given
from kgtwin.inference.whatif.alternatives.history import History
from kgtwin.inference.whatif.alternatives.ranking import Usual, rank, standing
from kgtwin.inference.whatif.alternatives.screening import Screener, Screening, in_order
from kgtwin.inference.whatif.changing import MEDICINES, Changing
from kgtwin.inference.whatif.hypothesis import Hypothesis
from kgtwin.inference.whatif.simulation import effect, finished, refusal
from kgtwin.model.alternative import MOST_WHOLE, Alternative, Alternatives, Named, Raised, Standing, Way
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import Inference
from kgtwin.model.simulation import Refused, StopMedicine
from kgtwin.terminology import Terminology

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
    whole: int = MOST_WHOLE,
    terminology: Terminology | None = None,
    unverified: bool = True,
    screener: Screener | None = None,
) -> Alternatives:
    """Every ingredient of a class, simulated as started at ``at``, ranked; with ``products`` its products, too.

    With ``instead_of`` a medicine is stopped first, for all of them. A medicine that is taken already is looked at as
    if it were not, so that its own issues count. Those that no statement is about stand apart: of them nothing is
    known, which is no good sign. The first ``whole`` ones are inferred whole. ``screener`` is one of the same
    knowledge that is kept from question to question.

    Raises:
        NotFoundError, UsageError: if there is no such class of medicines or no such route.
    """
    asked = Asked(class_, instead_of, route, products, whole)
    case = Case(patient, record, tuple(facts), knowledge, revision, unverified)
    return finished(each_alternative(case, asked, at, terminology, screener))


def each_alternative(
    case: Case, asked: Asked, at: datetime, terminology: Terminology | None = None, screener: Screener | None = None
) -> Generator[None, None, Alternatives]:
    """``alternatives`` in parts: it stops again and again, so that others can be answered meanwhile.

    Raises:
        NotFoundError, UsageError: as ``alternatives``.
    """
    knowledge = case.knowledge
    changing = Changing(knowledge, Names(knowledge, terminology))
    group = changing.names.iri(asked.class_, MEDICINES, "class of medicines")
    coverages = Coverages(knowledge, unverified=case.unverified)
    candidates = Candidates(changing, coverages, changing.route(asked.route)).of(group, products=asked.products)
    if not candidates:
        label = knowledge.label(group)
        raise NotFoundError(f"no medicine of the class “{label}” is known", expected="a class of medicines")
    fan = _Fan(case, changing, at, coverages, screener or Screener(knowledge))
    refused = fan.stop(asked.instead_of)
    yield
    found = yield from fan.ranked(candidates, asked.whole)
    return Alternatives(
        patient=case.patient,
        at=instant(at),
        revision=case.revision,
        knowledge=knowledge.version,
        class_=to_curie(group),
        label=knowledge.label(group),
        instead_of=asked.instead_of,
        found=tuple(found),
        refused=refused,
        usual=fan.usual.statements,
        few=fan.usual.few,
    )


class _Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A way as far as it was looked at, and what it was looked at with."""

    way: Way
    given: Given
    taken: frozenset[str]


class _Fan:
    """What all alternatives share: the unchanged twin's inference, the twin without what is replaced, coverage."""

    def __init__(self, case: Case, changing: Changing, at: datetime, coverages: Coverages, screener: Screener) -> None:
        self._case, self._changing, self._at, self._coverages = case, changing, at, coverages
        self._screener = screener
        self._unchanged: Inference = case.infer(case.facts, at)
        self._base = Hypothesis(case.patient, case.facts)
        self._history = History(case, changing, at, screener.finder)
        self._doubts = tuple(one for one in self._unchanged.caveats if one.code in NOTHING_SAID)
        self.usual = Usual(0, 0)

    @property
    def _stopped(self) -> frozenset[str]:
        """The ids of the facts that were stopped."""
        return frozenset(one.before.id for one in self._base.changed if one.before is not None)

    def stop(self, medicine: str | None) -> tuple[Refused, ...]:
        """Stop a medicine before any other is started."""
        if medicine is None:
            return ()
        try:
            self._base = self._changing.stop(medicine, self._base, self._at)
        except KgtwinError as error:
            return (refusal(StopMedicine(medicine), error),)
        return ()

    def ranked(self, candidates: list[Candidate], whole: int) -> Generator[None, None, list[Alternative]]:
        """The alternatives in their order."""
        single = [one.ways[0] for one in candidates if len(one.ingredients) == 1]
        self.usual = Usual.of(self._coverages.of(one.code, one.routes) for one in single)
        of = {one.medicine: one for one in candidates}
        looked: dict[str, list[_Looked]] = {}
        screening = Screening(self._case, self._at, self._screener, self._base.facts)
        for one in candidates:
            looked[one.medicine] = yield from self._looked(one, screening)
        found = {medicine: self._alternative(of[medicine], ways) for medicine, ways in looked.items()}
        for first in self._sorted(found)[: max(0, whole)]:
            candidate = of[first.medicine]
            ways = []
            for way in looked[first.medicine]:
                ways.append(way if way.way.effect is not None else self._whole(candidate, way))
                yield
            found[first.medicine] = self._alternative(candidate, ways)
        return self._sorted(found)

    def _sorted(self, found: dict[str, Alternative]) -> list[Alternative]:
        return sorted(found.values(), key=lambda one: rank(one, self.usual))

    def _looked(self, one: Candidate, screening: Screening) -> Generator[None, None, list[_Looked]]:
        """The ways to take a candidate of which the answers differ, each screened."""
        found = []
        for given in one.ways:
            found.append(self._screened(one, given, screening))
            yield
        return _apart_answers(found)

    def _started(self, given: Given) -> tuple[Fact, Hypothesis]:
        base = msgspec.structs.replace(self._base, assumptions=())
        supposed = self._changing.start(given.code, base, self._at, given.route)
        return supposed.facts[-1], supposed

    def _screened(self, one: Candidate, given: Given, screening: Screening) -> _Looked:
        """What would newly appear, where need be by a whole inference."""
        taken = self._history.taken(one.ingredients)
        way = Way(
            standing=Standing.UNDECIDED,
            coverage=self._coverages.of(given.code, given.routes),
            route=given.label,
            basis=given.basis,
            local=given.local,
            products=(given.product,) if given.product else (),
            assumptions=given.assumptions,
        )
        looked = _Looked(way=way, given=given, taken=taken)
        raised = screening.started(self._started(given)[0], taken)
        if raised is None:
            return self._whole(one, looked)
        return msgspec.structs.replace(looked, way=msgspec.structs.replace(way, raised=raised))

    def _whole(self, one: Candidate, looked: _Looked) -> _Looked:
        """A way, inferred whole; one that is taken already, beside the twin that does not take it."""
        supposed = self._started(looked.given)[1]
        follows = self._case.infer(supposed.facts, self._at)
        found = effect(self._without(looked.taken), follows, supposed.changed)
        about = self._coverages.statements(looked.given.code)
        undecided = tuple(one for one in follows.caveats if _leaves_open(one, about))
        way = msgspec.structs.replace(
            looked.way, raised=in_order(map(Raised.of, found.appear)), effect=found, undecided=undecided
        )
        return msgspec.structs.replace(looked, way=way)

    def _without(self, taken: frozenset[str]) -> Inference:
        """What follows where some medicines were never taken: what their issues newly appear beside."""
        if not taken:
            return self._unchanged
        return self._case.infer([fact for fact in self._case.facts if fact.id not in taken], self._at)

    def _alternative(self, one: Candidate, looked: list[_Looked]) -> Alternative:
        taken = bool(looked[0].taken)
        return Alternative(
            medicine=one.medicine,
            label=one.label,
            ways=tuple(self._standing(each.way) for each in looked),
            apart=one.apart,
            taken=taken,
            replaced=taken and looked[0].taken <= self._stopped,
            before=() if taken else self._history.before(one.ingredients),
        )

    def _standing(self, way: Way) -> Way:
        return msgspec.structs.replace(way, standing=standing(way, self.usual, self._doubts))


def _apart_answers(looked: list[_Looked]) -> list[_Looked]:
    """The ways whose answers differ, or whose routes do; of products with one answer and route one way."""
    found: list[_Looked] = []
    for one in looked:
        same = next((n for n, other in enumerate(found) if one.way.products and _alike(one.way, other.way)), None)
        if same is None:
            found.append(one)
        else:
            products: tuple[Named, ...] = (*found[same].way.products, *one.way.products)
            way = msgspec.structs.replace(found[same].way, products=products)
            found[same] = msgspec.structs.replace(found[same], way=way)
    return found


def _alike(one: Way, other: Way) -> bool:
    return one.said == other.said and one.local == other.local


def _leaves_open(caveat: Caveat, statements: frozenset[str]) -> bool:
    """Whether it says that one of some statements was not decided, or that none was."""
    if caveat.code in NOTHING_SAID:
        return True
    return caveat.code in UNDECIDED and any(to_iri(one) in statements for one in caveat.touches)
