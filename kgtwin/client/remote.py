"""A store behind a running ``kgtwin serve``: the same questions over its HTTP doors, the same answers and errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from kgtwin.client.connection import Connection, Part, Wanted, What
from kgtwin.client.failures import graphql_failure
from kgtwin.client.http import FORM, JSON, Answer, Http
from kgtwin.errors import NotAcceptableError, StoreError, UsageError
from kgtwin.model.twin import Twin
from kgtwin.store.cypher_parameters import check_parameters
from kgtwin.store.named_values import texts_of
from kgtwin.store.rdf import SparqlAnswer
from kgtwin.store.tables import MEDIA_TYPES, no_table, sparql_to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

ARROW: Final = MEDIA_TYPES["arrow"]
T = TypeVar("T")
SOLUTIONS: Final = "application/sparql-results+json"
READ_SECONDS: Final = 60.0
"""Seconds that a page of facts or a twin may take."""
GRACE: Final = 10.0
"""Seconds that a service gets beyond the time-out at which it stops a query itself."""
ABOUT: Final = "{ about { revision maxRows maxSeconds } }"


class About(msgspec.Struct, rename="camel"):
    """What a service says of itself."""

    revision: int
    max_rows: int
    max_seconds: float


class Reply(msgspec.Struct):
    """A GraphQL answer to ``ABOUT``."""

    data: dict[str, About] | None = None
    errors: list[dict[str, Any]] = []


class RemoteConnection(Connection):
    """Asks a service; its limits on rows and seconds hold. Any number may ask one service, from any thread."""

    def __init__(self, url: str, *, token: str = "", ca: str | Path | None = None) -> None:
        self._http: Http | None = Http(url, token=token, ca=ca)
        about = self._about()
        self.rows, self.seconds = about.max_rows, about.max_seconds

    def close(self) -> None:
        self._http = None

    @property
    def revision(self) -> int:
        return self._about().revision

    def _about(self) -> About:
        answer = self._open.post("/graphql", {"query": ABOUT}, accept=JSON, seconds=READ_SECONDS + GRACE)
        found = _decoded(answer, Reply)
        if found.errors or found.data is None:
            raise graphql_failure(found.errors)
        return found.data["about"]

    def _part(self, what: What, wanted: Wanted) -> Part:
        answer = self._read(what, wanted, ARROW)
        revision = answer.headers.get("x-kgtwin-revision", "")
        if not revision.isdecimal():
            raise _no_service("it names no revision")
        return Part(_table(answer), int(revision), answer.headers.get("x-kgtwin-next"))

    def _twin(self, wanted: Wanted) -> Twin:
        return _decoded(self._read("twin", wanted, JSON), Twin)

    def _read(self, what: str, wanted: Wanted, accept: str) -> Answer:
        asked = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        return self._open.post(f"/read/{what}", asked, accept=accept, seconds=READ_SECONDS + GRACE)

    def _cypher(self, query: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table:
        given = {name: _exact(value, name) for name, value in check_parameters(parameters, "").items()}
        return _table(self._ask("/cypher", {"query": query, "parameters": given}, limit, seconds))

    def _query(self, name: str, parameters: Mapping[str, object], limit: int, seconds: float) -> pa.Table:
        given = {key: texts_of(value) for key, value in parameters.items()}
        return _table(self._ask(f"/queries/{quote(name, safe='')}", {"parameters": given}, limit, seconds))

    def _sparql(self, query: str, wanted: Wanted, limit: int, seconds: float) -> pa.Table:
        asked: dict[str, Any] = {"query": query}
        asked |= {} if wanted.at is None else {"at": wanted.at.isoformat()}
        asked |= {} if wanted.as_of is None else {"as_of": wanted.as_of}
        try:
            answer = self._ask("/sparql", asked, limit, seconds, f"{ARROW}, {SOLUTIONS};q=0.5", FORM)
        except NotAcceptableError:
            raise no_table("a graph") from None
        return _truth(answer) if answer.headers["content-type"].startswith(SOLUTIONS) else _table(answer)

    def _ask(
        self, path: str, body: dict[str, Any], limit: int, seconds: float, accept: str = ARROW, kind: str = JSON
    ) -> Answer:
        if not (1 <= limit <= self.rows and 0 < seconds <= self.seconds):
            raise UsageError(
                f"limit={limit}, timeout={seconds:g}",
                expected=f"of this service at most {self.rows} rows in {self.seconds:g} s",
                remedy="narrow the query, or ask the operator (kgtwin serve --max-rows, --max-seconds)",
            )
        asked = {**body, "limit": limit, "timeout": seconds}
        return self._open.post(path, asked, accept=accept, seconds=seconds + GRACE, kind=kind)

    @property
    def _open(self) -> Http:
        if self._http is None:
            raise StoreError("the connection is closed", remedy="connect again")
        return self._http


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _no_service(str(error)) from None


def _no_service(why: str) -> StoreError:
    return StoreError(f"no kgtwin service, or one of another version: {why}", remedy="check the address")


def _table(answer: Answer) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    try:
        with pa.ipc.open_stream(answer.body) as reader:
            return reader.read_all()
    except (pa.ArrowInvalid, OSError):
        raise _no_service("its answer is no Arrow table") from None


def _truth(answer: Answer) -> pa.Table:
    """The answer to an ASK, which has no form in Arrow."""
    revision = int(answer.headers.get("x-kgtwin-revision", 0))
    found = SparqlAnswer(form="ASK", format="json", media_type=SOLUTIONS, body=answer.body, revision=revision)
    return sparql_to_arrow(found)


def _exact(value: Any, name: str) -> Any:
    """A parameter that JSON carries unchanged.

    Raises:
        UsageError: if JSON has no such value.
    """
    if isinstance(value, Mapping):
        return {key: _exact(one, name) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exact(one, name) for one in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise UsageError(
        f"the parameter {name[:40]!r} is a {type(value).__name__}, which JSON cannot carry",
        expected="texts, finite numbers, truths, lists and maps",
        remedy="send it as a text: dates are stored as texts",
    )
