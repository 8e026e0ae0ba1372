"""Clients: over the fake service, and over a real store that holds a case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette

from kgtwin.api.app import create_app
from kgtwin.inference import Knowledge
from kgtwin.model.time import read_time
from kgtwin.service import Service
from kgtwin.store.factory import open_store
from kgtwin.terminology import Terminology
from tests.api.fake import FakeService, as_service

CASES = Path(__file__).parent.parent / "cases"
CASE = CASES / "drug-allergy" / "aspirin-naproxen.json"


class Client:
    """What tests ask: requests to an application in its own event loop, with GraphQL and FHIR on top."""

    def __init__(self, app: Starlette, portal: BlockingPortal) -> None:
        self._portal = portal
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000")

    def send(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self._portal.call(partial(self._http.request, method, path, **how))

    def get(self, path: str, accept: str = "*/*", **how: Any) -> httpx.Response:
        return self.send("GET", path, headers={"accept": accept}, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self.send("POST", path, **how)

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def data(self, query: str, **variables: Any) -> dict[str, Any]:
        found = self.graphql(query, **variables)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        error: dict[str, Any] = self.graphql(query, **variables)["errors"][0]
        return error

    def fhir(self, body: Any, source: str | None = None) -> httpx.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = "/fhir" if source is None else f"/fhir?source={source}"
        return self.post(path, content=data, headers={"content-type": "application/fhir+json"})


@contextmanager
def client_of(app: Starlette) -> Iterator[Client]:
    """A client of a started application; an exception that the application lets out fails the test."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        yield Client(app, portal)


@pytest.fixture
def fake() -> FakeService:
    return FakeService()


@pytest.fixture
def client(fake: FakeService) -> Iterator[Client]:
    with client_of(create_app(as_service(fake), max_body=10_000)) as found:
        yield found


@pytest.fixture
def real(tmp_path: Path, knowledge: Knowledge, terminology: Terminology) -> Iterator[Client]:
    """Over an embedded store, at the time for which the cases say what is expected."""
    store = open_store(f"ladybug:{tmp_path / 'twin.lbdb'}")
    service = Service(store, lambda: terminology, lambda: knowledge, lambda: None)

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[None]:
        async with store:
            yield
            await service.close()

    at = json.loads(CASE.with_suffix(".expected.json").read_text())["at"]
    with client_of(create_app(service, default_at=read_time(at), lifespan=opened)) as found:
        yield found
