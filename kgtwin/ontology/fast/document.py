"""One ontology file in columns: what the fast readers return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kgtwin.model.axiom_table import AxiomTable, Declared
from kgtwin.model.ontology import EntityKind
from kgtwin.model.table_builder import TableBuilder
from kgtwin.ontology.nodes import Term
from kgtwin.ontology.structure import Document
from kgtwin.ontology.syntax import Parsed

_DECLARED = {
    EntityKind.CLASS: Declared.CLASS,
    EntityKind.OBJECT_PROPERTY: Declared.OBJECT_PROPERTY,
    EntityKind.DATA_PROPERTY: Declared.DATA_PROPERTY,
    EntityKind.ANNOTATION_PROPERTY: Declared.ANNOTATION_PROPERTY,
    EntityKind.NAMED_INDIVIDUAL: Declared.NAMED_INDIVIDUAL,
    EntityKind.DATATYPE: Declared.DATATYPE,
}

Build = Callable[[Mapping[str, EntityKind], Mapping[str, Term] | None], AxiomTable]


@dataclass(frozen=True)
class FastDocument:
    """As :class:`kgtwin.ontology.syntax.Parsed`, with the axioms in columns.

    ``table``: the axioms as the file alone tells them, in its order; one that stands twice is two rows. ``told``: the
    datatypes that it defines. ``build(kinds, known)``: the axioms in a closure that declares ``kinds`` and defines the
    datatypes ``known``. ``declared()``: what the file declares.
    """

    table: AxiomTable
    iri: str | None = None
    version_iri: str | None = None
    imports: tuple[str, ...] = ()
    told: Mapping[str, Term] = field(default_factory=dict)
    declared: Callable[[], Mapping[str, EntityKind]] = dict
    build: Build | None = None


def of(parsed: Parsed) -> FastDocument:
    """What the general readers read, in columns."""

    def build(kinds: Mapping[str, EntityKind], known: Mapping[str, Term] | None) -> AxiomTable:
        return table_of(parsed.build(kinds, known))

    return FastDocument(
        build({}, None), parsed.iri, parsed.version_iri, parsed.imports, parsed.told, lambda: parsed.declared, build
    )


def table_of(*documents: Document) -> AxiomTable:
    """The axioms of documents, one after the other, and what they declare."""
    builder = TableBuilder()
    for document in documents:
        for iri, kind in document.declared.items():
            builder.declare(iri, _DECLARED[kind])
        for axiom in document.axioms:
            builder.add(axiom)
    return builder.table()


def kinds_of(table: AxiomTable, stated: bytes) -> dict[str, EntityKind]:
    """The kind that each declared entity has; the first of :class:`Declared` where there are several."""
    found: dict[str, EntityKind] = {}
    for entity, mask in enumerate(stated):
        kind = next((kind for kind, bit in _DECLARED.items() if mask & bit), None)
        if kind is not None:
            found[table.iri(entity)] = kind
    return found
