"""Consent: which of a patient's data may be used, for what; FHIR's ``Consent.provision`` in small.

A rule covers data by all of its criteria, and any value of each; its exceptions are rules about what it covers. Where
it is not certain whether a rule covers something (data of a partial date, a broad mapping, a purpose that may be a
narrower one), a denial does and a permission does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from kgtwin.errors import InvalidResourceError, KgtwinError, MalformedInputError, UsageError
from kgtwin.identifiers import to_curie, to_iri
from kgtwin.model.fact import FactKind
from kgtwin.model.purposes import PURPOSES, is_within
from kgtwin.model.time import Overlap, Period, bounds, earliest, latest

DEEPEST: Final = 16
"""How deep exceptions may be nested."""


class Decision(StrEnum):
    """FHIR's ``Consent.provision.type``."""

    PERMIT = "permit"
    DENY = "deny"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provision: what is permitted or denied, and the exceptions to it (``rules``); of several that differ, a denial.

    ``kinds`` are of facts; ``resource_types`` FHIR's; ``resources`` single ones (``Condition/c1``); ``classes`` CURIEs
    of the knowledge, with what lies below them, and, where denied, what has to do with them; ``codes`` CURIEs that
    stand in the data as they are (either of the two is enough); ``sources`` as ``kgtwin ingest --source`` names them;
    ``data_period`` when the data was true. ``purposes`` are HL7's; ``period`` is when the rule is in force.
    A criterion that is empty asks for nothing.
    """

    type: Decision
    kinds: tuple[FactKind, ...] = ()
    resource_types: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    data_period: Period | None = None
    purposes: tuple[str, ...] = ()
    period: Period | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def is_of_some(self) -> bool:
        """Whether it is about some data only."""
        data = (self.kinds, self.resource_types, self.resources, self.classes, self.codes, self.sources)
        return any(data) or self.data_period is not None

    def walk(self, depth: int = 1) -> Iterator[tuple[int, Rule]]:
        """It and all its exceptions, each with how deep it lies."""
        yield depth, self
        for rule in self.rules:
            yield from rule.walk(depth + 1)


class Consent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One patient's choices (the id in its source), or anybody's: a rule, and what holds where it is not about it."""

    rule: Rule
    otherwise: Decision
    patient: str | None = None

    def for_use(self, purpose: str, moment: datetime) -> Permission:
        """What it permits to whoever asks for a purpose (a code such as ``TREAT``) at a moment.

        Raises:
            UsageError: if HL7 has no such purpose of use.
        """
        if purpose not in PURPOSES:
            raise UsageError(f"no purpose {purpose!r}", expected="a code such as TREAT, ETREAT, HRESCH, PUBHLTH")
        return Permission(self, purpose, moment)


class Permission(msgspec.Struct, frozen=True):
    """A consent as it stands for one purpose at one moment (of the use, not of what is asked about).

    >>> from datetime import UTC
    >>> research = Consent(rule=Rule(type=Decision.DENY, purposes=("HRESCH",)), otherwise=Decision.PERMIT)
    >>> now = datetime(2026, 1, 15, tzinfo=UTC)
    >>> research.for_use("CLINTRCH", now).restricts, research.for_use("TREAT", now).restricts
    (True, False)
    """

    consent: Consent
    purpose: str
    moment: datetime

    def in_force(self, rule: Rule) -> Overlap:
        """Whether a rule is about this use."""
        if rule.period is not None and not _holds(rule.period, self.moment):
            return Overlap.NO
        return self._for_purpose(rule)

    @property
    def restricts(self) -> bool:
        """Whether there may be data that it withholds."""
        return self.permits_little or any(one.type is Decision.DENY for one in self.rules_in_force())

    @property
    def permits_little(self) -> bool:
        """Whether it denies whatever its rule does not speak of, and there may be such."""
        rule = self.consent.rule
        whole = self.in_force(rule) is Overlap.YES and not rule.is_of_some
        return self.consent.otherwise is Decision.DENY and not whole

    def denied_classes(self) -> frozenset[str]:
        """The classes that denials in force name."""
        denials = (rule for rule in self.rules_in_force() if rule.type is Decision.DENY)
        return frozenset(one for rule in denials for one in rule.classes)

    def rules_in_force(self) -> Iterator[Rule]:
        """The rule and its exceptions, as far as they are, or may be, about this use."""
        todo = [self.consent.rule]
        while todo:
            rule = todo.pop()
            if self.in_force(rule) is not Overlap.NO:
                yield rule
                todo += rule.rules

    def check_patient(self, key: str) -> None:
        """Refuse to be used for another patient than the one who gave it.

        Raises:
            UsageError: if the key (source and id) is another one's.
        """
        if self.consent.patient is not None and key.partition("|")[2] != self.consent.patient:
            raise UsageError("the consent is another patient's", expected="the consent of the patient asked about")

    def _for_purpose(self, rule: Rule) -> Overlap:
        if not rule.purposes or any(is_within(self.purpose, one) for one in rule.purposes):
            return Overlap.YES
        return Overlap.MAYBE if any(is_within(one, self.purpose) for one in rule.purposes) else Overlap.NO


def _holds(period: Period, moment: datetime) -> bool:
    """Whether a rule is in force: as FHIR says, both ends included, and all that matches a partial date."""
    begun = period.start is None or earliest(period.start) <= moment
    return begun and (period.end is None or moment <= latest(period.end))


def least(*found: Overlap) -> Overlap:
    """The least certain: all must hold.

    >>> least(Overlap.YES, Overlap.MAYBE).value
    'maybe'
    """
    return next((one for one in (Overlap.NO, Overlap.MAYBE) if one in found), Overlap.YES)


def checked(consent: Consent) -> Consent:
    """A consent that can be used, its classes as CURIEs.

    Raises:
        InvalidResourceError: if a purpose is not HL7's, a period is none, or exceptions are nested too deeply.
    """
    for depth, rule in consent.rule.walk():
        if depth > DEEPEST:
            raise InvalidResourceError("the exceptions are nested too deeply", expected=f"at most {DEEPEST} levels")
        for purpose in rule.purposes:
            if purpose not in PURPOSES:
                raise InvalidResourceError("an unknown purpose", where="purposes", expected="codes of v3-PurposeOfUse")
        for period in (rule.period, rule.data_period):
            for end in (period.start, period.end) if period else ():
                if end is not None:
                    bounds(end)
    return msgspec.structs.replace(consent, rule=_with_curies(consent.rule))


def _with_curies(rule: Rule) -> Rule:
    classes, codes = (tuple(to_curie(to_iri(one)) for one in some) for some in (rule.classes, rule.codes))
    return msgspec.structs.replace(rule, classes=classes, codes=codes, rules=tuple(map(_with_curies, rule.rules)))


def consent_from_json(data: bytes) -> Consent:
    """A consent in kgtwin's own form: the fields of `Consent` and `Rule`.

    Raises:
        InputError: if it cannot be read.

    >>> found = consent_from_json(b'{"rule": {"type": "deny", "sources": ["clinic"]}, "otherwise": "permit"}')
    >>> found.rule.sources
    ('clinic',)
    """
    try:
        return checked(msgspec.json.decode(data, type=Consent))
    except msgspec.ValidationError as error:
        raise InvalidResourceError(
            f"no consent: {error}", expected="the fields of kgtwin's consent, or a FHIR R4 Consent"
        ) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise MalformedInputError("the consent is not JSON", expected="a JSON document") from None
    except KgtwinError as error:
        error.where = error.where or "consent"
        raise
