"""Concepts and their place in the classified knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import strawberry
from strawberry import relay

from kgtwin.api.graphql.context import Info
from kgtwin.api.graphql.ids import Ref
from kgtwin.errors import NotFoundError

if TYPE_CHECKING:
    from kgtwin.service import ConceptView


@strawberry.type(description="A concept's name.")
class ConceptRef:
    curie: strawberry.ID
    label: str


@strawberry.type(description="A concept in the classified knowledge.")
class Concept(relay.Node):
    ref: relay.NodeID[str]
    curie: strawberry.ID
    label: str
    parents: list[ConceptRef] = strawberry.field(description="Direct super-concepts.")
    ancestors: list[ConceptRef] = strawberry.field(description="All super-concepts.")
    children: list[ConceptRef] = strawberry.field(description="Direct sub-concepts.")

    @classmethod
    def of(cls, view: ConceptView) -> Self:
        return cls(
            ref=Ref(view.concept).text(),
            curie=strawberry.ID(view.concept),
            label=view.label,
            parents=_named(view.parents),
            ancestors=_named(view.ancestors),
            children=_named(view.children),
        )


def _named(pairs: tuple[tuple[str, str], ...]) -> list[ConceptRef]:
    return [ConceptRef(curie=strawberry.ID(curie), label=label) for curie, label in pairs]


def find_concept(curie: str, info: Info) -> Concept | None:
    """A concept by CURIE or IRI; None if the knowledge has no such class."""
    try:
        return Concept.of(info.context.service.concept(curie))
    except NotFoundError:
        return None


async def concept_node(node: Ref, info: Info) -> Concept | None:
    """The concept that a global id means."""
    return find_concept(node.key, info)
