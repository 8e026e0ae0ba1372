"""A store that is opened here: an embedded file, or a database that this process may reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kgtwin.client.connection import Connection, Part, Wanted, What
from kgtwin.client.loop import Loop
from kgtwin.config import Settings
from kgtwin.errors import StoreError
from kgtwin.model.twin import Twin
from kgtwin.store.model_tables import fact_rows, issue_rows, patient_rows
from kgtwin.store.tables import sparql_to_arrow, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from kgtwin.service import Page, Service
    from kgtwin.store.rdf import SparqlAnswer

_ROWS: Final[dict[What, Callable[[Any], Any]]] = {"patients": patient_rows, "facts": fact_rows, "issues": issue_rows}


class LocalConnection(Connection):
    """Reads the settings' store. Several may read one embedded store at once, as long as nobody writes to it."""

    rows = 1_000_000
    seconds = 300.0

    def __init__(self, settings: Settings) -> None:
        from kgtwin.bootstrap import running  # noqa: PLC0415 - heavy

        self._loop = Loop()
        self._context = running(settings, read_only=True)
        self._service: Service | None = None
        try:
            self._service = self._loop.run(self._context.__aenter__())
        except BaseException:
            self._loop.close()
            raise

    def close(self) -> None:
        if self._service is not None:
            self._service = None
            self._loop.run(self._context.__aexit__(None, None, None))
        self._loop.close()

    @property
    def revision(self) -> int:
        return self._loop.run(self._open.store.revision())

    def _part(self, what: What, wanted: Wanted) -> Part:
        page = self._loop.run(_page(self._open, what, wanted))
        return Part(_ROWS[what](page.found), page.revision, page.next)

    def _twin(self, wanted: Wanted) -> Twin:
        return self._loop.run(_twin(self._open, wanted))

    def _cypher(self, query: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table:
        return to_arrow(self._loop.run(self._open.cypher(query, parameters, limit=limit, timeout=seconds)))

    def _sparql(self, query: str, wanted: Wanted, limit: int, seconds: float) -> pa.Table:
        return sparql_to_arrow(self._loop.run(_sparql(self._open, query, wanted, limit, seconds)))

    def _query(self, name: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table:
        found = self._loop.run(self._open.run_query(name, parameters, limit=limit, timeout=seconds))
        return to_arrow(found.table)

    @property
    def _open(self) -> Service:
        if self._service is None:
            raise StoreError("the connection is closed", remedy="connect again")
        return self._service


async def _page(service: Service, what: What, wanted: Wanted) -> Page[Any]:
    from kgtwin.service import Asked  # noqa: PLC0415

    as_of = await service.resolve(wanted.as_of)
    asked = Asked(patient=wanted.patient, at=wanted.at, as_of=as_of, after=wanted.after)
    return await service.page(what, asked)


async def _sparql(service: Service, query: str, wanted: Wanted, limit: int, seconds: float) -> SparqlAnswer:
    as_of = await service.resolve(wanted.as_of)
    return await service.sparql(query, limit=limit, timeout=seconds, at=wanted.at, as_of=as_of)


async def _twin(service: Service, wanted: Wanted) -> Twin:
    as_of = await service.resolve(wanted.as_of)
    return await service.twin(wanted.patient or "", at=wanted.at, as_of=as_of)
