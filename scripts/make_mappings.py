#!/usr/bin/env python3
"""Make ``ontologies/mappings/icd10cm-snomed.sssom.tsv`` by MONDO's mappings and by names (see its ``README.md``).

    python scripts/make_mappings.py --sctid mondo_exactmatch_sctid.sssom.tsv.xz \
        --icd10cm mondo_exactmatch_icd10cm.sssom.tsv.xz --codes synthea-codes.tsv --concepts Synthea27Nj_5.4.zip

An ICD-10-CM code and a SNOMED CT code that MONDO calls exact matches of one disease are joined, if the SNOMED code
is one that our ontology or Synthea uses. Where the four sides are one to one the match is exact; every other pair was
read by a person and is in ``REVIEWED``, or left out. MONDO's match to SNOMED CT is now and then a kind of the disease
or another one: what SNOMED CT calls such a code is in ``NOT_THE_DISEASE``, and no chain goes through it.

An ICD-10-CM code that no chain reaches is joined to the one SNOMED CT code of ours that has its name for a term.
"""

from __future__ import annotations

import argparse
import csv
import io
import lzma
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ONTOLOGIES = Path(__file__).resolve().parent.parent / "ontologies"
COLUMNS = [
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "comment",
]
HEADER = """# mapping_set_id: https://w3id.org/kgtwin/mappings/icd10cm-snomed
# mapping_set_title: ICD-10-CM to SNOMED CT, chained through MONDO or equal by name
# mapping_set_version: "2026.2"
# mapping_set_description: Derived from MONDO 2026-08-04 (CC0) by scripts/make_mappings.py. Not clinically validated.
# mapping_set_source:
#   - http://purl.obolibrary.org/obo/mondo/mappings/mondo_exactmatch_sctid.sssom.tsv
#   - http://purl.obolibrary.org/obo/mondo/mappings/mondo_exactmatch_icd10cm.sssom.tsv
# license: https://creativecommons.org/publicdomain/zero/1.0/
# curie_map:
#   ICD10CM: http://purl.bioontology.org/ontology/ICD10CM/
#   SCTID: http://snomed.info/id/
#   semapv: https://w3id.org/semapv/vocab/
#   skos: http://www.w3.org/2004/02/skos/core#
"""
CODE = re.compile(r"ICD10CM:[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?")
LABEL = re.compile(r'^AnnotationAssertion\(rdfs:label snomed:(\d+) "(.*)"@en\)$', re.MULTILINE)
TAG = re.compile(r" \((disorder|finding|situation|SNOMED CT \d+)\)$")
BRACKETS = re.compile(r" \[[^][]*\]$")

# MONDO calls these exact matches of a disease that they are not: SNOMED CT code -> SNOMED CT's own term, which was
# looked up in code lists and FHIR value sets that others publish.
NOT_THE_DISEASE = {
    "111293003": "Venous thrombosis",  # MONDO: thrombophilia due to thrombin defect
    "19598007": "Generalized epilepsy",  # idiopathic generalized epilepsy
    "190828008": "Articular gout",  # gout
    "195021004": "Primary dilated cardiomyopathy",  # dilated cardiomyopathy
    "303063000": "Eclampsia in puerperium",  # eclampsia
    "31387002": "Exercise-induced asthma",  # asthma
    "41291007": "Angioedema",  # non-histaminic angioedema
    "46168003": "Pigmentary glaucoma",  # open-angle glaucoma
    "62403005": "Glucose-6-phosphate dehydrogenase deficiency anemia",  # G6PD deficiency
    "7620006": "Crohn's disease of large bowel",  # Crohn disease
    "76407009": "Protein C deficiency disease",  # hereditary thrombophilia due to congenital protein C deficiency
}

# Read by a person: ICD-10-CM code -> how it stands to the SNOMED CT concept. "narrower": whoever has the code has the
# concept, but not the other way round. "close": neither follows from the other. "no": not through MONDO, but by name.
REVIEWED = {
    "D07.5": "close",  # the disease between them is grade III intraepithelial neoplasia
    "D70": "no",  # neutropenia; the disease between them is agranulocytosis
    "E56.1": "close",  # the lack of vitamin K, which need not have bled
    "F01": "narrower",
    "F01.5": "narrower",
    "F02": "narrower",  # dementia in other diseases
    "G47.3": "narrower",
    "H40": "narrower",
    "H40.1": "narrower",
    "I15": "narrower",  # secondary hypertension
    "I21": "narrower",  # acute myocardial infarction -> myocardial infarction
    "I63": "narrower",
    "I63.9": "narrower",
    "I80.0": "close",  # phlebitis or thrombophlebitis
    "I80.1": "close",
    "J30": "narrower",  # vasomotor and allergic rhinitis -> rhinitis
    "K00.3": "close",  # mottled teeth of any cause
    "K82": "close",  # *other* diseases of gallbladder
    "L20": "narrower",
    "L93": "narrower",  # ICD-10-CM codes the systemic form elsewhere
    "M81": "narrower",  # osteoporosis without current fracture
    "N18": "narrower",
    "N18.5": "close",  # stage 5 is not yet end-stage disease on dialysis (N18.6)
    "N18.6": "narrower",
    "N18.9": "narrower",
}
COMMENTS = {
    "narrower": "One disease of MONDO between them; read: the code entails the concept, the concept not the code.",
    "close": "One disease of MONDO between them; read: neither follows from the other.",
    "exact": "One disease of MONDO between them, one to one on both sides: {mondo}.",
    "name": "The name of the code is a term of the concept, and of no other that we use.",
}


