"""Stored conclusions after an edit of the knowledge: those that it can touch are worked out again, no others.

Each stored inference says which knowledge it was worked out with. Whether what was edited since can touch it is told by
`kgtwin.inference.editing`, from the patient's facts alone. What cannot be touched stays as it is, with the version that
it was worked out with: the later knowledge says the same. A refresh that is stopped goes on where it was: what it has
written already has the present version.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from kgtwin.inference import Knowledge
from kgtwin.inference.editing import Archive, Edit, mentioned
from kgtwin.model.fact import Fact, FactKind
from kgtwin.model.issue import Inference
from kgtwin.service.concluding import Concluding
from kgtwin.service.reading import Asked
from kgtwin.store.records import Known
from kgtwin.store.refreshing import Mark, Told

PREDICTED_FROM = frozenset({FactKind.MEDICATION, FactKind.CONDITION})
"""Whoever lacks facts of one of these kinds has no predictions."""


PORTION: Final = 100
"""Patients that are looked at, inferred and stored together."""


class State(StrEnum):
    """``superseded``: the knowledge was edited again meanwhile; ``stopped``: it goes on when it is next begun."""

    RUNNING = "running"
    DONE = "done"
    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    FAILED = "failed"


class Refreshed(msgspec.Struct, frozen=True, kw_only=True):
    """How far a refresh has come.

    Of ``patients``, ``looked`` were looked at; the edit can touch ``touched`` of these, and of ``stored`` what follows
    was worked out with the ``knowledge`` and stored. ``from_knowledge`` are the versions that conclusions had.
    """

    knowledge: str
    state: State = State.RUNNING
    patients: int = 0
    looked: int = 0
    touched: int = 0
    stored: int = 0
    from_knowledge: tuple[str, ...] = ()


class Due(msgspec.Struct, frozen=True):
    """What may have to be worked out again: by version, conclusions not compared with the present knowledge yet.

    ``model``: predictions may be another embedding's. ``after`` is the revision up to which all was compared.
    """

    versions: Mapping[str, int]
    model: bool
    after: int

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.versions) or self.model


class Refreshing(Concluding):
    """The use cases that bring what is stored to the present knowledge."""

    refreshing: Refreshed | None

    async def refresh_due(self) -> Due:
        """What was not compared with the present knowledge and embedding yet; no patient is looked at for it."""
        return await self._due(await self.store.refreshed())

    async def _due(self, mark: Mark | None) -> Due:
        version, model = self.knowledge().version, self._model()
        after = mark.revision if mark is not None and mark.knowledge == version else 0
        told = await self.store.versions_told(after=after)
        known = {mark.model} if mark is not None else set(await self.store.models_told())
        others = {one: count for one, count in told.items() if one != version}
        return Due(others, not known <= {model} and bool(told or after), after)

    async def refresh(
        self, *, at: datetime | None = None, missing: bool = False, dry_run: bool = False
    ) -> AsyncGenerator[Refreshed, None]:
        """Work out again, and store, what an edit of the knowledge or another embedding can touch; some at a time.

        ``missing``: also whoever has no stored conclusions. With ``dry_run`` it is only said whom it touches. Others
        are answered meanwhile, and each answer says its version. It ends early where the knowledge is edited again.
        """
        knowledge = self.knowledge()
        if not dry_run:
            await self.write_taxonomy()
        mark = await self.store.refreshed()
        due = await self._due(mark)
        begun = self.refreshing = Refreshed(knowledge=knowledge.version, from_knowledge=tuple(due.versions))
        if due or missing:
            plan = _Plan(self.archive, knowledge, mark, due, missing)
            async for found in self._passes(plan, begun, at, dry_run):
                self.refreshing = found
                yield found
                if self.knowledge() is not knowledge:
                    yield self.end_refresh(State.SUPERSEDED)
                    return
        yield self.end_refresh(State.DONE)

    def end_refresh(self, state: State) -> Refreshed:
        """Note how the refresh that is running ended."""
        assert self.refreshing is not None, "it was begun"
        self.refreshing = msgspec.structs.replace(self.refreshing, state=state)
        return self.refreshing

    async def _passes(
        self, plan: _Plan, found: Refreshed, at: datetime | None, dry_run: bool
    ) -> AsyncIterator[Refreshed]:
        """Looks through all, again and again until nobody stored conclusions from another knowledge meanwhile."""
        so_far = found
        while True:
            begun = await self.store.revision()
            counts = await self.store.counts()
            so_far = msgspec.structs.replace(so_far, patients=counts["patients"], looked=0)
            async for one in self._pass(plan, so_far, at, dry_run):
                so_far = one
                yield one
            if dry_run or await self.store.finish_refresh(so_far.knowledge, self._model(), after=begun) is not None:
                return
            plan = plan.again()

    async def _pass(
        self, plan: _Plan, found: Refreshed, at: datetime | None, dry_run: bool
    ) -> AsyncIterator[Refreshed]:
        asked = Asked(first=PORTION)
        while True:
            page = await self.patients_page(asked)
            told = await self.store.told([one.key for one in page.found])
            due = [one for one in page.found if plan.looks_at(told.get(one.key))]
            facts = await self.store.facts_of([one.key for one in due])
            here = [Known(page.revision, page.revision, one, facts[one.key]) for one in due if one.key in facts]
            touched = [one for one in here if await plan.touches(told.get(one.record.key), one)]
            stored = 0 if dry_run else await self._store_afresh(touched, at or self.now())
            found = msgspec.structs.replace(
                found,
                looked=found.looked + len(page.found),
                touched=found.touched + len(touched),
                stored=found.stored + stored,
            )
            yield found
            if page.next is None:
                return
            asked = msgspec.structs.replace(asked, after=page.next)

    async def _store_afresh(self, patients: Sequence[Known], moment: datetime) -> int:
        """Whose facts change meanwhile is left out: what follows is stored with these."""
        inferred: list[Inference] = []
        for known in patients:
            inferred.append(self._infer_afresh(known, moment))
            await asyncio.sleep(0)  # others are answered meanwhile
        revision = await self.store.write_inferences(inferred)
        return len(revision.patients) if revision is not None else 0

    def _model(self) -> str:
        predictor = self.predictor()
        return "" if predictor is None else predictor.model


class _Plan:
    """Whom to look at, and whom what was edited can touch."""

    def __init__(self, archive: Archive, knowledge: Knowledge, mark: Mark | None, due: Due, missing: bool) -> None:
        self._archive, self._knowledge, self._mark = archive, knowledge, mark
        self._due, self._missing = due, missing
        self._edits: dict[str, Edit | None] = {}

    def again(self) -> _Plan:
        """The same, of what is not of the present version by now; predictions were seen to."""
        return _Plan(self._archive, self._knowledge, self._mark, Due({}, False, self._due.after), self._missing)

    def looks_at(self, told: Told | None) -> bool:
        """Whether a patient's facts have to be looked at."""
        if told is None:
            return self._missing
        return self._due.model or (told.knowledge != self._knowledge.version and told.since > self._due.after)

    async def touches(self, told: Told | None, known: Known) -> bool:
        """Whether what follows for a patient may differ from what is stored; without an archive, everybody's may."""
        await asyncio.sleep(0)
        if told is None or (self._due.model and _is_predicted_for(known.facts)):
            return True
        since = self._base(told)
        if since == self._knowledge.version:
            return False
        if since not in self._edits:
            self._edits[since] = await asyncio.to_thread(self._edit, since)
        edit = self._edits[since]
        return edit is None or edit.touches(mentioned(known.record, known.facts))

    def _base(self, told: Told) -> str:
        """A knowledge that says what is stored: the one that it was compared with last, else its own."""
        mark = self._mark
        compared = mark is not None and told.since <= mark.revision
        return mark.knowledge if mark is not None and compared else told.knowledge

    def _edit(self, version: str) -> Edit | None:
        before = self._archive.find(version)
        return None if before is None else Edit(before, self._archive.content(self._knowledge))


def _is_predicted_for(facts: Sequence[Fact]) -> bool:
    return {fact.kind for fact in facts} >= PREDICTED_FROM
