"""The interactions cover what they claim: the ONC list, its groups, QT pairs within a group, wash-outs."""

import csv
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from kgtwin.inference.knowledge import existentials
from kgtwin.inference.knowledge.statements import Conjunct, Statement, statements
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.model.ontology import Ontology
from kgtwin.ontology.loader import load
from kgtwin.vocabulary import HAS_ACTIVE_INGREDIENT, KGTWIN, RXNORM, SUBSTANCE, TAKES_NOW, kgtwin

ROOT = Path(__file__).resolve().parents[2]
ONC = ROOT.parent / "shared" / "data" / "drugs" / "onc-high-priority.tsv"
LABELS = ROOT.parent / "shared" / "data" / "drugs" / "label-contraindications.tsv"
DISPOSITIONS = ROOT / "ontologies" / "dispositions" / "onc-high-priority.tsv"
SYNONYMS = {"rifampicin": "rifampin", "pethidine": "meperidine", "methylergometrine": "methylergonovine"}
Sides = tuple[str, str]

needs_onc = pytest.mark.skipif(not ONC.exists(), reason="the ONC list is not here: it is no part of this repository")
needs_labels = pytest.mark.skipif(not LABELS.exists(), reason="the table of label texts is not here")


class Pairs:
    """Which pairs of ingredients the interactions are about, a third condition and the route left aside."""

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology
        self.parents: dict[str, set[str]] = {}
        for axiom in ontology.axioms:
            if isinstance(axiom, SubClassOf) and isinstance(axiom.sub, Class) and isinstance(axiom.sup, Class):
                self.parents.setdefault(axiom.sub.iri, set()).add(axiom.sup.iri)
        self.substances = {iri for iri in self.parents if SUBSTANCE in self.above(iri)}
        self.by_name = {ontology.label(iri).lower(): iri for iri in sorted(self.substances) if is_ingredient(iri)}
        self.statements = {s.iri: s for s in statements(ontology).values() if s.iri.startswith(kgtwin("DDI_"))}

    def above(self, iri: str) -> set[str]:
        """A class and all above it."""
        seen, todo = {iri}, [iri]
        while todo:
            for parent in self.parents.get(todo.pop(), set()) - seen:
                seen.add(parent)
                todo.append(parent)
        return seen

    def members(self, group: str) -> set[str]:
        """The ingredients of a class, or the ingredient itself."""
        return {iri for iri in self.substances if is_ingredient(iri) and group in self.above(iri)}

    def named(self, name: str) -> str | None:
        """The ingredient of a name."""
        return self.by_name.get(SYNONYMS.get(name.lower(), name.lower()))

    def covering(self, one: str, other: str, *, washed: bool = False) -> set[str]:
        """The statements about a pair, the numbers alone; with ``washed`` those about a wash-out instead."""
        mine, yours = self.above(one), self.above(other)
        return {
            statement.iri.removeprefix(KGTWIN)
            for statement in self.statements.values()
            if statement.wash_out == washed and about(statement, mine, yours)
        }


def is_ingredient(iri: str) -> bool:
    return iri.startswith((RXNORM, kgtwin("Ingredient_")))


def ingredient_class(conjunct: Conjunct) -> str:
    (found,) = existentials(conjunct.filler, HAS_ACTIVE_INGREDIENT)
    assert isinstance(found, Class)
    return found.iri


def sides(statement: Statement) -> Sides:
    """The two classes of ingredients that an interaction is about; of two of a kind, that kind twice."""
    assert statement.definition is not None
    took = [
        c for c in statement.definition.conjuncts if c.property == TAKES_NOW or c.property.startswith(kgtwin("took"))
    ]
    classes = [ingredient_class(c) for c in took]
    first, second = classes * 2 if statement.needs_two else classes
    return first, second


