"""The classes that a patient's record and facts mention, whatever their status and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from kgtwin.identifiers import to_iri
from kgtwin.inference.person import sex_of
from kgtwin.model.axioms import Class
from kgtwin.model.concept import Coded
from kgtwin.model.fact import CodedValue, Fact, PatientRecord
from kgtwin.vocabulary import PATIENT


def mentioned(record: PatientRecord | None, facts: Iterable[Fact]) -> frozenset[str]:
    """Their IRIs: of codes, ingredients, routes, severities, values, and the sex."""
    found = {PATIENT}
    sex = sex_of(record) if record is not None else None
    if sex is not None and isinstance(sex.type, Class):
        found.add(sex.type.iri)
    for fact in facts:
        for coded in _coded(fact):
            found.update(_iris(coded.concepts))
    return frozenset(found)


def _coded(fact: Fact) -> Iterator[Coded]:
    """Every code that is part of a fact."""
    yield fact.code
    if isinstance(fact.value, CodedValue):
        yield fact.value.value
    for name in getattr(fact.detail, "__struct_fields__", ()):
        part = getattr(fact.detail, name)
        if isinstance(part, Coded):
            yield part
        elif isinstance(part, tuple):
            yield from (one for one in part if isinstance(one, Coded))


@lru_cache(maxsize=100_000)
def _iris(concepts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(to_iri, concepts))
