"""Draft orders, asked before they are signed: read from files, checked, never stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from kgtwin.errors import InputError
from kgtwin.inference import OrderCheck, check_orders
from kgtwin.inference.orders import check_draft
from kgtwin.model.fact import Fact
from kgtwin.model.problem import Location, Problem
from kgtwin.model.submission import Submission
from kgtwin.service.concluding import Concluding
from kgtwin.service.reading import as_key
from kgtwin.sources import fhir
from kgtwin.terminology import Terminology


class CheckedOrders(msgspec.Struct, frozen=True):
    """What was found, for how many drafts, and what was wrong with what was read."""

    check: OrderCheck
    drafts: int
    problems: tuple[Problem, ...] = ()


class Ordering(Concluding):
    """The use case that asks what draft orders would do."""

    terminology: Callable[[], Terminology]

    async def check_orders(
        self, patient: str, paths: Sequence[str], *, at: datetime | None = None, as_of: int | None = None
    ) -> CheckedOrders:
        """The issues that the orders in some files would add for a patient; nothing is stored.

        The files are FHIR, as ``ingest`` reads them. What is no order of this patient is a problem of the answer.

        Raises:
            NotFoundError: if no such patient was known, or there is no such revision yet.
            UsageError: if a path does not exist.
        """
        known = await self._one(patient, as_of)
        read = list(fhir.read(paths, source=as_key(patient).partition("|")[0], terminology=self.terminology()))
        problems = [problem for submission in read for problem in submission.problems]
        drafts: list[Fact] = []
        for submission in read:
            if not submission.problems and not any(resource.facts for resource in submission.resources):
                problems.append(_no_order(submission))
            for fact in (fact for resource in submission.resources for fact in resource.facts):
                try:
                    check_draft(fact, known.record.key)
                except InputError as error:
                    problems.append(Problem.of(error, Location(submission.label, resource=fact.provenance.resource)))
                else:
                    drafts.append(fact)
        found = check_orders(
            known.record,
            known.facts,
            drafts,
            self.knowledge(),
            at or self.now(),
            revision=known.revision,
            unverified=self.unverified,
        )
        return CheckedOrders(found, len(drafts), tuple(problems))


def _no_order(submission: Submission) -> Problem:
    """That nothing was asked about: a group of requests, or an order entered in error."""
    found = [*submission.counted, *(resource.resource for resource in submission.resources)]
    error = InputError(
        f"no draft order is in it, only {', '.join(found)}" if found else "no draft order is in it",
        expected="a MedicationRequest that was not entered in error",
    )
    return Problem.of(error, Location(submission.label))
