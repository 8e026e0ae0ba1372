"""A document that OBO frames are written into: axioms with their lines, annotations, restrictions with qualifiers."""

from __future__ import annotations

from collections.abc import Callable

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassExpression,
    ObjectAllValuesFrom,
    ObjectComplementOf,
    ObjectExactCardinality,
    ObjectHasValue,
    ObjectIntersectionOf,
    ObjectMaxCardinality,
    ObjectMinCardinality,
    ObjectSomeValuesFrom,
)
from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.ontology import Annotation, EntityKind, Origin
from kgtwin.ontology.obo_file import OboFile
from kgtwin.ontology.obo_names import OBO, OIO, Names, property_of
from kgtwin.ontology.obo_values import (
    Malformed,
    Qualifiers,
    boolean,
    identifiers,
    parts,
    plain,
    quoted,
    unescaped,
    xref,
)
from kgtwin.ontology.structure import Document
from kgtwin.vocabulary import OWL, XSD

ReadClause = Callable[[str, str, int], None]

_LOGICAL = ("gci_relation", "gci_filler", "cardinality", "minCardinality", "maxCardinality", "all_some", "all_only")
_FLAGS = (
    "is_obsolete",
    "is_anonymous",
    "builtin",
    "is_anti_symmetric",
    "is_cyclic",
    "is_metadata_tag",
    "is_class_level",
)
_QUOTED = ("def", "expand_assertion_to", "expand_expression_to")
_OLD_SYNONYMS = {f"{scope}_synonym": scope.upper() for scope in ("exact", "narrow", "broad", "related")}
_SCOPES = ("EXACT", "NARROW", "BROAD", "RELATED")
_TEXTS = ("name", "namespace", "comment", "created_by", "creation_date")
_BOOLEAN = XSD + "boolean"
_REPLACED_BY, _REASON, _MERGED = OBO + "IAO_0100001", OBO + "IAO_0000231", OBO + "IAO_0000227"


