"""What-if: what would follow for a patient. Nothing of it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from kgtwin.inference import Knowledge
from kgtwin.inference.case import Case
from kgtwin.inference.whatif.alternatives import Asked, each_alternative
from kgtwin.inference.whatif.alternatives.screening import Screener
from kgtwin.inference.whatif.forward import Model, models, project
from kgtwin.inference.whatif.forward.definitions import model_named
from kgtwin.inference.whatif.simulation import each_step
from kgtwin.model.alternative import MOST_WHOLE, Alternatives
from kgtwin.model.simulation import Change, Outcome, Simulation
from kgtwin.service.concluding import Concluding
from kgtwin.store.records import Known
from kgtwin.terminology import Terminology

T = TypeVar("T")


class Simulating(Concluding):
    """The use cases that suppose something."""

    terminology: Callable[[], Terminology]
    _screens: Screener | None = None

    async def simulate(
        self,
        patient: str,
        changes: Sequence[Change],
        *,
        after: Sequence[str] = (),
        scores: bool = False,
        at: datetime | None = None,
        as_of: int | None = None,
    ) -> Outcome:
        """What would follow, were the changes made: at the evaluation time, at each change, and ``after`` that.

        With ``scores`` each step says how published scores move.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
            UsageError: if there are too many changes or moments, or one of ``after`` is no time.
        """
        case = self._case(await self._one(patient, as_of))
        return await _in_parts(each_step(case, changes, at or self.now(), after, self.terminology(), scores=scores))

    async def alternatives(
        self,
        patient: str,
        class_: str,
        *,
        instead_of: str | None = None,
        route: str | None = None,
        products: bool = False,
        whole: int = MOST_WHOLE,
        at: datetime | None = None,
        as_of: int | None = None,
    ) -> Alternatives:
        """Every medicine of a class, simulated as started, ranked by what is known; the first ``whole`` ones whole.

        Raises:
            NotFoundError: if no such patient or class is known, or there is no such revision yet.
            UsageError: if what is meant is ambiguous or no class of medicines.
        """
        case = self._case(await self._one(patient, as_of))
        asked = Asked(class_, instead_of, route, products, whole)
        found = each_alternative(case, asked, at or self.now(), self.terminology(), self._screener(case.knowledge))
        return await _in_parts(found)

    async def project(
        self,
        patient: str,
        model: str,
        *,
        given: Mapping[str, float] | None = None,
        span: timedelta | None = None,
        step: timedelta | None = None,
        at: datetime | None = None,
        as_of: int | None = None,
    ) -> Simulation:
        """A published model run forward for a patient.

        Raises:
            NotFoundError: if no such patient or model is known, or there is no such revision yet.
            UsageError: if something is given that the model does not ask for, or the times are not the model's.
        """
        known = await self._one(patient, as_of)
        found = model_named(self.knowledge().ontology, model)
        return project(self._case(known), found, at=at or self.now(), given=given, span=span, step=step)

    def models(self) -> tuple[Model, ...]:
        """The models that the knowledge states."""
        return tuple(models(self.knowledge().ontology).values())

    def _screener(self, knowledge: Knowledge) -> Screener:
        """The screener by a knowledge, kept from question to question as long as this one answers."""
        if self._screens is None or self._screens.knowledge is not knowledge:
            self._screens = Screener(knowledge)
        return self._screens

    def _case(self, known: Known) -> Case:
        record = known.record
        return Case(record.key, record, known.facts, self.knowledge(), known.revision, self.unverified)


async def _in_parts(work: Generator[None, None, T]) -> T:
    """What work gives in the end; others are answered between its parts."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found
        await asyncio.sleep(0)
