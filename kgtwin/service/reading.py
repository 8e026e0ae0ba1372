"""What is known of one patient, or of all, at one revision: what tables, exports and twins are made of."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import patient_key
from kgtwin.inference import Knowledge
from kgtwin.model.clinical import true_at
from kgtwin.model.consent import Permission
from kgtwin.model.fact import Fact, PatientRecord
from kgtwin.model.issue import DetectedIssue, Inference
from kgtwin.model.time import Overlap
from kgtwin.service.consenting import permitted
from kgtwin.store.base import GraphStore
from kgtwin.store.records import Known

PATIENTS_KEPT: Final = 256
"""Patients whose facts are kept in memory."""
PAGE: Final = 200
"""Patients that are read together."""
T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One patient, or the ``first`` of all ``after`` a key; as known at a revision, and, with ``at``, what was true.

    With ``consent`` only what it permits; issues are then inferred anew.
    """

    patient: str | None = None
    at: datetime | None = None
    as_of: int | None = None
    after: str | None = None
    first: int = PAGE
    consent: Permission | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """What was found at ``revision``; ``next`` is the key after which there may be more.

    Whoever asks for the next page as of this revision gets one answer, whatever is written meanwhile.
    """

    revision: int
    found: tuple[T, ...]
    next: str | None = None


