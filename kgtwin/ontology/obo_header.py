"""What an OBO file's header and relations say about the whole: its name, how identifiers expand, what is imported."""

from __future__ import annotations

from pathlib import Path

from kgtwin.model.caveat import Caveat, CaveatCode
from kgtwin.model.ontology import Annotation, EntityKind
from kgtwin.ontology import functional
from kgtwin.ontology.nodes import Source
from kgtwin.ontology.obo_document import property_value
from kgtwin.ontology.obo_file import OboFile, each
from kgtwin.ontology.obo_names import OBO, OIO, Names, property_of, shorthand
from kgtwin.ontology.obo_values import Malformed, parts, plain, xref
from kgtwin.ontology.structure import Document, document
from kgtwin.vocabulary import OWL, RDFS

_QUIET = {"ontology", "data-version", "idspace", "owl-axioms", "logical-definition-view-relation"}
_NO_NAME = "TEMP"


def names_of(file: OboFile) -> Names:
    """How the file's identifiers expand: by its name, its idspaces and its relations' cross-references."""
    spaces: dict[str, str] = {}

    def space(tag: str, value: str, _line: int) -> None:
        if tag == "idspace":
            found, _ = parts(value)
            if len(found) < 2:
                raise Malformed("an idspace without IRI", "idspace: PREFIX IRI")
            spaces[found[0].text] = found[1].text

    each(file.name, file.header, space)
    equivalent = tuple(f"{prefix}:" for prefix in file.header_values("treat-xrefs-as-equivalent"))
    shorthands = {}
    for frame in file.frames:
        if frame.kind == "Typedef":
            xrefs = [xref(value) for tag, value, _ in frame.clauses if tag == "xref"]
            same = next((one for one in xrefs if equivalent and one.startswith(equivalent)), None)
            if (full := same or shorthand(frame.id, xrefs)) is not None:
                shorthands[frame.id] = full
    return Names(_name(file), spaces, shorthands)


def _name(file: OboFile) -> str:
    return next(iter(file.header_values("ontology")), _NO_NAME)


def read_header(file: OboFile, names: Names) -> Document:
    """A document with the file's identity, imports, annotations and ``owl-axioms``."""
    name = names.ontology
    result = _axioms(file)
    result.iri = name if ":" in name else OBO + name if name == _NO_NAME else f"{OBO}{name}.owl"
    about = result.annotations.setdefault(result.iri, [])
    for version in file.header_values("data-version"):
        result.version_iri = f"{OBO}{name}/{version}/{name}.owl"
        about.append(Annotation(OWL + "versionInfo", version))

    def clause(tag: str, value: str, line: int) -> None:
        if tag == "import":
            result.imports.append(_import(file, plain(value)))
        elif tag in ("subsetdef", "synonymtypedef"):
            _annotation_property(result, names, tag, value)
        elif tag == "property_value":
            about.append(property_value(names, value))
        elif tag not in _QUIET:
            about.append(Annotation(property_of(tag), plain(value)))
            if tag.startswith("treat-xrefs-as"):
                result.caveats.append(_macro(file, tag, value, line))

    each(file.name, file.header, clause)
    return result


def _axioms(file: OboFile) -> Document:
    """The axioms in functional syntax that a header may hold."""
    texts = file.header_values("owl-axioms")
    if not texts:
        return Document()
    source = Source(f"{file.name} (owl-axioms)", "\n".join(texts))
    return document(source, functional.read(source))


def _import(file: OboFile, target: str) -> str:
    """An import is an IRI, or the path of a file from the folder of this one."""
    if ":" in target:
        return target
    return (Path(file.name).resolve().parent / target).as_uri()


def _macro(file: OboFile, tag: str, value: str, line: int) -> Caveat:
    text = f"{tag}: {plain(value)} is not applied to terms: their xrefs stay annotations ({file.name}:{line})"
    return Caveat(CaveatCode.IGNORED_AXIOM, text, (), "write the axioms that it stands for")


def _annotation_property(result: Document, names: Names, tag: str, value: str) -> None:
    found, _ = parts(value)
    if len(found) < 2:
        raise Malformed(f"{tag} without a description", f'{tag}: NAME "description"')
    iri = names.iri(found[0].text)
    result.declared.setdefault(iri, EntityKind.ANNOTATION_PROPERTY)
    kind = RDFS + ("label" if tag == "synonymtypedef" else "comment")
    about = result.annotations.setdefault(iri, [])
    about.append(Annotation(kind, found[1].text))
    if len(found) > 2:
        about.append(Annotation(OIO + "hasScope", property_of(found[2].text)))
