"""From a code or a name in a table to a class of ours: only what is exactly the same is used, everything else is told.

A code means its own class, what an exact mapping says, and what two exact mappings say with one code between them that
each of the two maps one to one. A name means the class that is called so. What a code and a name say must agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from kgtwin.identifiers import check_code
from kgtwin.model.concept import MatchKind
from kgtwin.ontology.releases.told import Told, plain
from kgtwin.terminology.sssom import Pair
from kgtwin.vocabulary import (
    CLINICAL_CONDITION,
    MEDICINAL_PRODUCT,
    PATIENT,
    PREFIXES,
    RESULT,
    ROUTE,
    SITUATION,
    SUBSTANCE,
)

ALIASES: Final = {
    "rxcui": "rxnorm",
    "rx": "rxnorm",
    "sctid": "snomed",
    "snomedct": "snomed",
    "snomedct_us": "snomed",
    "sct": "snomed",
    "icd10-cm": "icd10cm",
    "icd-10-cm": "icd10cm",
    "icd10": "icd10",
    "msh": "mesh",
}
"""Other prefixes that tables write, without case."""
STEMS: Final = {
    **PREFIXES,
    "mesh": "http://id.nlm.nih.gov/mesh/",
    "hp": "http://purl.obolibrary.org/obo/HP_",
    "doid": "http://purl.obolibrary.org/obo/DOID_",
    "ncit": "http://purl.obolibrary.org/obo/NCIT_",
    "efo": "http://www.ebi.ac.uk/efo/EFO_",
    "umls": "http://linkedlifedata.com/resource/umls/id/",
    "drugbank": "http://identifiers.org/drugbank/",
    "pubchem.compound": "http://identifiers.org/pubchem.compound/",
    "chembl.compound": "http://identifiers.org/chembl.compound/",
    "medrt": "http://va.gov/terminology/medrt/",
}
_CODE = re.compile(r"([A-Za-z][\w.-]*):(\S+)")


class Role(StrEnum):
    """What a class must be."""

    SUBSTANCE = "substance"
    CONDITION = "condition"


_TOPS: Final = {Role.SUBSTANCE: {SUBSTANCE}, Role.CONDITION: {CLINICAL_CONDITION, SITUATION}}
_KINDS: Final = {SUBSTANCE, CLINICAL_CONDITION, SITUATION, MEDICINAL_PRODUCT, PATIENT, RESULT, ROUTE}
_RECEIVED: Final = {Role.SUBSTANCE: {"rxnorm"}, Role.CONDITION: {"snomed", "icd10cm", "icd10"}}
"""Systems in which a patient's facts are coded: such a code is a class by itself."""


class Resolved(msgspec.Struct, frozen=True):
    """``iri``: the class to write, None where there is none. ``held``: why a statement about it must stay silent.

    ``wrong``: a kind of problem that makes the row unusable. ``known``: whether the ontology has the class. ``names``:
    what the class and the codes are called, as names are compared.
    """

    iri: str | None
    label: str
    held: str | None = None
    wrong: tuple[str, str] | None = None
    known: bool = True
    names: frozenset[str] = frozenset()


class _Answer(NamedTuple):
    found: frozenset[str]
    near: bool = False


