"""OBO's identifiers as IRIs, and its tags as annotation properties.

Source: https://owlcollab.github.io/oboformat/doc/obo-syntax.html (sections 5.8 and 5.9). A local part with underscores
gets ``_#`` before it, as the OWL API writes it (the text has ``#_``).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from kgtwin.ontology.obo_values import Malformed
from kgtwin.vocabulary import OWL, RDFS

OBO: Final = "http://purl.obolibrary.org/obo/"
OIO: Final = "http://www.geneontology.org/formats/oboInOwl#"
_SCHEMES = ("http:", "https:", "ftp:", "urn:")

PROPERTIES: Final[dict[str, str]] = {
    "name": RDFS + "label",
    "comment": RDFS + "comment",
    "remark": RDFS + "comment",
    "is_obsolete": OWL + "deprecated",
    "def": OBO + "IAO_0000115",
    "replaced_by": OBO + "IAO_0100001",
    "expand_expression_to": OBO + "IAO_0000424",
    "expand_assertion_to": OBO + "IAO_0000425",
    "is_anti_symmetric": OBO + "IAO_0000427",
    "namespace": OIO + "hasOBONamespace",
    "format-version": OIO + "hasOBOFormatVersion",
    "xref": OIO + "hasDbXref",
    "alt_id": OIO + "hasAlternativeId",
    "subset": OIO + "inSubset",
    "EXACT": OIO + "hasExactSynonym",
    "NARROW": OIO + "hasNarrowSynonym",
    "BROAD": OIO + "hasBroadSynonym",
    "RELATED": OIO + "hasRelatedSynonym",
}


def property_of(tag: str) -> str:
    """The annotation property of a tag or qualifier.

    >>> property_of("consider")
    'http://www.geneontology.org/formats/oboInOwl#consider'
    """
    return PROPERTIES.get(tag, OIO + tag)


class Names:
    """Expands identifiers; ``shorthands`` are relations with an identifier that stands for theirs (by ``xref``)."""

    def __init__(self, ontology: str, idspaces: dict[str, str], shorthands: dict[str, str]) -> None:
        self.ontology, self.idspaces, self.shorthands = ontology, idspaces, shorthands
        self._known: dict[str, str] = {}

    def iri(self, identifier: str) -> str:
        """The IRI of an identifier.

        >>> names = Names("go", {"EX": "http://x/"}, {"part_of": "BFO:0000050"})
        >>> names.iri("GO:0000001"), names.iri("EX:1"), names.iri("part_of")[-11:], names.iri("local")[-9:]
        ('http://purl.obolibrary.org/obo/GO_0000001', 'http://x/1', 'BFO_0000050', '/go#local')
        """
        found = self._known.get(identifier)
        if found is None:
            found = self._known[identifier] = self._expanded(self.shorthands.get(identifier, identifier))
        return found

    def _expanded(self, identifier: str) -> str:
        if identifier.startswith(_SCHEMES):
            if any(character in identifier for character in ' <>"'):
                raise Malformed(f"{identifier[:60]} is no IRI", "an IRI without spaces and brackets")
            return identifier
        prefix, colon, local = identifier.partition(":")
        if not colon:
            return f"{OBO}{self.ontology}#{_safe(identifier)}"
        if prefix in self.idspaces:
            return self.idspaces[prefix] + _safe(local)
        return f"{OBO}{_safe(prefix)}{'_#' if '_' in local else '_'}{_safe(local)}"


def _safe(local: str) -> str:
    return local if local.isalnum() and local.isascii() else quote(local, safe="*-._")


def shorthand(identifier: str, xrefs: list[str]) -> str | None:
    """What a relation without prefix is short for: its first cross-reference, RO and BFO before others.

    A prefix without letters is none, as the OWL API reads it.

    >>> shorthand("part_of", ["OTHER:1", "BFO:0000050"]), shorthand("part_of", [])
    ('BFO:0000050', None)
    >>> shorthand(":starts", [":starts", "RO:0002220"]), shorthand("BFO:1", ["RO:1"])
    ('RO:0002220', None)
    """
    found: str | None = None
    for one in xrefs:
        if one != identifier and (found is None or one.startswith(("RO", "BFO"))):
            found = one
    return None if identifier.find(":") > 0 else found
