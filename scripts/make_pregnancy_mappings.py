#!/usr/bin/env python3
"""Make ``ontologies/mappings/icd10cm-pregnancy.sssom.tsv``: the ICD-10-CM codes that say that the patient is pregnant.

    python scripts/make_pregnancy_mappings.py icd10cm-tabular.xml

The argument is ICD-10-CM's tabular list as NCHS publishes it (public domain). A code says so if it is for the time
before birth by its own name: it names a trimester, or is in ``NAMED``, which a person read. Left out is whatever
its name puts in childbirth, after it, or after a pregnancy that could not go on. A code with subdivisions is taken
if all of these are.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

TARGET = Path(__file__).resolve().parent.parent / "ontologies" / "mappings" / "icd10cm-pregnancy.sssom.tsv"
HEADER = """# mapping_set_id: https://w3id.org/kgtwin/mappings/icd10cm-pregnancy
# mapping_set_title: ICD-10-CM codes of a pregnancy
# mapping_set_version: "2026.1"
# mapping_set_description: Read from the names in ICD-10-CM, {title}. Not clinically validated.
# mapping_set_source:
#   - https://www.cdc.gov/nchs/icd/icd-10-cm/files.html
# license: https://creativecommons.org/publicdomain/zero/1.0/
# curie_map:
#   ICD10CM: http://purl.bioontology.org/ontology/ICD10CM/
#   SCTID: http://snomed.info/id/
#   semapv: https://w3id.org/semapv/vocab/
#   skos: http://www.w3.org/2004/02/skos/core#
subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\tcomment
"""
CHAPTERS = re.compile(r"O(09|1[0-6]|2[0-9]|3[0-9]|4[0-8]|60|88|9[1289A])|Z3[34]")
NOT_BEFORE_BIRTH = re.compile(r"childbirth|puerperium|lactation|delivery|termination")
NAMED = frozenset(
    (
        *("O20.0", "O20.8", "O20.9", "O21.0", "O21.1", "O21.2", "O21.8", "O21.9", "O24.410", "O24.414", "O24.415"),
        *("O24.419", "O26.86", "O47.1", "O48.0", "O48.1", "O99.810", "O99.820", "O99.830", "O99.891"),
        *("Z33.1", "Z33.3"),
    )
)


Characters = tuple[tuple[str, str], ...]


def says_so(code: str, name: str) -> bool:
    """Whether a code without subdivisions says that the patient is pregnant."""
    before = "without delivery" in name or not NOT_BEFORE_BIRTH.search(name)
    return code in NAMED or ("trimester" in name and before)


def rows(tree: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Codes with their names, a code before its subdivisions."""
    for diagnosis in tree.iterfind("chapter/section/diag"):
        if CHAPTERS.match(diagnosis.findtext("name", "")):
            yield from _within(diagnosis)[0]


def _within(diagnosis: ElementTree.Element, seventh: Characters = ()) -> tuple[list[tuple[str, str]], bool]:
    """The rows of a code and its subdivisions, and whether all that lies in it says so.

    ``seventh`` are the characters, with their names, that may stand in the seventh place of codes within.
    """
    code, name = diagnosis.findtext("name", ""), diagnosis.findtext("desc", "")
    seventh = tuple((e.get("char", ""), e.text or "") for e in diagnosis.iterfind("sevenChrDef/extension")) or seventh
    parts = [_within(one, seventh) for one in diagnosis.iterfind("diag")]
    found = [row for rows_of_part, _ in parts for row in rows_of_part]
    whole = all(says for _, says in parts) if parts else says_so(code, name.lower())
    if not parts:
        found = [(f"{code:X<7}{character}", f"{name}, {more}") for character, more in seventh if whole]
    return ([(code, name), *found] if whole else found), whole


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description="make the mappings of pregnancy codes")
    parser.add_argument("tabular", type=Path, help="ICD-10-CM's tabular list, XML")
    tree = ElementTree.parse(parser.parse_args().tabular).getroot()
    how = "semapv:ManualMappingCuration\tOf the time before birth."
    lines = [f"SCTID:77386006\tPregnant\tskos:narrowMatch\tICD10CM:{code}\t{name}\t{how}" for code, name in rows(tree)]
    title = f"{tree.findtext('version', '')}"
    TARGET.write_text(HEADER.format(title=title) + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} codes")


if __name__ == "__main__":
    main()
