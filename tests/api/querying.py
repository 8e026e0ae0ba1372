"""A service over a store that holds one patient, with a view and no reasoning: for tests of the query doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn

from starlette.applications import Starlette

from kgtwin.api.app import create_app
from kgtwin.service import Service
from kgtwin.store.base import GraphStore
from tests.api.conftest import Client, client_of
from tests.store.builders import (
    KNOWLEDGE,
    make_fact,
    make_inference,
    make_issue,
    make_patient,
    make_resource,
    make_risk,
    make_submission,
)


def _none() -> NoReturn:
    raise AssertionError("a query door needs no knowledge")


async def fill(store: GraphStore) -> None:
    """One patient with a condition, an issue and a risk, and the small taxonomy: revision 3."""
    fact = make_fact("1", "Condition/c", start="2020-02")
    await store.write(make_submission(make_patient("1"), make_resource(fact)))
    await store.write_knowledge(KNOWLEDGE)
    found = make_inference("1", make_issue("1", fact), revision=2, risks=(make_risk("1"),))
    await store.write_inferences([found])


@contextmanager
def querying(store: GraphStore) -> Iterator[Client]:
    """A client of an application over this store, filled."""
    service = Service(store, _none, _none, _none)

    @asynccontextmanager
    async def opened(_: Any) -> AsyncIterator[None]:
        async with store:
            await fill(store)
            yield
            await service.close()

    app: Starlette = create_app(service, lifespan=opened)
    with client_of(app) as client:
        yield client