def about(statement: Statement, mine: set[str], yours: set[str]) -> bool:
    first, second = sides(statement)
    return (first in mine and second in yours) or (first in yours and second in mine)


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return Pairs(load(ROOT / "ontologies" / "kgtwin.owl"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def onc_pairs() -> Iterator[tuple[str, str]]:
    return ((row["drug_a"].strip(), row["drug_b"].strip()) for row in rows(ONC))


def set_aside() -> dict[str, str]:
    return {row["ingredient"].lower(): row["reason"] for row in rows(DISPOSITIONS)}


@needs_onc
def test_every_pair_of_the_onc_list_is_stated_or_set_aside_with_a_reason(pairs: Pairs) -> None:
    aside = set_aside()
    unknown = {name.lower() for pair in onc_pairs() for name in pair if pairs.named(name) is None}
    assert unknown <= aside.keys(), "a name of the list is neither an ingredient of ours nor set aside"
    missed = [
        (one, other)
        for one, other in onc_pairs()
        if not {one.lower(), other.lower()} & aside.keys()
        and not pairs.covering(pairs.named(one) or "", pairs.named(other) or "")
    ]
    assert missed == []


@needs_onc
def test_what_is_set_aside_is_on_the_list_and_not_stated(pairs: Pairs) -> None:
    names = {name.lower() for pair in onc_pairs() for name in pair}
    for name, reason in set_aside().items():
        assert name in names, name
        assert len(reason) > 20, name
        others = {b for a, b in onc_pairs() if a.lower() == name} | {a for a, b in onc_pairs() if b.lower() == name}
        known = [(pairs.named(name), pairs.named(other)) for other in others]
        assert not any(one and other and pairs.covering(one, other) for one, other in known), name


@needs_onc
@needs_labels
def test_what_is_quoted_stands_in_its_source(pairs: Pairs) -> None:
    texts: dict[str, str] = {}
    for row in rows(LABELS):
        plain = re.sub(r"\s+", " ", row["label_text"])
        texts[row["active_ingredient"].strip()] = texts.get(row["active_ingredient"].strip(), "") + " " + plain
    listed = {frozenset((a.lower(), b.lower())) for a, b in onc_pairs()}
    for iri in pairs.statements:
        if int(iri[-4:]) < 200 or pairs.ontology.value(iri, kgtwin("evidenceStatus")) != "verified":
            continue  # the first statements shorten their quotations by hand
        source = pairs.ontology.value(iri, kgtwin("evidenceSource")) or ""
        if "http" in source and "table mined" not in source:
            continue  # opened on a page that is not shipped
        said = pairs.ontology.value(iri, kgtwin("evidenceText")) or ""
        quoted = re.findall(r'([^;"]+): "([^"]+)"', said)
        named = re.findall(r"([\w ]+) and ([\w ]+?)(?=[;.])", said.partition(":")[2])
        assert quoted or named, iri
        for ingredient, quotation in quoted:
            assert quotation in texts[ingredient.strip()], (iri, quotation)
        for one, other in [] if quoted else named:
            assert frozenset((one.strip().lower(), other.strip().lower())) in listed, (iri, one, other)


# The fifteen groups of Phansalkar 2012, each by pairs of members, and the statement that is about them
GROUPS = {
    "amphetamines and sympathomimetics, MAO inhibitors": ("Methylphenidate", "Phenelzine", "DDI_0011"),
    "atazanavir, proton pump inhibitors": ("Atazanavir", "Omeprazole", "DDI_0028"),
    "febuxostat, azathioprine and mercaptopurine": ("febuxostat", "Azathioprine", "DDI_0064"),
    "ergot alkaloids, strong CYP3A4 inhibitors": ("Ergotamine", "Clarithromycin", "DDI_0036"),
    "irinotecan, strong CYP3A4 inhibitors": ("irinotecan", "Itraconazole", "DDI_0039"),
    "narcotic analgesics, MAO inhibitors": ("Meperidine", "Phenelzine", "DDI_0010"),
    "protease inhibitors, strong CYP3A4 inducers": ("Lopinavir", "Rifampin", "DDI_0030"),
    "QT prolonging agents, QT prolonging agents": ("Amiodarone", "Sotalol", "DDI_0200"),
    "ramelteon, strong CYP1A2 inhibitors": ("ramelteon", "Fluvoxamine", "DDI_0226"),
    "SSRIs and SNRIs, MAO inhibitors": ("Sertraline", "Tranylcypromine", "DDI_0008"),
    "statins cleared by CYP3A4, strong CYP3A4 inhibitors": ("Simvastatin", "Itraconazole", "DDI_0001"),
    "tizanidine, CYP1A2 inhibitors": ("tizanidine", "Fluvoxamine", "DDI_0038"),
    "tranylcypromine, procarbazine": ("Tranylcypromine", "Procarbazine", "DDI_0267"),
    "tricyclic antidepressants, MAO inhibitors": ("Amitriptyline", "Phenelzine", "DDI_0009"),
    "triptans, MAO inhibitors": ("Sumatriptan", "Phenelzine", "DDI_0013"),
}


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_of_the_onc_list_has_its_statement(pairs: Pairs, group: str) -> None:
    one, other, statement = GROUPS[group]
    first, second = pairs.named(one), pairs.named(other)
    assert first
    assert second
    assert statement in pairs.covering(first, second)


def test_there_are_fifteen_groups() -> None:
    assert len(GROUPS) == 15


def test_any_two_medicines_of_known_qt_risk_are_stated(pairs: Pairs) -> None:
    fluoroquinolones = pairs.members(kgtwin("QTKnownRiskFluoroquinolone"))
    groups = ("OfONCWithoutLocalForms", "LaterListed", "Fluoroquinolone")
    known = set().union(*(pairs.members(kgtwin(f"QTKnownRisk{name}")) for name in groups))
    known |= pairs.members(kgtwin("QTProlongingAntimicrobialWithLocalForms"))
    assert len(known) > 40
    for one, other in combinations(sorted(known), 2):
        if not {one, other} <= fluoroquinolones:
            assert pairs.covering(one, other), (pairs.ontology.label(one), pairs.ontology.label(other))


def test_the_risk_categories_do_not_overlap(pairs: Pairs) -> None:
    known, possible, conditional = (
        pairs.members(kgtwin(f"{name}TorsadesRisk")) for name in ("Known", "Possible", "Conditional")
    )
    known |= pairs.members(kgtwin("QTKnownRiskOfONCWithoutLocalForms"))
    assert known
    assert possible
    assert conditional
    assert not possible & conditional
    assert not known & (possible | conditional)


def test_a_wash_out_has_a_statement_about_taking_both_now(pairs: Pairs) -> None:
    washed = [s for s in pairs.statements.values() if s.wash_out]
    assert len(washed) >= 15
    for statement in washed:
        first, second = sides(statement)
        for one in pairs.members(first):
            for other in pairs.members(second) - {one}:
                assert pairs.covering(one, other), (statement.iri, one, other)


def test_a_medicine_of_the_past_is_a_wash_out(pairs: Pairs) -> None:
    for statement in pairs.statements.values():
        assert statement.definition is not None
        past = any(c.property.startswith(kgtwin("tookWithin")) for c in statement.definition.conjuncts)
        assert past == statement.wash_out, statement.iri


def test_no_side_is_empty_and_two_of_a_kind_need_two(pairs: Pairs) -> None:
    for statement in pairs.statements.values():
        for side in sides(statement):
            assert pairs.members(side), (statement.iri, side)
        assert statement.needs_two == (len(set(sides(statement))) == 1), statement.iri
        assert not statement.needs_two or len(pairs.members(sides(statement)[0])) > 1, statement.iri


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rosuvastatin", "Clarithromycin"),
        ("Pravastatin", "Itraconazole"),
        ("Simvastatin", "Azithromycin"),
        ("Warfarin", "Azithromycin"),
        ("clopidogrel", "pantoprazole"),
        ("apixaban", "Clarithromycin"),
        ("Tamoxifen", "venlafaxine"),
        ("Sertraline", "Sumatriptan"),
        ("Methotrexate", "Leucovorin"),
        ("Colchicine", "Azithromycin"),
        ("rasagiline", "Sertraline"),
        ("Ethinyl Estradiol", "topiramate"),
        ("donepezil", "quetiapine"),
        ("Naloxone", "gabapentin"),
    ],
)
def test_what_is_silent_stays_silent(pairs: Pairs, one: str, other: str) -> None:
    first, second = pairs.named(one), pairs.named(other)
    assert first
    assert second
    assert pairs.covering(first, second) == set()