@dataclass(frozen=True)
class Chain:
    """An ICD-10-CM code, a MONDO disease and a SNOMED CT code in a row; the ids as CURIEs."""

    icd: str
    icd_label: str
    mondo: str
    sctid: str
    sct_label: str


def read_mappings(path: Path) -> list[dict[str, str]]:
    """The rows of a compressed SSSOM file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


def wanted_codes(codes: Path) -> dict[str, str]:
    """SNOMED CT codes of the ontology and of Synthea, with labels; the ontology's label goes first."""
    with codes.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    labels = {row["code"]: row["display"] for row in rows if row["system"].startswith("SNOMED")}
    return {code: TAG.sub("", label) for code, label in (labels | placed_codes()).items()}


def placed_codes() -> dict[str, str]:
    """The SNOMED CT codes that a module of ours labels, with that label."""
    modules = sorted(ONTOLOGIES.glob("*.ofn"))
    return dict(pair for path in modules for pair in LABEL.findall(path.read_text(encoding="utf-8")))


def other_terms(concepts: Path) -> dict[str, str]:
    """The SNOMED CT rows of ``CONCEPT.csv`` in an OMOP archive: code to name."""
    with zipfile.ZipFile(concepts) as archive, archive.open("CONCEPT.csv") as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, "utf-8"))
        return {row["concept_code"]: row["concept_name"] for row in rows if row["vocabulary_id"] == "SNOMED"}


def chains(sctid: list[dict[str, str]], icd10cm: list[dict[str, str]], labels: dict[str, str]) -> Iterator[Chain]:
    """Every chain that ends in a wanted code, by ICD-10-CM code; code ranges are no codes."""
    by_mondo: dict[str, list[dict[str, str]]] = {}
    for row in icd10cm:
        by_mondo.setdefault(row["subject_id"], []).append(row)
    for row in sctid:
        code = row["object_id"].removeprefix("SCTID:")
        if code not in labels or code in NOT_THE_DISEASE:
            continue
        for other in by_mondo.get(row["subject_id"], []):
            if CODE.fullmatch(other["object_id"]):
                yield Chain(
                    other["object_id"], other["object_label"], row["subject_id"], row["object_id"], labels[code]
                )


def degree(rows: list[dict[str, str]]) -> Counter[str]:
    """How many mappings each id has in one file."""
    return Counter(row[side] for row in rows for side in ("subject_id", "object_id"))


def table(sctid: list[dict[str, str]], icd10cm: list[dict[str, str]], labels: dict[str, str]) -> Iterator[list[str]]:
    """The rows of the mapping set."""
    snomed, icd = degree(sctid), degree(icd10cm)
    for chain in sorted(chains(sctid, icd10cm, labels), key=lambda chain: (chain.icd, chain.sctid)):
        one_to_one = all(d == 1 for d in (snomed[chain.mondo], snomed[chain.sctid], icd[chain.mondo], icd[chain.icd]))
        kind = REVIEWED.get(chain.icd.removeprefix("ICD10CM:"), "exact" if one_to_one else None)
        if kind and kind != "no":
            yield _row(chain, kind)


def name_of(term: str) -> str:
    """A term or a label as it is compared: without its tag, without what stands in brackets, case ignored.

    >>> name_of("Crohn's disease [regional enteritis]") == name_of("Crohn's disease (disorder)")
    True
    """
    return BRACKETS.sub("", TAG.sub("", term.strip())).casefold()


def by_name(
    icd10cm: list[dict[str, str]], labels: Mapping[str, str], others: Mapping[str, str], joined: set[str]
) -> Iterator[list[str]]:
    """Rows for the ICD-10-CM codes, and to the concepts, that are not ``joined``, where the names are equal."""
    called: dict[str, set[str]] = {}
    for code in placed_codes():
        for term in (labels[code], others.get(code, labels[code])):
            called.setdefault(name_of(term), set()).add(code)
    names = {row["object_id"]: row["object_label"] for row in icd10cm if CODE.fullmatch(row["object_id"])}
    for icd, name in sorted(names.items()):
        match sorted(called.get(name_of(name), ())):
            case [code] if not {icd, f"SCTID:{code}"} & joined:
                concept = [f"SCTID:{code}", labels[code]]
                yield [icd, name, "skos:exactMatch", *concept, "semapv:LexicalMatching", COMMENTS["name"]]


def _row(chain: Chain, kind: str) -> list[str]:
    code, concept = [chain.icd, chain.icd_label], [chain.sctid, chain.sct_label]
    last = ["semapv:MappingChaining", COMMENTS[kind].format(mondo=chain.mondo)]
    if kind == "narrower":
        return [*concept, "skos:narrowMatch", *code, *last]
    return [*code, "skos:exactMatch" if kind == "exact" else "skos:closeMatch", *concept, *last]


def main() -> None:
    """Read MONDO's mappings, write ours."""
    parser = argparse.ArgumentParser(description="Make the ICD-10-CM mappings.")
    for name in ("sctid", "icd10cm", "codes", "concepts"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ONTOLOGIES / "mappings")
    arguments = parser.parse_args()
    icd10cm, labels = read_mappings(arguments.icd10cm), wanted_codes(arguments.codes)
    chained = list(table(read_mappings(arguments.sctid), icd10cm, labels))
    joined = {side for row in chained for side in (row[0], row[3])}
    named = by_name(icd10cm, labels, other_terms(arguments.concepts), joined)
    rows = sorted([*chained, *named], key=lambda row: min((row[0], row[3]), (row[3], row[0])))
    body = "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
    (arguments.out / "icd10cm-snomed.sssom.tsv").write_text(HEADER + body, encoding="utf-8")


if __name__ == "__main__":
    main()
