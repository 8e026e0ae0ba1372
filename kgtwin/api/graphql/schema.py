"""The schema: what can be asked. ``schema.graphql`` beside the package is its print."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import strawberry
from graphql import GraphQLError
from strawberry import relay
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from kgtwin import __version__
from kgtwin.api.graphql.concepts import Concept, concept_node, find_concept
from kgtwin.api.graphql.connections import MAX_FIRST, Page, key_cursor, key_of, page_size
from kgtwin.api.graphql.context import Info
from kgtwin.api.graphql.facts import Fact, fact_node
from kgtwin.api.graphql.fields import described
from kgtwin.api.graphql.ids import Ref, View, parse, patient_view
from kgtwin.api.graphql.issues import DetectedIssue, issue_node, stored_issue
from kgtwin.api.graphql.limits import MAX_TOKENS, Limits
from kgtwin.api.graphql.patients import Patient, find_patient, patient_node
from kgtwin.api.graphql.scalars import SCALARS, Moment
from kgtwin.api.graphql.supposing import ForwardModel
from kgtwin.errors import NotFoundError, UsageError
from kgtwin.model import submission as model
from kgtwin.vocabulary import NOT_VALIDATED


@strawberry.type(description="How far stored conclusions were compared with the knowledge that answers.")
class Refresh:
    knowledge: str = strawberry.field(description="The version that they are compared with.")
    state: str = strawberry.field(description="`running`, `done`, `superseded`, `stopped` or `failed`.")
    patients: int
    looked: int = strawberry.field(description="Patients that were looked at.")
    touched: int = strawberry.field(description="Of these, whom the edit can touch.")
    stored: int = strawberry.field(description="Of these, of whom what follows was worked out anew and stored.")


@strawberry.type(description="What answers.")
class About:
    version: str
    safety: str
    knowledge: str = strawberry.field(description="The ontology's version.")
    max_rows: int = strawberry.field(description="Rows at most of an answer at /cypher, /sparql and /queries.")
    max_seconds: float = strawberry.field(description="Seconds at most that such a query may take.")

    @described("The last refresh of stored conclusions since the service started; null where none was due.")
    def refresh(self, info: Info) -> Refresh | None:
        found = info.context.service.refreshing
        if found is None:
            return None
        return Refresh(
            knowledge=found.knowledge,
            state=found.state.value,
            patients=found.patients,
            looked=found.looked,
            touched=found.touched,
            stored=found.stored,
        )

    @described("The store's last revision.")
    async def revision(self, info: Info) -> int:
        return await info.context.service.store.revision()


@strawberry.type(description="One entry of the change feed.")
class Revision:
    number: int
    at: str = strawberry.field(description="System time, RFC 3339 in UTC.")
    kind: str = strawberry.field(description="`facts`, `inferences`, `knowledge`, `refresh`, `override` or `erasure`.")
    label: str
    patients: list[strawberry.ID] = strawberry.field(description="Keys of the patients that it touched.")
    added: int
    closed: int

    @classmethod
    def of(cls, r: model.Revision) -> Revision:
        patients = [strawberry.ID(key) for key in r.patients]
        return cls(
            number=r.number, at=r.at, kind=r.kind, label=r.label, patients=patients, added=r.added, closed=r.closed
        )


@strawberry.type
class Query:
    @strawberry.field
    def about(self, info: Info) -> About:
        knowledge, bounds = info.context.service.knowledge().version, info.context.bounds
        return About(
            version=__version__,
            safety=NOT_VALIDATED,
            knowledge=knowledge,
            max_rows=bounds.rows,
            max_seconds=bounds.seconds,
        )

    @described(
        "A patient's twin by key (`local|123`), bare id or global id; null if unknown. `at` is the "
        "evaluation time (default: now, or what the server was started with), `asOf` the revision of the facts, "
        "`asOfTime` a system time instead of it."
    )
    async def patient(
        self,
        info: Info,
        id: strawberry.ID,
        at: Moment | None = None,
        as_of: int | None = None,
        as_of_time: Moment | None = None,
    ) -> Patient | None:
        return await find_patient(patient_view(id, at, await _revision(info, as_of, as_of_time)), info)

    @described(
        f"The patients by key. `first` is at most {MAX_FIRST}. `at`, `asOf` and `asOfTime` as for `patient`; "
        "of a revision the patients that were known then."
    )
    async def patients(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        at: Moment | None = None,
        as_of: int | None = None,
        as_of_time: Moment | None = None,
    ) -> Page[Patient]:
        size = page_size(first) or 0
        start = None if after is None else key_of(after)
        service, revision = info.context.service, await _revision(info, as_of, as_of_time)
        if revision is not None:
            await service.known_revision(revision)
        found = await service.store.patients(after=start, limit=size + 1, as_of=revision)
        return patients_page([Patient.of(record, View(record.key, at, revision)) for record in found], size, after)

    @described("Any object by its global id; null if there is none.")
    async def node(self, info: Info, id: strawberry.ID) -> relay.Node | None:
        found = parse(id)
        if found is None or found[0] not in NODES:
            raise UsageError("this is no global id", expected="the `id` of a Patient, Fact, DetectedIssue or Concept")
        kind, one = found
        return await NODES[kind](one, info)

    @described("A concept by CURIE (`snomed:44054006`) or IRI; null if the knowledge has none.")
    def concept(self, info: Info, curie: strawberry.ID) -> Concept | None:
        return find_concept(curie, info)

    @described(
        "An issue by its key (`di-…`: as it is stored, as it was told at `asOf` or `asOfTime`, or, with `at`, as it "
        "follows then) or its global id (evaluated in the view that the id carries); null if there is none."
    )
    async def issue(
        self,
        info: Info,
        id: strawberry.ID,
        at: Moment | None = None,
        as_of: int | None = None,
        as_of_time: Moment | None = None,
    ) -> DetectedIssue | None:
        found, revision = parse(id), await _revision(info, as_of, as_of_time)
        if found is not None:
            if at is not None or revision is not None:
                raise UsageError("a global id carries its own view", remedy="leave at and asOf out, or give the key")
            return await issue_node(found[1], info) if found[0] == "DetectedIssue" else None
        try:
            return stored_issue(await info.context.service.issue(id, at=at, as_of=revision))
        except NotFoundError:
            return None

    @described("The published models that `Patient.project` runs forward.")
    def models(self, info: Info) -> list[ForwardModel]:
        return [ForwardModel.of(one) for one in info.context.service.models()]

    @described("The change feed after a revision, in order.")
    async def revisions(self, info: Info, after: int = 0, first: int | None = None) -> list[Revision]:
        if after < 0:
            raise UsageError(f"after is {after}", expected="a revision number")
        found = await info.context.service.revisions(after=after, limit=page_size(first))
        return [Revision.of(one) for one in found]


async def _revision(info: Info, as_of: int | None, time: Moment | None) -> int | None:
    if time is None:
        return as_of
    if as_of is not None:
        raise UsageError("asOf and asOfTime together", expected="one of the two")
    return await info.context.service.store.resolve(time)


def patients_page(nodes: list[Patient], size: int, after: str | None) -> Page[Patient]:
    """A page of at most ``size`` of the nodes; one more than that means that there is a next page."""
    edges = [relay.Edge(cursor=key_cursor(node.key), node=node) for node in nodes[:size]]
    info = relay.PageInfo(
        has_next_page=len(nodes) > size,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Page[Patient](edges=edges, page_info=info)


NODES: dict[str, Callable[[Ref, Info], Awaitable[relay.Node | None]]] = {
    "Patient": patient_node,
    "Fact": fact_node,
    "DetectedIssue": issue_node,
    "Concept": concept_node,
}


class Schema(strawberry.Schema):
    """Strawberry's, but errors are logged where they are masked, without what they say of a patient."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave them to ``kgtwin.api.errors``."""


def build_schema() -> Schema:
    """The schema with its limits."""
    return Schema(
        query=Query,
        types=[Fact, DetectedIssue, Concept, Patient],
        config=StrawberryConfig(scalar_map=SCALARS, relay_max_results=MAX_FIRST),
        extensions=[lambda: MaxTokensLimiter(MAX_TOKENS), ParserCache, Limits, ValidationCache],
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(build_schema().as_str() + "\n")
