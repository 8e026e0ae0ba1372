"""An ontology's tree as functional syntax: one axiom a line, known stems as prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kgtwin.ontology.nodes import Iri, Literal, Node, Term, text_of
from kgtwin.vocabulary import DCTERMS, OWL, PREFIXES, RDF, RDFS, SKOS, XSD

STEMS: dict[str, str] = {
    **PREFIXES,
    "dcterms": DCTERMS,
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "skos": SKOS,
    "xsd": XSD,
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
    "obo": "http://purl.obolibrary.org/obo/",
}
"""The prefixes that a written document may use."""
_LOCAL = re.compile(r"\w(?:[\w-]*\w)?", re.ASCII)


def lines(ontology: Node) -> Iterator[str]:
    """The lines of a document; only prefixes that it uses are declared.

    >>> tree = Node("Ontology", (Iri("http://x/o"), Node("Import", (Iri("http://snomed.info/id/22298006"),))))
    >>> list(lines(tree))
    ['Prefix(snomed:=<http://snomed.info/id/>)', 'Ontology(<http://x/o>', 'Import(snomed:22298006)', ')']
    """
    names = [term for term in ontology.args if isinstance(term, Iri)]
    write = _Shortener(STEMS)
    body = [write(term) for term in ontology.args if isinstance(term, Node)]
    for prefix in sorted(write.used):
        yield f"Prefix({prefix}:=<{STEMS[prefix]}>)"
    yield f"Ontology({' '.join(f'<{name.value}>' for name in names)}"
    yield from body
    yield ")"


class _Shortener:
    def __init__(self, stems: Mapping[str, str]) -> None:
        self._stems = sorted(((stem, prefix) for prefix, stem in stems.items()), key=lambda pair: -len(pair[0]))
        self._known: dict[str, str] = {}
        self.used: set[str] = set()

    def __call__(self, term: Term) -> str:
        match term:
            case Node(name, args):
                return f"{name}({' '.join(map(self, args))})"
            case Iri(value):
                return self._name(value)
            case Literal(text, language, datatype) if datatype and not language:
                return f"{text_of(Literal(text))}^^{self._name(datatype)}"
        return text_of(term)

    def _name(self, iri: str) -> str:
        if iri not in self._known:
            self._known[iri] = self._short(iri)
        return self._known[iri]

    def _short(self, iri: str) -> str:
        for stem, prefix in self._stems:
            if iri.startswith(stem):
                local = iri[len(stem) :]
                if not _LOCAL.fullmatch(local):
                    break
                self.used.add(prefix)
                return f"{prefix}:{local}"
        return f"<{iri}>"
