#!/usr/bin/env python3
"""Make ``ontologies/mappings/icd10cm-snomed.sssom.tsv`` by chaining MONDO's mappings (see its ``README.md``).

    python scripts/make_mappings.py --sctid mondo_exactmatch_sctid.sssom.tsv.xz \
        --icd10cm mondo_exactmatch_icd10cm.sssom.tsv.xz --codes synthea-codes.tsv

An ICD-10-CM code and a SNOMED CT code that MONDO calls exact matches of one disease are joined, if the SNOMED code
is one that our ontology or Synthea uses. Where the four sides are one to one the match is exact; every other pair was
read by a person and is in ``REVIEWED``, or left out.
"""

from __future__ import annotations

import argparse
import csv
import lzma
import re
from collections import Counter
from collections.abc import Iterator
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
# mapping_set_title: ICD-10-CM to SNOMED CT, chained through MONDO
# mapping_set_version: "2026.1"
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

# Read by a person: ICD-10-CM code -> how it stands to the SNOMED CT concept. "narrower": whoever has the code has the
# concept, but not the other way round. "close": neither follows from the other.
REVIEWED = {
    "D07.5": "close",  # the disease between them is grade III intraepithelial neoplasia
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
    return labels | dict(LABEL.findall((ONTOLOGIES / "snomed-module.ofn").read_text(encoding="utf-8")))


def chains(sctid: list[dict[str, str]], icd10cm: list[dict[str, str]], labels: dict[str, str]) -> Iterator[Chain]:
    """Every chain that ends in a wanted code, by ICD-10-CM code; code ranges are no codes."""
    by_mondo: dict[str, list[dict[str, str]]] = {}
    for row in icd10cm:
        by_mondo.setdefault(row["subject_id"], []).append(row)
    for row in sctid:
        code = row["object_id"].removeprefix("SCTID:")
        if code not in labels:
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
        if kind:
            yield _row(chain, kind)


def _row(chain: Chain, kind: str) -> list[str]:
    code, concept = [chain.icd, chain.icd_label], [chain.sctid, chain.sct_label]
    last = ["semapv:MappingChaining", COMMENTS[kind].format(mondo=chain.mondo)]
    if kind == "narrower":
        return [*concept, "skos:narrowMatch", *code, *last]
    return [*code, "skos:exactMatch" if kind == "exact" else "skos:closeMatch", *concept, *last]


def main() -> None:
    """Read MONDO's mappings, write ours."""
    parser = argparse.ArgumentParser(description="Make the ICD-10-CM mappings.")
    for name in ("sctid", "icd10cm", "codes"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ONTOLOGIES / "mappings")
    arguments = parser.parse_args()
    rows = table(read_mappings(arguments.sctid), read_mappings(arguments.icd10cm), wanted_codes(arguments.codes))
    body = "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
    (arguments.out / "icd10cm-snomed.sssom.tsv").write_text(HEADER + body, encoding="utf-8")


if __name__ == "__main__":
    main()
