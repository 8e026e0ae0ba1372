"""Views of past moments: kept while they are asked for, gone when somebody is erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kgtwin.errors import QueryRejectedError
from kgtwin.inference import Knowledge
from kgtwin.service import Service
from kgtwin.service.past import KEPT, Moment
from kgtwin.store.base import GraphStore
from kgtwin.store.ladybug import LadybugStore
from kgtwin.store.rdf import RdfView
from kgtwin.terminology import Terminology
from tests.store.builders import make_bundle, make_key

pytestmark = pytest.mark.anyio
KEYS = "SELECT ?key { ?p kgtwin:key ?key } ORDER BY ?key"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def service(tmp_path: Path, knowledge: Knowledge) -> AsyncIterator[Service]:
    async with LadybugStore(tmp_path / "twin.lbdb") as store:
        for patient in "123":
            await store.write(make_bundle(patient))
        service = Service(store, Terminology, lambda: knowledge, lambda: None)
        yield service
        await service.close()


async def keys(service: Service, as_of: int | None) -> list[str]:
    found = await service.sparql(KEYS, format="csv", as_of=as_of)
    assert found.revision == (await service.store.revision() if as_of is None else as_of)
    return found.body.decode().split()[1:]


async def test_each_revision_is_asked_as_it_was(service: Service) -> None:
    for as_of in (0, 1, 2, 3, 1):
        assert await keys(service, as_of) == [make_key(str(n + 1)) for n in range(as_of)]


async def test_a_view_is_made_once_and_only_the_last_ones_are_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[RdfView] = []
    build = RdfView.build

    async def counted(store: GraphStore, **how: object) -> RdfView:
        made.append(await build(store, **how))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(RdfView, "build", counted)
    await asyncio.gather(*(keys(service, 1) for _ in range(3)))
    assert len(made) == 1
    for as_of in range(KEPT):
        await keys(service, as_of)
    async with service._moments.leased(Moment(1, None), lambda: build(service.store)) as used:
        for as_of in (2, 3):
            await keys(service, as_of)
        assert used.path.exists(), "it goes when it is no longer asked"
    assert [view.path.exists() for view in made].count(True) == KEPT
    await service.close()
    assert not any(view.path.exists() for view in made)


async def test_of_the_erased_nothing_is_shown_or_kept(service: Service) -> None:
    assert await keys(service, 2) == [make_key("1"), make_key("2")]
    await service.store.erase(make_key("1"))  # by another process
    assert await keys(service, 2) == [make_key("2")]
    (folder,) = (view.path for view in service._moments._views.values())
    await service.erase(make_key("2"))
    assert not folder.exists()
    assert await keys(service, 2) == []


async def test_what_is_no_query_makes_no_view(service: Service) -> None:
    with pytest.raises(QueryRejectedError):
        await service.sparql("DELETE WHERE { ?s ?p ?o }", as_of=1)
    assert service._moments._views == {}
