"""MED-RT and MeSH, made up and (where it is at hand) real: classes, contraindications, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import OntologySyntaxError
from kgtwin.model.concept import MatchKind
from kgtwin.ontology.releases import medrt, medrt_file, mesh
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.resolving import Resolver
from kgtwin.ontology.releases.statements import Kind, StatementModule
from kgtwin.terminology.sssom import Pair
from tests.ontology.releases.made_up import told
from tests.ontology.snomed import sctid

DATA = Path(__file__).parents[4] / "shared" / "data" / "drugs"


def concept(code: str, name: str, kind: str, status: str = "A") -> str:
    return (
        f"<concept><namespace>MED-RT</namespace><name>{name}</name><code>{code}</code><status>{status}</status>"
        f"<property><namespace>MED-RT</namespace><name>CTY</name><value>{kind}</value></property></concept>"
    )


def association(name: str, source: tuple[str, str, str], target: tuple[str, str, str]) -> str:
    ends = "".join(
        f"<{side}_{field}>{value}</{side}_{field}>"
        for side, end in (("from", source), ("to", target))
        for field, value in zip(("namespace", "name", "code"), end, strict=True)
    )
    return f"<association><namespace>MED-RT</namespace><name>{name}</name>{ends}</association>"


DRUG = ("RxNorm", "madeupin", "11")
EFFECT = ("MED-RT", "Painting [MoA]", "N0000000001")
GROUP = ("MED-RT", "Painter [EPC]", "N0000000002")
LETTER = ("MED-RT", "M [Preparations]", "N0000000003")
HEAD = (
    concept("N0000000001", "Painting [MoA]", "MoA")
    + concept("N0000000002", "Painter [EPC]", "EPC")
    + concept("N0000000003", "M [Preparations]", "HC")
    + concept("N0000000009", "Gone [MoA]", "MoA", "R")
)


def release(*associations: str, head: str = HEAD, prologue: str = "") -> str:
    lines = "\n".join(associations)
    version = "<namespace><name>MED-RT</name><version>2026.01.01</version></namespace>"
    return f"{prologue}<terminology>{version}\n{head}\n{lines}\n</terminology>"


def descriptor(own: str, *concepts: tuple[str, str, str]) -> str:
    inner = "".join(
        f'<Concept PreferredConceptYN="{preferred}"><ConceptUI>{code}</ConceptUI>'
        f"<ConceptName><String>{name}</String></ConceptName></Concept>"
        for code, name, preferred in concepts
    )
    return f"<DescriptorRecord><DescriptorUI>{own}</DescriptorUI><ConceptList>{inner}</ConceptList></DescriptorRecord>"


MESH = (
    '<?xml version="1.0"?><!DOCTYPE DescriptorRecordSet SYSTEM "https://example.org/desc.dtd"><DescriptorRecordSet>'
    + descriptor("D000001", ("M0000001", "Cyanosis", "Y"), ("M0000002", "Bluish lips", "N"))
    + "</DescriptorRecordSet>"
)
PAIRS = [Pair("MESH:D000001", MatchKind.EXACT, f"snomed:{sctid(2)}")]


def read(text: str, folder: Path, log: Log) -> StatementModule:
    file, descriptors = folder / "medrt.xml", folder / "mesh.xml"
    file.write_text(text)
    descriptors.write_text(MESH)
    concepts = mesh.read(descriptors, log)
    resolver = Resolver(told(folder), PAIRS)
    return medrt.read(medrt_file.read(file, log), concepts, resolver, "medrt", str(file), log)


def test_a_contraindication_acts_where_a_mapping_is_exact(tmp_path: Path) -> None:
    log = Log()
    found = read(
        release(
            association("CI_with", DRUG, ("MeSH", "Cyanosis", "M0000001")),
            association("CI_with", DRUG, ("MeSH", "Bluish lips", "M0000002")),
            association("CI_with", DRUG, ("MeSH", "Redness", "M0000005")),
        ),
        tmp_path,
        log,
    )
    by_label = {one.label: one for one in found.statements.values()}
    exact = by_label["madeupin and Cyanosis"]
    assert (exact.held, exact.other) == (None, f"http://snomed.info/id/{sctid(2)}")
    assert "M0000001" in exact.evidence[0]
    assert by_label["madeupin and Redness"].other.endswith("#Redness")
    narrower = by_label["madeupin and Bluish lips"]
    assert narrower.held
    assert narrower.other in found.classes
    assert log.problems == []


def test_hypersensitivity_is_to_the_medicine_itself(tmp_path: Path) -> None:
    found = read(release(association("CI_with", DRUG, ("MeSH", "Drug Hypersensitivity", "M0000007"))), tmp_path, Log())
    (one,) = found.statements.values()
    assert (one.kind, one.other, one.held) == (Kind.ALLERGY, one.medicine, None)


def test_what_a_medicine_also_treats_is_held(tmp_path: Path) -> None:
    redness = ("MeSH", "Redness", "M0000005")
    both = [association(name, DRUG, redness) for name in ("CI_with", "may_treat")]
    (one,) = read(release(*both), tmp_path, Log()).statements.values()
    assert one.held
    assert "may treat" in one.held


def test_contraindicated_classes_are_held(tmp_path: Path) -> None:
    found = read(release(association("CI_MoA", DRUG, EFFECT)), tmp_path, Log())
    (one,) = found.statements.values()
    assert one.kind is Kind.INTERACTION
    assert one.held
    assert any(line.startswith("EquivalentClasses(:IngredientWith_has_MoA_N0000000001") for line in found.axioms)


def test_other_associations_are_existentials_and_the_alphabet_is_no_class(tmp_path: Path) -> None:
    found = read(
        release(
            association("has_MoA", DRUG, EFFECT),
            association("may_treat", DRUG, ("MeSH", "Cyanosis", "M0000001")),
            association("Parent Of", GROUP, DRUG),
            association("Parent Of", LETTER, DRUG),
        ),
        tmp_path,
        Log(),
    )
    logical = [line for line in found.axioms if line.startswith("SubClassOf")]
    va, mesh_stem = "http://va.gov/terminology/medrt/", "http://id.nlm.nih.gov/mesh/"
    assert logical == [
        f"SubClassOf(rxnorm:11 <{va}N0000000002>)",
        f"SubClassOf(rxnorm:11 ObjectSomeValuesFrom(<{va}has_MoA> <{va}N0000000001>))",
        f"SubClassOf(rxnorm:11 ObjectSomeValuesFrom(<{va}may_treat> <{mesh_stem}M0000001>))",
    ]
    assert found.statements == {}


BAD = {
    "retired": association("has_MoA", DRUG, ("MED-RT", "Gone", "N0000000009")),
    "unknown-concept": association("has_MoA", DRUG, ("MED-RT", "None", "N0000000077")),
    "bad-code": association("CI_with", ("RxNorm", "x", "0x"), ("MeSH", "y", "M0000001")),
    "missing": association("CI_with", ("RxNorm", "x", ""), ("MeSH", "y", "M0000001")),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_association_is_told_with_its_line_and_the_good_ones_are_read(kind: str, tmp_path: Path) -> None:
    log = Log()
    good = association("CI_with", DRUG, ("MeSH", "Redness", "M0000005"))
    found = read(release(BAD[kind], good), tmp_path, log)
    assert len(found.statements) == 1
    (problem,) = log.problems
    assert (problem.code, problem.location.entry, bool(problem.expected)) == (kind, "line 3", True)


BOMB = (
    '<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
)
REFUSED = {
    "not well-formed XML": release()[:-5],
    "the entity 'a' is refused": release(prologue=BOMB),
    "the entity 'x' is refused": release(prologue='<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/hostname">]>'),
    "no MED-RT concepts": "<terminology/>",
    "nest deeper": "<concept>" * 100_000,
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_plain_xml_is_refused_as_a_whole(message: str, tmp_path: Path) -> None:
    with pytest.raises(OntologySyntaxError, match=message):
        read(REFUSED[message], tmp_path, Log())


def test_mesh_without_descriptors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mesh.xml"
    file.write_text("<a/>")
    with pytest.raises(OntologySyntaxError, match="no MeSH descriptors"):
        mesh.read(file, Log())


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real extracts are not at {DATA}")
def test_the_real_extracts(tmp_path: Path) -> None:
    log = Log()
    concepts = mesh.read(DATA / "mesh_ci_desc_subset.xml", log)
    found = medrt_file.read(DATA / "medrt_subset.xml", log)
    assert (found.version, len(found.associations), len(found.concepts)) == ("2026.07.06", 178, 101)
    assert concepts["M0001885"].descriptor == "D001249"
    assert concepts["M0012645"].descriptor is None
    module = medrt.read(found, concepts, Resolver(told(tmp_path)), "medrt", "medrt.xml", log)
    kinds = [one.kind for one in module.statements.values()]
    assert (kinds.count(Kind.CONTRAINDICATION), kinds.count(Kind.ALLERGY), kinds.count(Kind.INTERACTION)) == (13, 6, 5)
    assert log.rejected == 0
