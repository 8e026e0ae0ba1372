"""A made-up SNOMED CT release, and an ontology to resolve names with. Nothing of a licensed release is in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

from kgtwin.ontology.loader import load
from kgtwin.ontology.releases import snomed
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_concepts import DEFINED, PRIMITIVE, Selection
from kgtwin.ontology.releases.snomed_files import (
    ASSOCIATION_COLUMNS,
    ATTRIBUTE_COLUMNS,
    CONCEPT_COLUMNS,
    RELATIONSHIP_COLUMNS,
    VALUE_COLUMNS,
    find_files,
)
from kgtwin.ontology.releases.snomed_relationships import INFERRED, IS_A, SOME
from kgtwin.ontology.releases.told import Told
from kgtwin.ontology.releases.writing import Provenance, write_whole
from kgtwin.ontology.rf2 import AXIOMS
from kgtwin.ontology.rf2_files import DESCRIPTION_COLUMNS, EXPRESSION_COLUMNS, LANGUAGE_COLUMNS
from tests.ontology.snomed import FULL_NAME, MODULE, PREFERRED, named, sctid

TODAY = date(2026, 11, 28)
KINDS = {
    "concepts": ("Terminology/sct2_Concept_Snapshot", CONCEPT_COLUMNS),
    "descriptions": ("Terminology/sct2_Description_Snapshot-en", DESCRIPTION_COLUMNS),
    "languages": ("Refset/Language/der2_cRefset_LanguageSnapshot-en", LANGUAGE_COLUMNS),
    "relationships": ("Terminology/sct2_Relationship_Snapshot", RELATIONSHIP_COLUMNS),
    "values": ("Terminology/sct2_RelationshipConcreteValues_Snapshot", VALUE_COLUMNS),
    "expressions": ("Terminology/sct2_sRefset_OWLExpressionSnapshot", EXPRESSION_COLUMNS),
    "attributes": ("Refset/Metadata/der2_cissccRefset_MRCMAttributeDomainSnapshot", ATTRIBUTE_COLUMNS),
    "associations": ("Refset/Content/der2_cRefset_AssociationSnapshot", ASSOCIATION_COLUMNS),
}


class Snomed:
    """Writes a snapshot; concepts are numbers, ``{1}`` in axioms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[str]] = {kind: [] for kind in KINDS}

    def row(
        self, kind: str, *fields: str, id: str | None = None, time: str = "20260101", active: str = "1",
        module: str = MODULE,
    ) -> str:  # fmt: skip
        own = id or str(UUID(int=len(self.rows[kind])))
        self.rows[kind].append("\t".join([own, time, active, module, *fields]))
        return own

    def concept(self, number: int, *parents: int, defined: bool = False, name: str | None = None, **more: str) -> None:
        """A concept with its name and its parents."""
        self.row("concepts", DEFINED if defined else PRIMITIVE, id=sctid(number), **more)
        self.name(number, name or f"Concept {number} (thing)")
        for parent in parents:
            self.relation(number, IS_A, sctid(parent))

    def name(self, number: int, term: str, language: str = "en", type_: str = FULL_NAME, **more: str) -> str:
        own = sctid(1000 + len(self.rows["descriptions"]), "11")
        return self.row("descriptions", sctid(number), language, type_, term, "900000000000448009", id=own, **more)

    def prefer(self, description: str, dialect: str) -> None:
        self.row("languages", dialect, description, PREFERRED)

    def relation(self, number: int, kind: str, target: str, group: int = 0, **more: str) -> None:
        own = sctid(1 + len(self.rows["relationships"]), "12")
        self.row("relationships", sctid(number), target, str(group), kind, INFERRED, SOME, id=own, **more)

    def value(self, number: int, kind: str, value: str, group: int = 1) -> None:
        self.row("values", sctid(number), value, str(group), kind, INFERRED, SOME)

    def axiom(self, number: int, text: str, **more: str) -> None:
        self.row("expressions", AXIOMS, sctid(number), named(text), **more)

    def write(self) -> Path:
        """Writes the files that have rows; returns the folder."""
        for kind, rows in self.rows.items():
            if rows:
                file = self.file(kind)
                file.parent.mkdir(parents=True, exist_ok=True)
                lines = ["\t".join(KINDS[kind][1]), *rows]
                file.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        return self.folder

    def file(self, kind: str) -> Path:
        return self.folder / "Snapshot" / f"{KINDS[kind][0]}_INT_20260101.txt"


