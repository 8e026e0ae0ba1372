"""What resolvers share during one request: the service, and each twin loaded once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from strawberry.dataloader import DataLoader

from kgtwin.api.bounds import Bounds
from kgtwin.api.graphql.ids import View
from kgtwin.model.issue import DetectedIssue
from kgtwin.model.override import Override, silenced
from kgtwin.model.twin import Twin

if TYPE_CHECKING:
    from kgtwin.service import Service

AT_ONCE = 8
"""Twins that are loaded together."""


class Context:
    """One request's. ``now`` is the evaluation time where a query names none: one for all of its twins.

    ``operation_name`` is the one that the request gave.
    """

    def __init__(
        self,
        service: Service,
        default_at: datetime | None = None,
        operation_name: str | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self.service = service
        self.bounds = bounds or Bounds()
        self.operation_name = operation_name
        self.now = default_at or service.now()
        self._twins: DataLoader[View, Twin] = DataLoader(load_fn=self._load, max_batch_size=AT_ONCE)
        self._overrides: DataLoader[View, tuple[Override, ...]] = DataLoader(load_fn=self._load_overrides)

    async def twin(self, view: View) -> Twin:
        """A twin, loaded once a request however many fields ask for it.

        Raises:
            NotFoundError: if no such patient was known.
        """
        return await self._twins.load(view)

    async def silenced(self, whose: View, issue: DetectedIssue) -> Override | None:
        """The override that silences an issue; those of its patient are loaded once a request."""
        return silenced([issue], await self._overrides.load(whose)).get(issue.id)

    async def _load_overrides(self, views: Sequence[View]) -> list[tuple[Override, ...]]:
        return [await self.service.overrides(view.patient, as_of=view.as_of) for view in views]

    async def _load(self, views: Sequence[View]) -> list[Twin | BaseException]:
        return await asyncio.gather(*map(self._one, views), return_exceptions=True)

    async def _one(self, view: View) -> Twin:
        return await self.service.twin(view.patient, at=view.at or self.now, as_of=view.as_of)


Info = strawberry.Info[Context, None]