class OboDocument:
    """``subject`` is the IRI of the frame that is being read, ``kind`` what it declares."""

    def __init__(self, file: OboFile, names: Names, result: Document) -> None:
        self.file, self.names, self.result = file, names, result
        self.relations: set[str] = set()
        self.metadata: set[str] = set()
        self.class_level: set[str] = set()
        self.subject, self.subject_class = "", Class("")
        self.kind = EntityKind.CLASS
        self._classes: dict[str, Class] = {}
        self._notes: list[Annotation] = []
        self.clauses: dict[str, ReadClause] = {
            **dict.fromkeys(_TEXTS, self._text),
            **dict.fromkeys(("replaced_by", "consider"), self._reference),
            **dict.fromkeys(_FLAGS, self._flag),
            **dict.fromkeys(_QUOTED, self._quoted),
            **dict.fromkeys(_OLD_SYNONYMS, self._synonym),
            "synonym": self._synonym,
            "xref": self._xref,
            "alt_id": self._alt_id,
            "subset": self._subset,
            "property_value": self._property_value,
        }

    def begin(self, identifier: str, kind: EntityKind, namespace: str | None) -> None:
        """Turns to the frame of another subject."""
        self.subject_class, self.kind = self.class_of(identifier), kind
        self.subject = self.subject_class.iri
        self.result.declared.setdefault(self.subject, kind)
        self._notes = self.result.annotations.setdefault(self.subject, [])
        self.annotate(Annotation(OIO + "id", identifier))
        if identifier in self.names.shorthands:
            self.annotate(Annotation(OIO + "shorthand", identifier))
        if namespace is not None:
            self.annotate(Annotation(property_of("namespace"), namespace))

    def class_of(self, identifier: str) -> Class:
        """The class of an identifier."""
        found = self._classes.get(identifier)
        if found is None:
            found = self._classes[identifier] = Class(self.names.iri(identifier))
        return found

    def add(self, axiom: Axiom, line: int, qualifiers: Qualifiers = ()) -> None:
        """Adds an axiom; the qualifiers that do not shape it become its annotations."""
        self.result.axioms.append(axiom)
        self.result.origins.setdefault(axiom, Origin(self.file.name, line))
        if qualifiers:
            found = [Annotation(property_of(name), value) for name, value in qualifiers if name not in _LOGICAL]
            if found:
                self.result.axiom_annotations.setdefault(axiom, []).extend(found)

    def annotate(self, annotation: Annotation) -> None:
        """Annotates the subject."""
        self._notes.append(annotation)

    def leave_out(self, tag: str, value: str, line: int) -> None:
        """Keeps a clause that OWL cannot say, or that is not OBO's, as an annotation and reports it."""
        self.annotate(Annotation(property_of(tag), unescaped(value)))
        text = f"{tag}: {value[:60]} is kept as an annotation only ({self.file.name}:{line})"
        self.result.caveats.append(Caveat(CaveatCode.IGNORED_AXIOM, text, (self.subject,)))

    def restriction(self, relation: str, target: str, qualifiers: Qualifiers) -> ClassExpression:
        """What a relationship says of every instance: by default that it has some such target."""
        name, filler = self.names.iri(relation), self.class_of(target)
        told = dict(qualifiers)
        exact, least, most = (_number(told, f"{kind}ardinality") for kind in ("c", "minC", "maxC"))
        if exact == 0 or most == 0:
            return ObjectAllValuesFrom(name, ObjectComplementOf(filler))
        if exact is not None:
            return ObjectExactCardinality(exact, name, filler)
        bounds: list[ClassExpression] = []
        if least is not None:
            bounds.append(ObjectMinCardinality(least, name, filler))
        if most is not None:
            bounds.append(ObjectMaxCardinality(most, name, filler))
        if told.get("all_only") == "true" and not bounds:
            bounds = [ObjectSomeValuesFrom(name, filler)] if told.get("all_some") == "true" else []
            bounds.append(ObjectAllValuesFrom(name, filler))
        if bounds:
            return bounds[0] if len(bounds) == 1 else ObjectIntersectionOf(tuple(bounds))
        if relation in self.class_level:
            return ObjectHasValue(name, filler.iri)
        return ObjectSomeValuesFrom(name, filler)

    # annotations

    def _text(self, tag: str, value: str, _line: int) -> None:
        self.annotate(Annotation(property_of(tag), plain(value)))

    def _reference(self, tag: str, value: str, _line: int) -> None:
        (identifier,), _ = identifiers(value, 1, 1)
        self.annotate(Annotation(property_of(tag), self.names.iri(identifier)))

    def _flag(self, tag: str, value: str, _line: int) -> None:
        self.annotate(Annotation(property_of(tag), str(boolean(value)).lower(), None, _BOOLEAN))

    def _quoted(self, tag: str, value: str, _line: int) -> None:
        self.annotate(Annotation(property_of(tag), quoted(value).text))

    def _synonym(self, tag: str, value: str, _line: int) -> None:
        text, rest = quoted(value)
        scope = _OLD_SYNONYMS.get(tag) or rest.partition("[")[0].partition(" ")[0] or "RELATED"
        if scope not in _SCOPES:
            raise Malformed(f"unknown scope {scope[:40]}", ", ".join(_SCOPES))
        self.annotate(Annotation(property_of(scope), text))

    def _xref(self, tag: str, value: str, _line: int) -> None:
        self.annotate(Annotation(property_of(tag), xref(value)))

    def _subset(self, tag: str, value: str, _line: int) -> None:
        self.annotate(Annotation(property_of(tag), self.names.iri(plain(value).replace(" ", "_"))))

    def _property_value(self, _tag: str, value: str, _line: int) -> None:
        self.annotate(property_value(self.names, value))

    def _alt_id(self, tag: str, value: str, _line: int) -> None:
        """An entity that was merged into the subject."""
        (identifier,), _ = identifiers(value, 1, 1)
        self.annotate(Annotation(property_of(tag), identifier))
        iri = self.names.iri(identifier)
        self.result.declared.setdefault(iri, self.kind)
        self.result.annotations.setdefault(iri, []).extend(
            (
                Annotation(OWL + "deprecated", "true", None, _BOOLEAN),
                Annotation(_REPLACED_BY, self.subject),
                Annotation(_REASON, _MERGED),
            )
        )


def property_value(names: Names, value: str) -> Annotation:
    """``property_value: REL ID`` or ``REL "text" datatype`` as an annotation.

    Raises:
        Malformed: neither.
    """
    found, _ = parts(value)
    if len(found) not in (2, 3):
        raise Malformed(f"{len(found)} values", 'a relation and an identifier, or a relation, a "text" and a datatype')
    relation = names.iri(found[0].text)
    if len(found) == 3:
        datatype = found[2].text.replace("xsd:", XSD)
        return Annotation(relation, found[1].text, None, None if datatype == XSD + "string" else datatype)
    return Annotation(relation, found[1].text if found[1].quoted else names.iri(found[1].text))


def _number(told: dict[str, str], name: str) -> int | None:
    text = told.get(name)
    if text is not None and not (text.isdecimal() and len(text) < 10):
        raise Malformed(f'{name}="{text[:20]}"', "a whole number")
    return None if text is None else int(text)
