"""Reads the test cases of the W3C's OWL Working Group, as https://www.w3.org/TR/owl2-conformance/ describes them.

The file of all approved cases is not ours to pass on, as it names no licence. Where it lies is told by
``KGTWIN_OWL2_TESTS``; by default it is sought beside this repository.
"""

from __future__ import annotations

import lzma
import os
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from kgtwin.model.axioms import Axiom
from kgtwin.ontology.loader import load

_FILE = Path(__file__).parents[4] / "shared" / "data" / "owl" / "owl2-test-cases.rdf.xz"
_TEST = "{http://www.w3.org/2007/OWL/testOntology#}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SYNTAXES = {"rdfXml": ".rdf", "fs": ".ofn"}
"""How a property of a test begins that has an ontology in a syntax, and a file name's end for it."""


class Case(NamedTuple):
    """``premise``, ``conclusion`` and ``non_conclusion`` by syntax; ``imports``: RDF/XML by the IRI that imports it."""

    name: str
    kinds: frozenset[str]
    profiles: frozenset[str]
    species: frozenset[str]
    premise: dict[str, str]
    conclusion: dict[str, str]
    non_conclusion: dict[str, str]
    imports: dict[str, str]


def location() -> Path:
    """Where the file should lie."""
    return Path(os.environ.get("KGTWIN_OWL2_TESTS", _FILE))


def cases() -> list[Case]:
    """All cases of the file, or none where it is not there."""
    path = location()
    if not path.is_file():
        return []
    data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    root = ElementTree.fromstring(data)
    inputs = {
        one.get(f"{_RDF}about", ""): (one.findtext(f"{_TEST}importedOntologyIRI", ""), text)
        for one in root
        if (text := one.findtext(f"{_TEST}rdfXmlInputOntology")) is not None
    }
    return [_case(one, inputs) for one in root.iter(f"{_TEST}TestCase")]


def _case(one: ElementTree.Element, inputs: dict[str, tuple[str, str]]) -> Case:
    imported = [found.get(f"{_RDF}resource", "") for found in one.iter(f"{_TEST}importedOntology")]
    return Case(
        name=one.findtext(f"{_TEST}identifier", "").strip(),
        kinds=_resources(one, f"{_RDF}type"),
        profiles=_resources(one, f"{_TEST}profile"),
        species=_resources(one, f"{_TEST}species"),
        premise=_ontologies(one, "PremiseOntology"),
        conclusion=_ontologies(one, "ConclusionOntology"),
        non_conclusion=_ontologies(one, "NonConclusionOntology"),
        imports=dict(inputs[iri] for iri in imported),
    )


def _resources(one: ElementTree.Element, name: str) -> frozenset[str]:
    return frozenset(found.get(f"{_RDF}resource", "").rpartition("#")[2] for found in one.iter(name))


def _ontologies(one: ElementTree.Element, name: str) -> dict[str, str]:
    found = {syntax: one.findtext(f"{_TEST}{syntax}{name}") for syntax in SYNTAXES}
    return {syntax: text for syntax, text in found.items() if text is not None}


def told(case: Case, ontologies: dict[str, str], syntax: str, folder: Path) -> tuple[Axiom, ...]:
    """The axioms of one of a case's ontologies, as our own parsers read them, with those it imports.

    Raises:
        OntologyError: it is not OWL 2 DL, or not of this syntax.
    """
    for number, text in enumerate(case.imports.values()):
        (folder / f"import{number}.rdf").write_text(text, encoding="utf-8")
    file = folder / f"ontology{SYNTAXES[syntax]}"
    file.write_text(ontologies[syntax], encoding="utf-8")
    return load(file).axioms