class Resolver:
    """An ontology and mappings between code systems."""

    def __init__(self, told: Told, pairs: Iterable[Pair] = ()) -> None:
        self.told = told
        self.exact: dict[str, set[str]] = {}
        self.near: dict[str, set[str]] = {}
        self.labels: dict[str, str] = {}
        for pair in pairs:
            self._add(pair)

    def _add(self, pair: Pair) -> None:
        one, other = normal(pair.subject), normal(pair.object)
        links = self.exact if pair.predicate is MatchKind.EXACT else self.near
        links.setdefault(one, set()).add(other)
        links.setdefault(other, set()).add(one)
        for code, label in ((one, pair.subject_label), (other, pair.object_label)):
            if label:
                self.labels.setdefault(code, label)

    def resolve(self, code: str, name: str, role: Role, also: Iterable[str] = ()) -> Resolved:
        """The class of a code, of a name, or of both. ``also``: codes that mean exactly the same as the first."""
        codes = [normal(one) for one in (code, *also) if one]
        for one in codes:
            if wrong := self._wrong(one, role):
                return Resolved(None, name or code, wrong=wrong)
        by_code = self._by_codes(codes, role)
        by_name = self._by_name(name, role) if name else frozenset()
        label = name or next((self.labels[one] for one in codes if one in self.labels), code)
        found = self._agreed(codes, by_code, by_name, label, role)
        called = {plain(self.labels[one]) for one in codes if one in self.labels}
        own = self.told.names(found.iri) if found.iri and found.known else frozenset[str]()
        if not name and found.iri and found.known:
            found = msgspec.structs.replace(found, label=self._called(found.iri))
        return msgspec.structs.replace(found, names=own | called)

    def _agreed(self, codes: list[str], by_code: _Answer, by_name: frozenset[str], label: str, role: Role) -> Resolved:
        if by_code.found and by_name and not by_code.found & by_name:
            one, other = min(by_code.found), min(by_name)
            text = f"the code means {self._called(one)}, the words mean {self._called(other)}"
            return Resolved(one, label, held=text)
        found = by_code.found & by_name or by_code.found or by_name
        if len(found) > 1:
            called = ", ".join(sorted(map(self._called, found)))
            return Resolved(min(found), label, held=f"it can mean any of {called}")
        if found:
            return Resolved(min(found), label)
        return self._unknown(codes, by_code.near, label, role)

    def _unknown(self, codes: list[str], near: bool, label: str, role: Role) -> Resolved:
        """A class that the ontology does not have: a patient's facts name it, or it stays silent."""
        own = next((one for one in codes if prefix_of(one) in _RECEIVED[role]), codes[0] if codes else "")
        if not own:
            return Resolved(None, label, wrong=("unresolved", f"no {role} of the ontology is called {label[:60]!r}"))
        if prefix_of(own) in _RECEIVED[role]:
            return Resolved(iri_of(own), label, known=False)
        text = "only a broad or close mapping leads to" if near else "no exact mapping leads to"
        return Resolved(iri_of(own), label, held=f"{text} a {role} of the ontology from {own}", known=False)

    def _called(self, iri: str) -> str:
        return self.told.ontology.label(iri)

    def _wrong(self, code: str, role: Role) -> tuple[str, str] | None:
        """Why a code can be used for nothing."""
        prefix, _, local = code.partition(":")
        reason = check_code(prefix, local) if prefix in PREFIXES and prefix != "kgtwin" else None
        if reason:
            return "check-digit" if "digit" in reason else "bad-code", f"{code}: {reason}"
        iri = iri_of(code)
        if prefix == "kgtwin" and not self.told.is_class(iri):
            return "unresolved", f"the ontology has no class {code}"
        if self.told.is_deprecated(iri):
            successors = ", ".join(self.told.successors(iri))
            return "retired", f"{code} is retired" + (f", replaced by {successors}" if successors else "")
        if self.told.is_class(iri) and not self._is(iri, role):
            return "not-a-" + role, f"{code} ({self._called(iri)}) is no {role} in the ontology"
        return None

    def _is(self, iri: str, role: Role) -> bool:
        """Whether a class is of a kind; one of which nothing is told may be what facts are coded with."""
        above = self.told.above(iri)
        if above & _KINDS:
            return bool(above & _TOPS[role])
        return prefix_of(normal(iri)) in _RECEIVED[role]

    def _by_codes(self, codes: Iterable[str], role: Role) -> _Answer:
        found: set[str] = set()
        near = False
        for code in codes:
            same = {code, *self.exact.get(code, ())}
            found |= self._ours(same, role) or self._ours(self._one_further(code), role)
            near = near or bool(self._ours(self.near.get(code, set()), role))
        return _Answer(frozenset(found), near)

    def _one_further(self, code: str) -> set[str]:
        """What two exact mappings lead to, each of them one to one."""
        return {
            other
            for middle in self.exact.get(code, ())
            for other in self.exact[middle]
            if other != code and self._is_one_to_one(code, middle) and self._is_one_to_one(other, middle)
        }

    def _is_one_to_one(self, code: str, middle: str) -> bool:
        return self._of_system(code, prefix_of(middle)) == {middle} and self._of_system(middle, prefix_of(code)) == {
            code
        }

    def _of_system(self, code: str, prefix: str) -> set[str]:
        return {other for other in self.exact.get(code, ()) if prefix_of(other) == prefix}

    def _ours(self, codes: Iterable[str], role: Role) -> set[str]:
        iris = (iri_of(code) for code in codes)
        return {
            self.told.lifted(iri)
            for iri in iris
            if self.told.is_class(iri) and not self.told.is_deprecated(iri) and self._is(iri, role)
        }

    def _by_name(self, name: str, role: Role) -> frozenset[str]:
        found = self.told.by_name.get(plain(name), frozenset())
        return frozenset(self.told.lifted(iri) for iri in found if self._is(iri, role))


def normal(code: str) -> str:
    """A code with the prefix that kgtwin gives its system; a name that is no code stays as it is.

    >>> normal("RXCUI:5640"), normal("SCTID:22298006"), normal("heart failure")
    ('rxnorm:5640', 'snomed:22298006', 'heart failure')
    """
    text = code.strip()
    match = _CODE.fullmatch(text)
    if not match or "//" in text:
        return next((f"{prefix}:{text[len(stem) :]}" for prefix, stem in STEMS.items() if text.startswith(stem)), text)
    prefix = match[1].lower()
    return f"{ALIASES.get(prefix, prefix)}:{match[2]}" if match[1] != "kgtwin" else text


def is_code(text: str) -> bool:
    """Whether a cell holds a code, with its system's prefix.

    >>> is_code("CHEBI:15365"), is_code("Aspirin"), is_code("note: none")
    (True, False, False)
    """
    return bool(_CODE.fullmatch(text.strip())) or text.startswith("http")


def prefix_of(code: str) -> str:
    return code.partition(":")[0]


def iri_of(code: str) -> str:
    """The IRI of a code; of a system that nobody here knows, one of our own."""
    prefix, colon, local = code.partition(":")
    if not colon or local.startswith("//"):
        return code
    return STEMS.get(prefix, f"https://w3id.org/kgtwin/import/{prefix}/") + local
