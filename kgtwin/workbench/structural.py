"""When two axioms are the same: OWL's structural equivalence, and names of anonymous individuals that mean the same.

https://www.w3.org/TR/owl2-syntax/#Structural_Specification: the operands of an intersection have no order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from kgtwin.identifiers import digest
from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Axiom
from kgtwin.model.ontology import Annotation, Ontology

T = TypeVar("T")
_UNORDERED = (
    owl.ObjectIntersectionOf,
    owl.ObjectUnionOf,
    owl.ObjectOneOf,
    owl.EquivalentClasses,
    owl.DisjointClasses,
    owl.DisjointUnion,
    owl.EquivalentObjectProperties,
    owl.EquivalentDataProperties,
    owl.SameIndividual,
    owl.DifferentIndividuals,
    owl.DLSafeRule,
    owl.HasKey,
)
_TEXTS = (owl.Literal, owl.OtherRange, owl.Unsupported, owl.OtherAxiom)
"""Their text may begin with ``_:`` and is no individual."""
_AS_THEY_ARE = (*_TEXTS, owl.Class)


def normal(axiom: T, names: Mapping[str, str]) -> T:
    """An axiom or expression with operands in one order, each once, and anonymous individuals renamed.

    >>> a, b = owl.Class("a"), owl.Class("b")
    >>> normal(owl.EquivalentClasses((b, a, b)), {}) == normal(owl.EquivalentClasses((a, b)), {})
    True
    """
    if isinstance(axiom, _AS_THEY_ARE):
        return axiom
    fields = getattr(axiom, "__struct_fields__", None)
    if fields is None:
        return axiom
    unordered = isinstance(axiom, _UNORDERED)
    return type(axiom)(*(_part(getattr(axiom, field), names, unordered) for field in fields))


def _part(value: Any, names: Mapping[str, str], unordered: bool) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        parts = [_part(one, names, False) for one in value]
        return tuple(sorted(dict.fromkeys(parts), key=repr) if unordered else parts)
    return normal(value, names)


def anonymous_names(ontology: Ontology) -> dict[str, str]:
    """A name for each anonymous individual that is made of all that is said of it, whatever the file calls it.

    Those of which the same is said have the same name: to say it twice says no more. (Colours are refined until no
    more can be told apart, which tells nearly all apart that differ.)
    """
    known = {iri for iri in ontology.entities if _is_anonymous(iri)}
    known |= {iri for iri in ontology.annotations if _is_anonymous(iri)}
    if not known:
        return {}
    said = list(_said(ontology, known))
    names = dict.fromkeys(known, "_:")
    count = 0
    while len(set(names.values())) > count:
        count = len(set(names.values()))
        names = {one: _colour(one, said, names) for one in names}
    return names


def _is_anonymous(iri: str) -> bool:
    return iri.startswith("_:")


Said = tuple[frozenset[str], Any]


def _said(ontology: Ontology, known: set[str]) -> Iterator[Said]:
    """What is said of anonymous individuals, each with those that it mentions."""
    for axiom in ontology.axioms:
        mentioned = frozenset(mentions(axiom) & known)
        if mentioned:
            yield mentioned, axiom
    for subject, notes in ontology.annotations.items():
        for note in notes:
            mentioned = frozenset({subject, note.value} & known)
            if mentioned:
                yield mentioned, (subject, note)


def mentions(value: Any) -> set[str]:
    """Every name in an axiom or expression."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, owl.Unsupported | owl.OtherAxiom):
        return set(value.signature)
    parts: Iterable[Any] = value if isinstance(value, tuple) else ()
    if not isinstance(value, _TEXTS):
        parts = parts or [getattr(value, field) for field in getattr(value, "__struct_fields__", ())]
    return set[str]().union(*map(mentions, parts))


def _colour(one: str, said: Iterable[Said], names: Mapping[str, str]) -> str:
    mine = {**names, one: "_:it"}
    texts = sorted(repr(_renamed(what, mine)) for mentioned, what in said if one in mentioned)
    return "_:" + digest(names[one], *texts)


def _renamed(what: Any, names: Mapping[str, str]) -> object:
    if isinstance(what, tuple):
        subject, note = what
        return names.get(subject, subject), renamed_note(note, names)
    return normal(what, names)


def renamed_note(note: Annotation, names: Mapping[str, str]) -> Annotation:
    """An annotation whose value is the name of an anonymous individual, renamed."""
    value = names.get(note.value)
    return note if value is None or note.language or note.datatype else Annotation(note.property, value)


def normal_axioms(ontology: Ontology, names: Mapping[str, str]) -> dict[Axiom, Axiom]:
    """The axioms by their normal form; of several that say the same, the first."""
    found: dict[Axiom, Axiom] = {}
    for axiom in ontology.axioms:
        found.setdefault(normal(axiom, names), axiom)
    return found
