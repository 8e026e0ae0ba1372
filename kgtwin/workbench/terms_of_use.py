"""Under which terms what is in a release stands: of each module, each mapping set, each vocabulary that is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kgtwin.terminology.sssom_table import Table
from kgtwin.vocabulary import DCTERMS, PREFIXES, RDFS
from kgtwin.workbench.project import Module, Project

_LICENCES = (f"{DCTERMS}license", "http://creativecommons.org/ns#license", f"{DCTERMS}rights")
_FILES = {
    "LICENSE": ("LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"),
    "NOTICE": ("NOTICE", "NOTICE.txt", "NOTICE.md"),
}
VOCABULARIES = {
    "snomed": "SNOMED CT identifiers and terms are references to concepts. SNOMED CT is copyright of SNOMED "
    "International (https://www.snomed.org); its use in a system needs an affiliate or a national licence.",
    "rxnorm": "RxNorm codes and names: courtesy of the U.S. National Library of Medicine, which is not "
    "responsible for this release and does not endorse it.",
    "loinc": "LOINC codes and names: copyright Regenstrief Institute, Inc. and the LOINC Committee, available at "
    "no cost under the license at https://loinc.org/license.",
    "icd10cm": "ICD-10-CM codes of the U.S. National Center for Health Statistics, in the public domain in the United "
    "States. ICD is copyright of the World Health Organization.",
    "icd10": "ICD-10 codes: copyright of the World Health Organization.",
    "cvx": "CVX codes of the U.S. Centers for Disease Control and Prevention, in the public domain.",
    "atc": "ATC codes: copyright of the WHO Collaborating Centre for Drug Statistics Methodology.",
    "mondo": "Mondo Disease Ontology identifiers and labels: CC BY 4.0; its mappings: CC0 1.0.",
    "chebi": "ChEBI identifiers and names: CC BY 4.0, European Bioinformatics Institute.",
}
"""The terms of vocabularies whose codes are named, by prefix."""


def licence_of(module: Module) -> str | None:
    """What a module says of its licence."""
    return next((found for prop in _LICENCES if (found := module.header(prop))), None)


def notice(project: Project, mappings: Iterable[Table], version: str) -> Iterator[str]:
    """The lines of a release's NOTICE."""
    sets = list(mappings)
    yield f"{project.ontology.iri} {version}"
    yield ""
    yield "Modules"
    for module in project.modules:
        title = module.header(f"{DCTERMS}title") or module.iri or module.file.name
        yield f"  {module.file.name}: {title}. Licence: {_bare(licence_of(module)) or 'none stated'}."
        comment = module.header(f"{RDFS}comment")
        yield from (f"    {line}" for line in (comment or "").splitlines() if line.strip())
    if sets:
        yield from ("", "Mapping sets")
    for table in sets:
        said = table.metadata
        yield f"  {said.get('mapping_set_id', '')}: licence {said.get('license', 'none stated')}."
        yield from (f"    {said[key]}" for key in ("mapping_set_description",) if key in said)
    yield from ("", "Vocabularies whose codes are named")
    for prefix in _used(project, sets):
        yield f"  {prefix}: {VOCABULARIES[prefix]}"


def _used(project: Project, mappings: Iterable[Table]) -> list[str]:
    stems = {prefix: PREFIXES[prefix] for prefix in VOCABULARIES}
    found = {prefix for prefix, stem in stems.items() if any(iri.startswith(stem) for iri in project.ontology.entities)}
    for table in mappings:
        named = {row.get(side, "").partition(":")[0] for row in table.rows for side in ("subject_id", "object_id")}
        found |= {prefix for name in named if (prefix := _known(name, table.prefixes.get(name, "")))}
    return sorted(found)


def _known(name: str, stem: str) -> str | None:
    lower = {"sctid": "snomed", "snomedct": "snomed"}.get(name.lower(), name.lower())
    return next((one for one in VOCABULARIES if one == lower or PREFIXES[one] == stem), None)


def _bare(text: str | None) -> str | None:
    return text.strip("<>") if text else None


def own_file(folder: Path, kind: str) -> bytes | None:
    """The ``LICENSE`` or ``NOTICE`` of an ontology: beside it, else further up in its repository."""
    above = [folder, *folder.parents]
    top = next((number for number, one in enumerate(above) if (one / ".git").exists()), 0)
    for one in above[: top + 1]:
        for name in _FILES[kind]:
            if (one / name).is_file():
                return (one / name).read_bytes()
    return None
