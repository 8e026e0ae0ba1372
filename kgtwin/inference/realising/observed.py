"""Phenotypes, behaviours and answered conditions: what the latest coded observation of each kind says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from types import NoneType

from kgtwin.identifiers import to_iri
from kgtwin.inference.knowledge import Knowledge
from kgtwin.inference.realising.selection import FINAL_RESULTS, Selected
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.clinical import order, time_of
from kgtwin.model.fact import BooleanValue, CodedValue, Fact, FactKind, ObservationDetail
from kgtwin.model.time import earliest, latest
from kgtwin.vocabulary import (
    ANSWERED_CONDITION,
    BEHAVIOUR,
    GENE_PHENOTYPE,
    HAS_BEHAVIOUR,
    HAS_NOW_AS_ANSWERED,
    HAS_PHENOTYPE,
)

OBSERVED = frozenset({FactKind.OBSERVATION, FactKind.BEHAVIOUR, FactKind.GENOTYPE})
_SAYING = (CodedValue, BooleanValue, NoneType)
CONTEXTS = (
    (HAS_PHENOTYPE, GENE_PHENOTYPE),
    (HAS_BEHAVIOUR, BEHAVIOUR),
    (HAS_NOW_AS_ANSWERED, ANSWERED_CONDITION),
)


def observed(
    facts: Iterable[Fact], knowledge: Knowledge, at: datetime
) -> tuple[tuple[Selected, ...], tuple[Caveat, ...]]:
    """The phenotypes, behaviours and answered conditions at ``at``, and what could not be read.

    Of observations with one code only the latest counts. A code that is not in the knowledge need not mean one
    thing ("genotype", of whatever gene): among phenotypes, each value of such a code counts.
    """
    read = list(_read(facts, knowledge, at))
    return tuple(o for o in read if isinstance(o, Selected)), tuple(o for o in read if isinstance(o, Caveat))


def _read(facts: Iterable[Fact], knowledge: Knowledge, at: datetime) -> Iterator[Selected | Caveat]:
    valid = [fact for fact in facts if _valid(fact, at)]
    for role, kind in CONTEXTS:
        for group in _groups(valid, kind, knowledge):
            latest_one = max(group, key=order)
            classes = said(latest_one, kind, knowledge)
            if isinstance(classes, Caveat):
                yield classes
            elif classes:
                yield _of_age(latest_one, role, classes, knowledge, at)


def is_candidate(fact: Fact) -> bool:
    """Whether it is an observation that may say something, once it has been taken."""
    if fact.kind not in OBSERVED or fact.status not in FINAL_RESULTS or not isinstance(fact.value, _SAYING):
        return False
    return time_of(fact) is not None


def _valid(fact: Fact, at: datetime) -> bool:
    return is_candidate(fact) and earliest(time_of(fact) or "") <= at


def _groups(facts: Iterable[Fact], kind: str, knowledge: Knowledge) -> Iterator[list[Fact]]:
    """Observations of one thing that say something of a kind, or are meant to."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(thing(fact, kind, knowledge), []).append(fact)
    return (group for group in groups.values() if any(concerns(fact, kind, knowledge) for fact in group))


def thing(fact: Fact, kind: str, knowledge: Knowledge) -> str:
    """What an observation is about: of those of one thing the latest counts."""
    known = knowledge.classes_of(fact)
    if kind == GENE_PHENOTYPE and not known:
        return fact.id
    return min(known or fact.code.concepts or (fact.code.name,))


def concerns(fact: Fact, kind: str, knowledge: Knowledge) -> bool:
    """Whether its code or its value is of a kind."""
    return any(knowledge.is_a(iri, kind) for iri in (*knowledge.classes_of(fact), *_value_classes(fact, knowledge)))


def _value_classes(fact: Fact, knowledge: Knowledge) -> tuple[str, ...]:
    if not isinstance(fact.value, CodedValue):
        return ()
    return tuple(iri for concept in fact.value.value.concepts if (iri := to_iri(concept)) in knowledge.classes)


def said(fact: Fact, kind: str, knowledge: Knowledge) -> tuple[str, ...] | Caveat:
    """What an observation says: its code and its value together; none where it says that something is not so.

    Of a condition that is asked for, a coded value says by itself whether it is there.
    """
    codes = tuple(iri for iri in knowledge.classes_of(fact) if knowledge.is_a(iri, kind))
    values = _value_classes(fact, knowledge)
    if isinstance(fact.value, CodedValue) and not values:
        text = f"{fact.code.name}: the value {fact.value.value.name} is not in the knowledge"
        return Caveat(CaveatCode.UNMAPPED_CODE, text, (fact.provenance.resource,), "map the code in an SSSOM file")
    if values and codes and kind != ANSWERED_CONDITION:
        return (*codes, *values)
    if values:
        return tuple(iri for iri in values if knowledge.is_a(iri, kind))
    absent = isinstance(fact.detail, ObservationDetail) and fact.detail.absent is not None
    said = fact.value == BooleanValue(value=True) or (fact.value is None and not absent)
    return codes if said else ()


def _of_age(fact: Fact, role: str, classes: tuple[str, ...], knowledge: Knowledge, at: datetime) -> Selected | Caveat:
    """The observation, unless it is too old to count."""
    age = at - latest(time_of(fact) or "")
    stale, expires = limits(classes, knowledge)
    text = f"{fact.code.name}: the latest observation is {age.days} days old"
    resource = (fact.provenance.resource,)
    if expires is not None and age > expires:
        return Caveat(CaveatCode.STALE_LAB, f"{text} and does not count any more", resource, "ask again")
    old = (Caveat(CaveatCode.STALE_LAB, text, resource, "ask again"),) if stale is not None and age > stale else ()
    return Selected(fact, role, f"latest {fact.status} observation", old, classes, f"/{role}")


def limits(classes: Iterable[str], knowledge: Knowledge) -> tuple[timedelta | None, timedelta | None]:
    """After which time an observation of some classes is stale and does not count."""
    stale, expires = (
        min((one for one in ages if one is not None), default=None)
        for ages in zip(*map(knowledge.ages, classes), strict=True)
    )
    return stale, expires