class Reading(ABC):
    """The use cases that read what was received and what was concluded, by patient."""

    store: GraphStore
    knowledge: Callable[[], Knowledge]
    now: Callable[[], datetime]
    _known: dict[str, Known]

    @abstractmethod
    def _infer(
        self,
        known: Known,
        at: datetime,
        *,
        keep: bool = True,
        scores: bool = False,
        consent: Permission | None = None,
    ) -> Inference:
        """What follows, with ``scores`` the published equations too; remembered for the next question with ``keep``."""

    async def known_revision(self, as_of: int | None = None) -> int:
        """The revision itself; the last one where none is named.

        Raises:
            NotFoundError: if there is no such revision yet.
            UsageError: if it is none.
        """
        last = await self.store.revision()
        if as_of is None:
            return last
        if as_of < 0:
            raise UsageError(f"the revision {as_of}", expected="a revision number, or a time such as 2020-01-01")
        if as_of > last:
            raise NotFoundError(
                f"there is no revision {as_of} yet", expected=f"at most {last}, or a time such as 2020-01-01"
            )
        return as_of

    async def facts(self, patient: str, *, as_of: int | None = None, at: datetime | None = None) -> tuple[Fact, ...]:
        """A patient's facts as known at a revision; with ``at``, those that were, or may have been, true then.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        return (await self.facts_page(Asked(patient=patient, as_of=as_of, at=at))).found

    async def page(self, what: str, asked: Asked) -> Page[Any]:
        """A page of ``patients``, ``facts`` or ``issues``."""
        if what == "patients":
            return await self.patients_page(asked)
        return await (self.facts_page(asked) if what == "facts" else self.issues_page(asked))

    async def patients_page(self, asked: Asked) -> Page[PatientRecord]:
        """The patients, by key, as known at a revision.

        Raises:
            NotFoundError: if there is no such revision yet, or the one patient asked for was unknown.
        """
        revision = await self.known_revision(asked.as_of)
        if asked.patient is not None:
            record = await self._record(as_key(asked.patient), revision)
            return Page(revision, self._permitted((record,), asked))
        found = await self.store.patients(after=asked.after, limit=asked.first + 1, as_of=revision)
        page = found[: asked.first]
        return Page(revision, self._permitted(page, asked), page[-1].key if len(found) > asked.first else None)

    def _permitted(self, records: tuple[PatientRecord, ...], asked: Asked) -> tuple[PatientRecord, ...]:
        if asked.consent is None:
            return records
        known = (Known(0, 0, record, ()) for record in records)
        return tuple(permitted(one, asked.consent, self.knowledge(), self.now()).record for one in known)

    async def facts_page(self, asked: Asked) -> Page[Fact]:
        """Facts by patient, kind and start; with ``at``, those that were, or may have been, true then.

        Raises:
            NotFoundError: as ``patients_page``.
        """
        page = await self.known_page(asked)
        if asked.consent is not None:
            at = asked.at or self.now()
            left = tuple(permitted(known, asked.consent, self.knowledge(), at) for known in page.found)
            page = msgspec.structs.replace(page, found=left)
        found = (fact for known in page.found for fact in known.facts if holds(fact, asked.at))
        return Page(page.revision, tuple(found), page.next)

    async def issues_page(self, asked: Asked) -> Page[DetectedIssue]:
        """The stored issues as told at a revision; with ``at``, what follows then from what was known.

        None is no proof of safety: a patient who was not inferred has no stored ones.

        Raises:
            NotFoundError: as ``patients_page``.
        """
        if asked.at is None and asked.consent is None:
            return await self._told_page(asked)
        at = asked.at or self.now()
        page = await self.known_page(asked)
        issues: list[DetectedIssue] = []
        for known in page.found:
            issues += self._infer(known, at, keep=asked.patient is not None, consent=asked.consent).issues
            await asyncio.sleep(0)  # others are answered meanwhile
        return Page(page.revision, tuple(issues), page.next)

    async def issue(
        self,
        issue_id: str,
        *,
        at: datetime | None = None,
        as_of: int | None = None,
        consent: Permission | None = None,
    ) -> DetectedIssue:
        """A stored issue, now or as told at a revision; with ``at``, as it follows then from what was known.

        With ``consent`` as it follows from what that permits.

        Raises:
            NotFoundError: if there is no such issue (then), or no such revision yet.
        """
        revision = await self.known_revision(as_of)
        patient = await self.store.issue_patient(issue_id)
        if patient is None:
            remedy = "run `kgtwin infer` first; issues go when their facts change"
            raise NotFoundError(f"no issue {issue_id}", remedy=remedy)
        if at is None and consent is None:
            issues = (await self.store.issues_of([patient], as_of=revision)).get(patient, ())
        else:
            issues = self._infer(await self._one(patient, as_of), at or self.now(), consent=consent).issues
        found = next((one for one in issues if one.id == issue_id), None)
        if found is None:
            when = "now" if as_of is None else f"at revision {as_of}"
            remedy = "name another time, or revision (--as-of); issues go when their facts change"
            raise NotFoundError(f"no issue {issue_id} {when}", remedy=remedy)
        return found

    async def everyone(self, *, as_of: int | None = None) -> AsyncIterator[tuple[PatientRecord, tuple[Fact, ...]]]:
        """Every patient, by key, with the facts: all at one revision, the last one where none is named.

        Raises:
            NotFoundError: if there is no such revision yet.
        """
        async for group in self.everyone_known(await self.known_revision(as_of)):
            for known in group:
                yield known.record, known.facts

    async def everyone_known(self, as_of: int | None = None) -> AsyncIterator[tuple[Known, ...]]:
        """Every patient, some at a time: all at one revision, or each group at the last one."""
        asked = Asked(as_of=as_of)
        while True:
            page = await self.known_page(asked)
            yield page.found
            if page.next is None:
                return
            asked = msgspec.structs.replace(asked, after=page.next)

    async def _told_page(self, asked: Asked) -> Page[DetectedIssue]:
        page = await self.patients_page(asked)
        told = await self.store.issues_of([one.key for one in page.found], as_of=page.revision)
        return Page(page.revision, tuple(issue for issues in told.values() for issue in issues), page.next)

    async def known_page(self, asked: Asked) -> Page[Known]:
        """Patients by key, with their facts.

        Raises:
            NotFoundError: if there is no such revision yet, or the one patient asked for was unknown.
        """
        if asked.patient is not None:
            one = await self._one(asked.patient, asked.as_of)
            return Page(one.revision, (one,))
        page = await self.patients_page(msgspec.structs.replace(asked, consent=None))
        revision = page.revision
        facts = await self.store.facts_of([record.key for record in page.found], as_of=revision)
        found = (Known(revision, revision, one, facts[one.key]) for one in page.found if one.key in facts)
        return Page(revision, tuple(found), page.next)

    async def _one(self, patient: str, as_of: int | None) -> Known:
        key = as_key(patient)
        return await self._current(key) if as_of is None else await self._past(key, as_of)

    async def _past(self, key: str, as_of: int) -> Known:
        known = await self.store.known_as(key, as_of=await self.known_revision(as_of))
        if known is None:
            raise _no_patient(key, f" was known at revision {as_of}")
        return msgspec.structs.replace(known, changed=as_of)

    async def _record(self, key: str, revision: int) -> PatientRecord:
        record = await self.store.patient(key, as_of=revision)
        if record is None:
            raise _no_patient(key, f" was known at revision {revision}")
        return record

    async def _current(self, key: str) -> Known:
        """What is known now: kept until the patient's facts change."""
        known = self._known.get(key)
        if known is not None and await self.store.patient_revision(key) == known.changed:
            return known
        known = await self.store.known_as(key)
        if known is None:
            self._known.pop(key, None)
            raise _no_patient(key)
        if len(self._known) >= PATIENTS_KEPT:
            self._known.clear()
        self._known[key] = known
        return known


def as_key(patient: str) -> str:
    """A patient's key; a bare id means the source ``local``.

    >>> as_key("1234"), as_key("ward-3|1234")
    ('local|1234', 'ward-3|1234')
    """
    return patient if "|" in patient else patient_key("local", patient)


def holds(fact: Fact, at: datetime | None) -> bool:
    """Whether a fact was, or may have been, true at a time; any is at none."""
    return at is None or true_at(fact, at) is not Overlap.NO


def _no_patient(key: str, when: str = "") -> NotFoundError:
    return NotFoundError(f"no patient {key}{when}", remedy="ingest it first, or name its source: SOURCE|ID")
