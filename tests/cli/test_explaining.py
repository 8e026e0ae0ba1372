"""``ontology explain``: a proof or justifications of one question; without one, all that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgtwin.model.axioms import (
    Axiom,
    Class,
    ClassAssertion,
    DisjointClasses,
    EquivalentClasses,
    ObjectPropertyAssertion,
    ObjectPropertyDomain,
    ObjectPropertyRange,
    ObjectSomeValuesFrom,
    ReflexiveObjectProperty,
    SameIndividual,
    SubObjectPropertyOf,
    TransitiveObjectProperty,
)
from kgtwin.model.manchester import manchester_axiom
from tests.cli.conftest import Run

EX = "http://example.org/t#"
TEXT = f"""Prefix(:=<{EX}>)
Ontology(<http://example.org/t>
SubClassOf(:Apple :Fruit)
SubClassOf(:Fruit :Food)
SubClassOf(:Apple :Food)
DisjointClasses(:Fruit :Stone)
SubClassOf(:Bad :Fruit)
SubClassOf(:Bad :Stone)
SubClassOf(:Worse :Bad)
SubClassOf(:Worst ObjectSomeValuesFrom(:has :Worse))
ClassAssertion(:Apple :i)
)
"""


def axiom(kind: str, *names: str) -> str:
    return f"{kind}({' '.join(f'<{EX}{name}>' for name in names)})"


APPLE_FRUIT, FRUIT_FOOD = axiom("SubClassOf", "Apple", "Fruit"), axiom("SubClassOf", "Fruit", "Food")
APPLE_FOOD, TOLD = axiom("SubClassOf", "Apple", "Food"), axiom("ClassAssertion", "Apple", "i")
BAD = [axiom("DisjointClasses", "Fruit", "Stone"), axiom("SubClassOf", "Bad", "Fruit")]
BAD += [axiom("SubClassOf", "Bad", "Stone")]


@pytest.fixture
def ontology(tmp_path: Path) -> Path:
    path = tmp_path / "t.ofn"
    path.write_text(TEXT)
    return path


@pytest.fixture
def inconsistent(tmp_path: Path) -> Path:
    path = tmp_path / "no-model.ofn"
    path.write_text(TEXT.replace("(:Apple :i)", "(:Bad :i)"))
    return path


def test_a_subsumption_is_proven_or_justified(run: Run, ontology: Path) -> None:
    proof = run("ontology", "explain", ontology, f"{EX}Apple", f"{EX}Food")
    assert (proof.code, proof.out.splitlines()[0]) == (0, f"1. Apple ⊑ Food  [R⊑]  by {APPLE_FOOD}")
    sets = run("ontology", "explain", ontology, f"{EX}Apple", f"{EX}Food", "--justifications", "9")
    assert sets.code == 0
    assert sets.out.splitlines() == [
        "justification 1",
        f"  {APPLE_FOOD}",
        "justification 2",
        f"  {APPLE_FRUIT}",
        f"  {FRUIT_FOOD}",
    ]


def test_a_limit_is_kept_and_said(run: Run, ontology: Path) -> None:
    asked = ["ontology", "explain", ontology, f"{EX}Apple", f"{EX}Food", "--justifications"]
    assert run(*asked, "1").out.splitlines() == ["justification 1", f"  {APPLE_FOOD}", "there may be more"]
    assert json.loads(run(*asked, "1", "--json").out)["justifications"] == {"complete": False, "sets": [[APPLE_FOOD]]}
    assert json.loads(run(*asked, "2", "--json").out)["justifications"]["complete"] is True
    for none in ("0", "-1", "many"):
        assert run(*asked, none).code == 2


def test_an_individual_is_explained(run: Run, ontology: Path) -> None:
    asked = ["ontology", "explain", ontology, f"{EX}i", f"{EX}Food"]
    assert run(*asked).out.startswith("1. i ⊑ Food  [R⊑]")
    found = json.loads(run(*asked, "--justifications", "5", "--json").out)
    assert (found["sub"], found["sup"], found["entailed"]) == (f"{EX}i", f"{EX}Food", True)
    assert found["justifications"] == {
        "complete": True,
        "sets": [[TOLD, APPLE_FOOD], [TOLD, APPLE_FRUIT, FRUIT_FOOD]],
    }
    assert found["proof"][0]["conclusion"] == "i ⊑ Food"


def test_what_does_not_follow_is_said_to_be_so(run: Run, ontology: Path) -> None:
    for sub in ("Food", "i"):
        done = run("ontology", "explain", ontology, EX + sub, f"{EX}Stone", "--justifications", "3")
        assert (done.code, done.out) == (1, "")
        assert f"it does not follow that <{EX}{sub}> is below <{EX}Stone>" in done.err
    found = json.loads(run("ontology", "explain", ontology, f"{EX}Food", f"{EX}Apple", "--json").out)
    assert (found["entailed"], found["proof"], "justifications" in found) == (False, None, False)


def test_an_unsatisfiable_class_is_below_nothing(run: Run, ontology: Path) -> None:
    done = run("ontology", "explain", ontology, f"{EX}Worse", "owl:Nothing", "--justifications", "3", "--json")
    sets = [sorted([*BAD, axiom("SubClassOf", "Worse", "Bad")])]
    assert json.loads(done.out)["justifications"] == {"complete": True, "sets": sets}


@pytest.mark.parametrize(
    ("sub", "sup", "near"),
    [
        ("Aple", "Food", "Apple"),
        ("APPLE", "Food", "Apple"),
        ("Apple", "Fod", "Food"),
        ("Apple", "i", None),
        ("xyz", "Food", None),
    ],
)
def test_an_unknown_name_is_an_error_that_says_what_is_near(
    run: Run, ontology: Path, sub: str, sup: str, near: str | None
) -> None:
    done = run("ontology", "explain", ontology, EX + sub, EX + sup)
    assert (done.code, done.out) == (3, "")
    assert "no such class" in done.err
    assert ("did you mean" in done.err) is (near is not None)
    assert near is None or f"<{EX}{near}>" in done.err


def test_one_name_alone_is_a_usage_error(run: Run, ontology: Path) -> None:
    done = run("ontology", "explain", ontology, f"{EX}Apple")
    assert (done.code, done.out) == (2, "")
    assert "SUP" in done.err


def test_without_a_question_roots_come_first(run: Run, ontology: Path) -> None:
    done = run("ontology", "explain", ontology)
    assert done.code == 1
    assert done.out.splitlines() == [
        f"<{EX}Bad> ⊑ owl:Nothing",
        "  justification 1",
        *(f"    {one}" for one in BAD),
        f"<{EX}Worse> ⊑ owl:Nothing because of <{EX}Bad>",
        f"<{EX}Worst> ⊑ owl:Nothing because of <{EX}Bad>",
    ]
    found = json.loads(run("ontology", "explain", ontology, "--json").out)
    assert found["consistent"] is found["complete"] is True
    assert found["roots"] == {f"{EX}Bad": [BAD]}
    assert found["derived"] == {f"{EX}Worse": [f"{EX}Bad"], f"{EX}Worst": [f"{EX}Bad"]}


def test_each_root_has_as_many_justifications_as_wanted(run: Run, ontology: Path) -> None:
    ontology.write_text(TEXT.replace("ClassAssertion", "DisjointClasses(:Bad :Stone)\nClassAssertion"))
    counts = {
        limit: len(json.loads(run("ontology", "explain", ontology, *limit, "--json").out)["roots"][f"{EX}Bad"])
        for limit in ((), ("--justifications", "5"))
    }
    assert counts == {(): 1, ("--justifications", "5"): 2}


def test_where_nothing_is_wrong_it_says_so(run: Run, ontology: Path) -> None:
    ontology.write_text(TEXT.replace("SubClassOf(:Bad :Stone)\n", ""))
    done = run("ontology", "explain", ontology)
    assert (done.code, done.out) == (0, "no class is unsatisfiable\n")
    found = json.loads(run("ontology", "explain", ontology, "--json").out)
    assert (found["consistent"], found["roots"], found["derived"]) == (True, {}, {})


def test_an_inconsistency_is_justified(run: Run, inconsistent: Path) -> None:
    told = sorted([*BAD, axiom("ClassAssertion", "Bad", "i")])
    done = run("ontology", "explain", inconsistent)
    assert done.code == 1
    assert done.out.splitlines() == ["the ontology is inconsistent", "justification 1", *(f"  {one}" for one in told)]
    found = json.loads(run("ontology", "explain", inconsistent, "--json").out)
    assert found["consistent"] is False
    assert found["justifications"] == {"complete": True, "sets": [told]}


def test_of_an_inconsistent_ontology_no_question_is_answered(run: Run, inconsistent: Path) -> None:
    done = run("ontology", "explain", inconsistent, f"{EX}Apple", f"{EX}Food")
    assert (done.code, done.out) == (3, "")
    assert "inconsistent" in done.err


def test_justifications_for_people(run: Run, ontology: Path) -> None:
    """Manchester syntax with the line of every axiom, as text and in Markdown."""
    told = run("ontology", "explain", ontology, f"{EX}Apple", f"{EX}Food", "--manchester")
    assert told.out.splitlines() == [
        "Apple SubClassOf: Food",
        "justification 1",
        "  Apple SubClassOf: Food    # t.ofn:5",
        "justification 2",
        "  Apple SubClassOf: Fruit    # t.ofn:3",
        "  Fruit SubClassOf: Food    # t.ofn:4",
    ]
    told = run("ontology", "explain", ontology, f"{EX}Worst", "http://www.w3.org/2002/07/owl#Nothing", "--markdown")
    assert told.out.startswith("### Worst ⊑ Nothing")
    assert "- `Worst SubClassOf: has some Worse` (`t.ofn:10`)" in told.out
    assert "- `Fruit DisjointWith: Stone` (`t.ofn:6`)" in told.out


@pytest.mark.parametrize(
    ("axiom", "said"),
    [
        (EquivalentClasses((Class("A"), ObjectSomeValuesFrom("r", Class("B")))), "A EquivalentTo: r some B"),
        (EquivalentClasses((Class("A"), Class("B"), Class("C"))), "EquivalentClasses: A, B, C"),
        (DisjointClasses((Class("A"), Class("B"), Class("C"))), "DisjointClasses: A, B, C"),
        (ClassAssertion("i", Class("A")), "i Types: A"),
        (ObjectPropertyAssertion("r", "i", "j"), "i Facts: r j"),
        (SubObjectPropertyOf(("r", "s"), "t"), "r o s SubPropertyOf: t"),
        (ObjectPropertyDomain("r", Class("A")), "r Domain: A"),
        (ObjectPropertyRange("r", Class("A")), "r Range: A"),
        (TransitiveObjectProperty("r"), "r Characteristics: Transitive"),
        (ReflexiveObjectProperty("r"), "r Characteristics: Reflexive"),
        (SameIndividual(("i", "j")), "SameIndividual(<i> <j>)"),
    ],
)
def test_axioms_in_manchester_syntax(axiom: Axiom, said: str) -> None:
    assert manchester_axiom(axiom, str) == said
