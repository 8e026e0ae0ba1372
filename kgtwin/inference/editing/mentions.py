"""The classes that a patient's record and facts mention, whatever their status and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

import msgspec

from kgtwin.identifiers import to_iri
from kgtwin.inference.person import sex_of
from kgtwin.model.axioms import Class
from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, PatientRecord
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


def _coded(part: object) -> Iterator[Coded]:
    """Every code that is part of a fact."""
    if isinstance(part, Coded):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _coded(one)
    elif isinstance(part, msgspec.Struct):
        for name in _parts(type(part)):
            yield from _coded(getattr(part, name))


@cache
def _parts(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that a code may be in; where a fact came from has none."""
    plain = {"str", "str | None", "bool", "int", "Decimal", "Provenance", "Period", "FactKind"}
    return tuple(one for one in kind.__struct_fields__ if str(kind.__annotations__.get(one)) not in plain)


@lru_cache(maxsize=100_000)
def _iris(concepts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(to_iri, concepts))
