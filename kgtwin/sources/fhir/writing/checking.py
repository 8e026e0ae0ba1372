"""Whether what was written reads the same again, and what FHIR R4 could not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from kgtwin.model.concept import Coded
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.sources.fhir.submissions import Session
from kgtwin.sources.fhir.writing.resources import name_of, type_of
from kgtwin.terminology import Terminology

NAMED: Final = "resource (named anew: its own name is none of FHIR's)"
_PATIENT: Final = b'{"resourceType":"Patient"'
_BUNDLE: Final = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%b}]}'
UNREAD: Final = "the whole fact (FHIR requires what it does not hold)"


def read_again(lines: Sequence[bytes], source: str, terminology: Terminology) -> tuple[list[PatientRecord], list[Fact]]:
    """What lines of NDJSON state; all but Patients together, for none of the others says anything of another."""
    session = Session(source, terminology)
    people = [line for line in lines if line.startswith(_PATIENT)]
    others = b'},{"resource":'.join(line for line in lines if not line.startswith(_PATIENT))
    documents = [*people, _BUNDLE % others] if others else people
    versions = [version for one in documents for version in session.submission(one, "export").resources]
    records = [version.record for version in versions if version.record is not None]
    return records, [fact for version in versions for fact in version.facts]


def unsaid(facts: Sequence[Fact], again: Sequence[Fact]) -> Counter[str]:
    """The fields of facts that do not read the same again, each counted; empty where all do.

    Concepts that mappings lead to are left aside: they follow from the codes, by the mappings that there are.
    """
    missing = set(facts).difference(again)
    found: Counter[str] = Counter()
    by_part = {(fact.provenance.resource, fact.provenance.part): fact for fact in again} if missing else {}
    for fact in facts:
        if fact in missing:
            name = name_of(fact.provenance.resource, type_of(fact))
            other = by_part.get((name, fact.provenance.part))
            found.update([UNREAD] if other is None else _differing(fact, other))
    return found


def _differing(fact: Fact, other: Fact) -> list[str]:
    fields = ("kind", "code", "status", "verification", "when", "value", "encounter")
    names = [name for name in fields if _plain(getattr(fact, name)) != _plain(getattr(other, name))]
    names += ["reasons"] if _references(fact) != _references(other) else []
    names += _within("detail", fact.detail, other.detail)
    names += [NAMED] if fact.provenance.resource != other.provenance.resource else []
    origin = msgspec.structs.replace(other.provenance, resource=fact.provenance.resource)
    return names + _within("provenance", fact.provenance, origin)


def _within(name: str, mine: Any, theirs: Any) -> list[str]:
    """The fields of two structs that differ."""
    if type(mine) is not type(theirs):
        return [name]
    fields = () if mine is None else mine.__struct_fields__
    return [f"{name}.{field}" for field in fields if _plain(getattr(mine, field)) != _plain(getattr(theirs, field))]


def _references(fact: Fact) -> list[str]:
    return [reason for reason in fact.reasons if "/" in reason]


def _plain(value: Any) -> Any:
    """A value without what the terminology adds to its codes."""
    if isinstance(value, Coded):
        return Coded(value.codings, (), value.text)
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    inner = getattr(value, "value", None)
    return msgspec.structs.replace(value, value=_plain(inner)) if isinstance(inner, Coded) else value


def unsaid_of_patient(record: PatientRecord, again: Sequence[PatientRecord]) -> Counter[str]:
    """The same of a patient's record; one known by key alone is written so that it reads so again."""
    if not record.received or list(again) == [record]:
        return Counter()
    if not again:
        return Counter(["the whole patient"])
    return Counter(_within("patient", record, again[0]))
