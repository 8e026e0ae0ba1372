"""What a clinician may do about issues: what would remove one, and overriding one with a reason."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from kgtwin.errors import NotFoundError, UsageError
from kgtwin.identifiers import to_iri
from kgtwin.inference.infer import infer
from kgtwin.inference.repairing.repair import repairs
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.override import REASONS, Override, OverrideCount, fingerprint, silenced
from kgtwin.model.repair import Repairs
from kgtwin.model.time import read_time
from kgtwin.service.explaining import Explaining
from kgtwin.service.reading import as_key

LONGEST_NAME, LONGEST_TEXT = 200, 4_000
"""Characters of who overrides, and of what they write."""
PAGE = 200
"""Patients whose stored issues are read together."""


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's issues, the gravest first, and by issue id the overrides that silence some of them."""

    patient: str
    issues: tuple[DetectedIssue, ...]
    overridden: dict[str, Override]

    @property
    def shown(self) -> tuple[DetectedIssue, ...]:
        """Those that no override silences."""
        return tuple(one for one in self.issues if one.id not in self.overridden)


class Deciding(Explaining):
    """The use cases about decisions on issues. Nothing here changes a fact."""

    async def repairs(self, issue_id: str, *, at: datetime | None = None, as_of: int | None = None) -> Repairs:
        """The smallest sets of changes that remove an issue; each was tried, none is applied.

        Without ``at`` at the time at which the issue was found.

        Raises:
            NotFoundError: if there is no such issue, or it does not follow then from the facts that are known.
        """
        return await self.repairs_of(await self.issue(issue_id, at=at, as_of=as_of), as_of=as_of)

    async def repairs_of(self, issue: DetectedIssue, *, as_of: int | None = None) -> Repairs:
        """As ``repairs``, of an issue at hand, at the time at which it was found.

        Raises:
            NotFoundError: if it does not follow from what is known, or was at ``as_of``.
        """
        case = await self.case(issue.patient, at=read_time(issue.at), as_of=as_of)
        found = infer(
            case.patient,
            case.record,
            case.facts,
            case.knowledge,
            at=case.at,
            revision=case.revision,
            unverified=case.unverified,
        )
        follows = next((one for one in found.issues if one.id == issue.id), None)
        if follows is None:
            remedy = "run `kgtwin infer` again: the ontology has changed since it was stored"
            raise NotFoundError(f"the issue {issue.id} does not follow at {found.at}", remedy=remedy)
        return await asyncio.to_thread(repairs, case, follows)

    async def override(
        self, issue_id: str, *, reason: str, by: str, text: str | None = None, withdraw: bool = False
    ) -> Override:
        """Record that a person overrides a stored issue, or takes that back.

        The issue stays; alerts hide it until a fact that it implicates, or its statement's significance, changes.

        Raises:
            NotFoundError: if there is no such issue now.
            UsageError: if the reason is none of FHIR's codes, nobody is named, or there is nothing to take back.
        """
        if reason not in REASONS:
            known = ", ".join(f"{code} ({words})" for code, words in REASONS.items())
            raise UsageError(f"the reason {reason[:40]!r}", expected=f"a code of FHIR's: {known}")
        if not by.strip() or len(by) > LONGEST_NAME or len(text or "") > LONGEST_TEXT:
            raise UsageError(
                "nobody is named" if not by.strip() else "the name or the text is too long",
                expected=f"who overrides it, in up to {LONGEST_NAME} characters, and a text of up to {LONGEST_TEXT:,}",
            )
        issue = await self.issue(issue_id)
        if withdraw:
            await self._check_overridden(issue)
        return await self.store.override(
            Override(
                id="",
                issue=issue.id,
                patient=issue.patient,
                statement=issue.statement,
                significance=issue.significance,
                reason=reason,
                by=by.strip(),
                at="",
                fingerprint=fingerprint(issue),
                text=text or None,
                withdrawn=withdraw,
            )
        )

    async def _check_overridden(self, issue: DetectedIssue) -> None:
        """Whether the last entry about an issue overrides it; one that its facts have ended may be taken back, too."""
        last = [one for one in await self.overrides(issue.patient) if one.issue == issue.id][-1:]
        if not last or last[0].withdrawn:
            how = f"was taken back on {last[0].at[:10]} by {last[0].by}" if last else "was never made"
            raise UsageError(
                f"there is nothing to withdraw: an override of {issue.id} {how}",
                expected="an issue that is overridden",
                remedy=f"see `kgtwin overrides '{issue.patient}'`",
            )

    async def overrides(self, patient: str | None = None, *, as_of: int | None = None) -> tuple[Override, ...]:
        """The overrides of a patient's issues, or of all, the first made first.

        Raises:
            NotFoundError: if there is no such revision yet.
        """
        revision = None if as_of is None else await self.known_revision(as_of)
        return await self.store.overrides(None if patient is None else as_key(patient), as_of=revision)

    async def overridden(self, issues: Iterable[DetectedIssue], *, as_of: int | None = None) -> dict[str, Override]:
        """Of some issues of one patient those that an override silences, by their id."""
        found = tuple(issues)
        return silenced(found, await self.overrides(found[0].patient, as_of=as_of)) if found else {}

    async def alerts(self, patient: str, *, at: datetime | None = None, as_of: int | None = None) -> Alerts:
        """A patient's issues as alerts: what follows, less what was overridden since its facts last changed.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
        """
        known = await self._one(patient, as_of)
        issues = self._infer(known, at or self.now().replace(second=0, microsecond=0)).issues
        return Alerts(patient=known.record.key, issues=issues, overridden=await self.overridden(issues, as_of=as_of))

    async def override_counts(self) -> tuple[OverrideCount, ...]:
        """How often the issues of each statement were overridden, the most often first; withdrawn ones do not count.

        A statement that is overridden again and again may be wrong, or too broad.
        """
        made = [one for one in await self.store.overrides() if not one.withdrawn]
        by_statement: defaultdict[str, list[Override]] = defaultdict(list)
        for one in made:
            by_statement[one.statement].append(one)
        raised, silent = await self._raised()
        found = [self._count(curie, some, raised, silent) for curie, some in by_statement.items()]
        return tuple(sorted(found, key=lambda one: (-one.overrides, one.statement)))

    def _count(self, curie: str, some: list[Override], raised: Counter[str], silent: Counter[str]) -> OverrideCount:
        statement = self.knowledge().statements.get(to_iri(curie))
        return OverrideCount(
            statement=curie,
            title=statement.title if statement else "not in the ontology any more",
            overrides=len(some),
            patients=len({one.patient for one in some}),
            reasons=tuple(Counter(one.reason for one in some).most_common()),
            raised=raised[curie],
            silenced=silent[curie],
        )

    async def _raised(self) -> tuple[Counter[str], Counter[str]]:
        """By statement the stored issues, and those of them that are silenced."""
        overrides: defaultdict[str, list[Override]] = defaultdict(list)
        for one in await self.store.overrides():
            overrides[one.patient].append(one)
        raised, silent = Counter[str](), Counter[str]()
        keys = [record.key for record in await self.store.patients()]
        for first in range(0, len(keys), PAGE):
            for key, issues in (await self.store.issues_of(keys[first : first + PAGE])).items():
                raised.update(one.statement for one in issues)
                quiet = silenced(issues, overrides.get(key, ()))
                silent.update(one.statement for one in issues if one.id in quiet)
        return raised, silent
