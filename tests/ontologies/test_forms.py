"""A salt, an ester or a prodrug is a form of its ingredient: what is said of the one reaches the other."""

from __future__ import annotations

import csv
import re
from itertools import combinations
from pathlib import Path

import pytest

from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.statements import statements
from kgtwin.reasoning.classification import Classification
from kgtwin.vocabulary import RXNORM, kgtwin

LISTED = Path(__file__).resolve().parents[3] / "shared" / "data" / "drugs" / "rxnorm-ingredients.tsv"
FORMS = """
acetate acid alafenamide axetil bitartrate bromide butyrate calcium carbonate chloride cilexetil citrate
cypionate decanoate diacetate dihydrate dihydrochloride dipropionate disodium disoproxil enanthate erbumine
estolate ethylsuccinate ferrous fluoride fumarate furoate gluconate hcl hemihydrate hydrobromide hydrochloride
lactate lithium magnesium malate maleate medoxomil meglumine mesylate mofetil monohydrate nitrate pamoate
phosphate pivoxil polacrilex potassium proxetil sodium stearate succinate sulfate tannate tartrate trihydrate
tromethamine valerate
"""
FORM_WORDS = frozenset(FORMS.split())
"""Words of names that say in which form an ingredient is; what is left is what its forms have in common."""
ENDING = re.compile(r"(ic|ate)$")
ITS_OWN = frozenset({"magnesium salicylate", "sodium salicylate", "salicylic acid"})
"""Salicylates are placed one by one."""
APART = {frozenset({"tenofovir alafenamide", "tenofovir disoproxil"})}
"""Prodrugs of one medicine that harm differently: the one spares the kidneys."""


def stem(name: str) -> tuple[str, ...]:
    """What the names of an ingredient's forms have in common.

    >>> stem("Sodium Meclofenamate") == stem("Meclofenamic Acid")
    True
    """
    words = [word for word in re.findall(r"[a-z0-9]+", name.casefold()) if word not in FORM_WORDS]
    return tuple(ENDING.sub("", word) for word in words)


def related(one: str, other: str, classification: Classification) -> bool:
    """Whether one is a form of the other, or both lie below all that either lies below, but for each other."""
    above = [classification.ancestors(iri) - {one, other} for iri in (one, other)]
    below = one in classification.ancestors(other) or other in classification.ancestors(one)
    return below or above[0] == above[1]


@pytest.fixture(scope="module")
def named(knowledge: Knowledge) -> dict[str, str]:
    """The ingredients of the ontology by IRI, with their names in lower case."""
    substances = knowledge.classification.descendants(kgtwin("Substance"))
    found = (iri for iri in substances if iri.startswith(RXNORM) or "#Ingredient_" in iri)
    return {iri: knowledge.label(iri).casefold() for iri in found}


def test_ingredients_with_one_stem_are_related(knowledge: Knowledge, named: dict[str, str]) -> None:
    by_stem: dict[tuple[str, ...], list[str]] = {}
    for iri, name in named.items():
        if name not in ITS_OWN:
            by_stem.setdefault(stem(name), []).append(iri)
    pairs = [pair for stemmed, iris in by_stem.items() if stemmed for pair in combinations(sorted(iris), 2)]
    assert len(pairs) > 200
    unrelated = {frozenset({named[a], named[b]}) for a, b in pairs if not related(a, b, knowledge.classification)}
    assert unrelated == APART


@pytest.mark.skipif(not LISTED.exists(), reason="RxNorm's list of ingredients is not beside the repository")
def test_every_listed_form_of_an_ingredient_is_known(knowledge: Knowledge, named: dict[str, str]) -> None:
    with LISTED.open(encoding="utf-8", newline="") as lines:
        listed = {row["ingredient"].casefold(): RXNORM + row["rxcui"] for row in csv.DictReader(lines, delimiter="\t")}
    stems = {stem(name) for name in named.values()}
    stems.discard(())
    unknown = {n for n, iri in listed.items() if iri not in knowledge.classes and stem(n) in stems and n not in ITS_OWN}
    assert unknown - {"tenofovir"} == set()


@pytest.mark.parametrize(
    ("form", "of"),
    [
        ("135481", "214354"),  # candesartan cilexetil
        ("118463", "321064"),  # olmesartan medoxomil
        ("588003", "6678"),  # meclofenamate, meclofenamic acid
        ("6677", "6678"),
        ("72236", "8183"),  # fosphenytoin, phenytoin
        ("68149", "7145"),  # mycophenolate mofetil
        ("203168", "704"),  # amitriptyline hydrochloride
        ("9919", "Valproate"),
        ("266856", "Valproate"),  # divalproex
        ("11118", "Valproate"),
        ("3829", "ACEInhibitor"),  # enalaprilat
    ],
)
def test_it_is_a_form(knowledge: Knowledge, form: str, of: str) -> None:
    base = RXNORM + of if of.isdigit() else kgtwin(of)
    assert base in knowledge.classification.ancestors(RXNORM + form)


def test_no_statement_names_one_form_of_valproate_alone(knowledge: Knowledge) -> None:
    forms = {RXNORM + code for code in ("9919", "266856", "11118")}
    for statement in statements(knowledge.ontology).values():
        told = str(statement.definition)
        assert not any(f"'{iri}'" in told for iri in forms), statement.iri