def provenance(slug: str = "test", version: str = "1") -> Provenance:
    return Provenance(slug=slug, source="Test", version=version, digest="0" * 64, imported=TODAY, licence="none")


def imported(folder: Path, output: Path, log: Log, **options: object) -> list[str]:
    """Reads a release, writes the module, checks that it loads; returns its lines of axioms and labels."""
    module = snomed.read(find_files(folder), Selection(**options), log)  # type: ignore[arg-type]
    write_whole(module.lines(provenance("snomed")), output)
    load(output)
    starts = ("Sub", "Equiv", "Transitive", "AnnotationAssertion(rdfs:label :", "AnnotationAssertion(owl:dep", "Decl")
    lines = output.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(starts) and "kgtwin:" not in line and "dcterms" not in line]


ONTOLOGY = """Prefix(:=<https://w3id.org/kgtwin/ontology#>)
Prefix(snomed:=<http://snomed.info/id/>)
Prefix(rxnorm:=<http://www.nlm.nih.gov/research/umls/rxnorm/>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(skos:=<http://www.w3.org/2004/02/skos/core#>)
Prefix(dcterms:=<http://purl.org/dc/terms/>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)
Ontology(<https://w3id.org/kgtwin/ontology/core>
Annotation(dcterms:title "test")
"""


def ontology_file(folder: Path) -> Path:
    """A small ontology in our pattern; its concepts carry identifiers that nobody has."""
    lines = [ONTOLOGY]
    for name, label, above in (
        ("ClinicalCondition", "Clinical condition", None),
        ("Situation", "Situation", None),
        ("Substance", "Substance", None),
        ("MedicinalProduct", "Medicinal product", None),
        ("Patient", "Patient", None),
        ("Redness", "Redness", ":ClinicalCondition"),
        ("Blueness", "Blueness", ":ClinicalCondition"),
        ("SevereRedness", "Severe redness", ":Redness"),
        ("Colourant", "Colourant", ":Substance"),
    ):
        lines += [f"Declaration(Class(:{name}))", f'AnnotationAssertion(rdfs:label :{name} "{label}"@en)']
        lines += [f"SubClassOf(:{name} {above})"] if above else []
    coded = ((1, "Redness", "Redness"), (2, "Blueness of skin", "Blueness"), (3, "Old", "Redness"))
    for number, label, above in (*coded, (4, "Greyness", "Redness")):
        lines += [f"Declaration(Class(snomed:{sctid(number)}))", f"SubClassOf(snomed:{sctid(number)} :{above})"]
        lines += [f'AnnotationAssertion(rdfs:label snomed:{sctid(number)} "{label}"@en)']
    lines += [f'AnnotationAssertion(owl:deprecated snomed:{sctid(3)} "true"^^xsd:boolean)']
    lines += [f"AnnotationAssertion(dcterms:isReplacedBy snomed:{sctid(3)} snomed:{sctid(2)})"]
    for code, label, above in (
        (11, "Madeupin", "Substance"),
        (12, "Fancin", "Substance"),
        (13, "Pill", "MedicinalProduct"),
    ):
        lines += [f"Declaration(Class(rxnorm:{code}))", f"SubClassOf(rxnorm:{code} :{above})"]
        lines += [f'AnnotationAssertion(rdfs:label rxnorm:{code} "{label}"@en)']
    file = folder / "core.ofn"
    file.write_text("\n".join([*lines, ")\n"]), encoding="utf-8")
    return file


def told(folder: Path) -> Told:
    return Told(load(ontology_file(folder)))
