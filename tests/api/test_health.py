"""Live and ready."""

from __future__ import annotations

from kgtwin.errors import OntologySyntaxError, StoreUnavailableError
from kgtwin.service.refreshing import Refreshed
from tests.api.conftest import Client
from tests.api.fake import FakeService


def test_live_even_where_nothing_else_works(client: Client, fake: FakeService) -> None:
    fake.store.broken = StoreUnavailableError("gone")
    assert client.get("/health/live").json() == {"status": "live"}


def test_ready(client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "revision": 7, "knowledge": "2026.1"})


def test_ready_says_how_far_a_refresh_is(client: Client, fake: FakeService) -> None:
    fake.refreshing = Refreshed(knowledge="2026.2", patients=4, looked=2, touched=1, from_knowledge=("2026.1",))
    assert client.get("/health/ready").json()["refresh"] == {
        "knowledge": "2026.2",
        "state": "running",
        "patients": 4,
        "looked": 2,
        "touched": 1,
        "stored": 0,
        "from_knowledge": ["2026.1"],
    }
    query = "{ about { refresh { knowledge state looked patients } } }"
    answer = client.post("/graphql", json={"query": query}).json()["data"]["about"]["refresh"]
    assert answer == {"knowledge": "2026.2", "state": "running", "looked": 2, "patients": 4}


def test_not_ready_without_the_store(client: Client, fake: FakeService) -> None:
    fake.store.broken = StoreUnavailableError("gone", remedy="start it")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "store-unavailable"


def test_not_ready_without_the_knowledge(client: Client, fake: FakeService) -> None:
    def broken() -> None:
        raise OntologySyntaxError("a bracket is not closed", where="x.ofn:8")

    fake.on_knowledge = broken
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["error"]["where"] == "x.ofn:8"


def test_not_ready_for_a_reason_that_nobody_foresaw(client: Client, fake: FakeService) -> None:
    fake.store.broken = RuntimeError("Quagmirex")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert "Quagmirex" not in answer.text
