"""SNOMED CT releases, made up: what is read of them, what is said of what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kgtwin.errors import OntologyError, OntologySyntaxError, UsageError
from kgtwin.ontology.releases import snomed_expressions
from kgtwin.ontology.releases.log import Log
from kgtwin.ontology.releases.snomed_relationships import DATA_ATTRIBUTES, OBJECT_ATTRIBUTES
from tests.ontology.releases.made_up import Snomed, imported
from tests.ontology.snomed import SYNONYM, named, sctid

GROUP = "609096000"


@pytest.fixture
def release(tmp_path: Path) -> Snomed:
    return Snomed(tmp_path / "release")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.ofn"


def logical(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("Sub", "Equiv", "Trans"))]


def codes(log: Log) -> list[str]:
    return [problem.code for problem in log.problems]


def test_axioms_of_the_owl_reference_set_with_labels_in_numerical_order(release: Snomed, out: Path) -> None:
    release.concept(10)
    release.concept(2, name='Red "thing" \\ (finding)')
    release.concept(5)
    release.axiom(10, "SubClassOf(:{10} :{2})")
    release.axiom(2, f"EquivalentClasses(:{{2}} ObjectSomeValuesFrom(:{GROUP} ObjectSomeValuesFrom(:{{5}} :{{10}})))")
    release.axiom(5, "TransitiveObjectProperty(:{5})")
    log = Log()
    lines = imported(release.write(), out, log)
    assert lines == [
        f"Declaration(ObjectProperty(:{GROUP}))",
        f'AnnotationAssertion(rdfs:label :{GROUP} "Role group (attribute)"@en)',
        named("Declaration(Class(:{2}))"),
        named('AnnotationAssertion(rdfs:label :{2} "Red \\"thing\\" \\\\ (finding)"@en)'),
        named(f"EquivalentClasses(:{{2}} ObjectSomeValuesFrom(:{GROUP} ObjectSomeValuesFrom(:{{5}} :{{10}})))"),
        named("Declaration(ObjectProperty(:{5}))"),
        named('AnnotationAssertion(rdfs:label :{5} "Concept 5 (thing)"@en)'),
        named("TransitiveObjectProperty(:{5})"),
        named("Declaration(Class(:{10}))"),
        named('AnnotationAssertion(rdfs:label :{10} "Concept 10 (thing)"@en)'),
        named("SubClassOf(:{10} :{2})"),
    ]
    assert log.problems == []


def with_roles(release: Snomed) -> None:
    release.row("concepts", "900000000000074008", id=OBJECT_ATTRIBUTES)
    release.row("concepts", "900000000000074008", id=DATA_ATTRIBUTES)
    for number in (20, 21):
        release.concept(number)
        release.relation(number, "116680003", OBJECT_ATTRIBUTES)
    release.concept(22)
    release.relation(22, "116680003", DATA_ATTRIBUTES)


def test_relationships_become_role_groups(release: Snomed, out: Path) -> None:
    with_roles(release)
    release.relation(21, "116680003", sctid(20))
    release.concept(1)
    release.concept(2, 1)
    release.concept(3, 2, 1, defined=True)
    release.relation(3, sctid(20), sctid(2), group=1)
    release.relation(3, sctid(21), sctid(1), group=1)
    release.relation(3, sctid(20), sctid(1))
    release.value(3, sctid(22), "#2.5", group=2)
    release.concept(4, 2)
    release.relation(4, sctid(20), sctid(2), active="0")
    log = Log()
    found = logical(imported(release.write(), out, log))
    group = f"ObjectSomeValuesFrom(:{GROUP} "
    some = "ObjectSomeValuesFrom(:{%d} :{%d})"
    parts = sorted(
        [
            f"{group}ObjectIntersectionOf({some % (20, 2)} {some % (21, 1)}))",
            f"{group}{some % (20, 1)})",
            f'{group}DataHasValue(:{{22}} "2.5"^^xsd:decimal))',
        ],
        key=named,
    )
    assert sorted(found) == sorted(
        [
            named("SubClassOf(:{2} :{1})"),
            named(f"EquivalentClasses(:{{3}} ObjectIntersectionOf(:{{1}} :{{2}} {' '.join(map(named, parts))}))"),
            named("SubClassOf(:{4} :{2})"),
            named(f"SubObjectPropertyOf(:{{20}} :{OBJECT_ATTRIBUTES})"),
            named(f"SubObjectPropertyOf(:{{21}} :{OBJECT_ATTRIBUTES})"),
            named("SubObjectPropertyOf(:{21} :{20})"),
            named(f"SubDataPropertyOf(:{{22}} :{DATA_ATTRIBUTES})"),
        ]
    )
    assert set(codes(log)) == {"unnamed"}


def test_an_attribute_that_is_never_grouped_stands_alone(release: Snomed, out: Path) -> None:
    with_roles(release)
    release.concept(1)
    release.concept(2, 1)
    release.relation(2, sctid(20), sctid(1))
    release.relation(2, sctid(21), sctid(1))
    for number, grouped in ((20, "0"), (21, "1")):
        release.row("attributes", "723561005", sctid(number), sctid(1), grouped, "0..*", "0..1", sctid(1), sctid(1))
    found = logical(imported(release.write(), out, Log()))
    alone, grouped = (
        "ObjectSomeValuesFrom(:{20} :{1})",
        f"ObjectSomeValuesFrom(:{GROUP} ObjectSomeValuesFrom(:{{21}} :{{1}}))",
    )
    assert named(f"SubClassOf(:{{2}} ObjectIntersectionOf(:{{1}} {alone} {grouped}))") in [
        line.replace(f"{named(grouped)} {named(alone)}", f"{named(alone)} {named(grouped)}") for line in found
    ]


def test_the_date_the_module_and_the_language_are_chosen(release: Snomed, out: Path) -> None:
    release.concept(1, name="Red (finding)")
    release.name(1, "Rot (Befund)", "de")
    release.concept(2, time="20260301")
    release.concept(3, module=sctid(9))
    release.axiom(3, "SubClassOf(:{3} :{1})")
    folder = release.write()
    labels = [line for line in imported(folder, out, Log(), until="20260201", language="de") if "label" in line]
    assert named('AnnotationAssertion(rdfs:label :{1} "Rot (Befund)"@de)') in labels
    assert not any(sctid(2) in line for line in labels)
    only = imported(folder, out, Log(), modules=frozenset({sctid(9)}))
    assert logical(only) == [named("SubClassOf(:{3} :{1})")]
    assert named('AnnotationAssertion(rdfs:label :{1} "Red (finding)"@en)') in only
    assert not any(sctid(2) in line for line in only)
    with pytest.raises(UsageError, match="no active concept belongs"):
        imported(folder, out, Log(), modules=frozenset({"1"}))


def test_preferred_names_of_a_dialect(release: Snomed, out: Path) -> None:
    release.concept(1)
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    us, gb = (release.name(1, term, type_=SYNONYM) for term in ("Color", "Colour"))
    release.prefer(us, "900000000000509007")
    release.prefer(gb, "900000000000508004")
    folder = release.write()
    for dialect, term in (("900000000000509007", "Color"), ("900000000000508004", "Colour")):
        lines = imported(folder, out, Log(), names="preferred", dialect=dialect)
        assert named(f'AnnotationAssertion(rdfs:label :{{1}} "{term}"@en)') in lines


def test_retired_concepts_are_kept_when_asked_for_with_what_replaces_them(release: Snomed, out: Path) -> None:
    release.concept(1)
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    release.concept(2, active="0")
    release.row("associations", "900000000000526001", sctid(2), sctid(1))
    folder = release.write()
    assert not any(sctid(2) in line for line in imported(folder, out, Log()))
    imported(folder, out, Log(), retired=True)
    text = out.read_text()
    assert named('AnnotationAssertion(owl:deprecated :{2} "true"^^xsd:boolean)') in text
    assert named("AnnotationAssertion(dcterms:isReplacedBy :{2} :{1})") in text


def test_the_same_release_gives_the_same_file(release: Snomed, out: Path, tmp_path: Path) -> None:
    for number in (3, 1, 2):
        release.concept(number)
        release.axiom(number, f"SubClassOf(:{{{number}}} owl:Thing)")
    folder = release.write()
    imported(folder, out, Log())
    file = release.file("concepts")
    head, *rows = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([head, *reversed(rows)]))
    other = tmp_path / "other.ofn"
    imported(folder, other, Log())
    assert out.read_bytes() == other.read_bytes()


BAD: dict[str, tuple[str, str | None, Callable[[Snomed], object]]] = {
    "check-digit": ("concepts", "id", lambda r: r.row("concepts", "900000000000074008", id=sctid(7)[:-1] + "0")),
    "bad-value": ("concepts", "active", lambda r: r.row("concepts", "900000000000074008", id=sctid(7), active="x")),
    "duplicate-id": ("concepts", "id", lambda r: r.row("concepts", "900000000000074008", id=sctid(1))),
    "inactive-module": ("concepts", "moduleId", lambda r: r.concept(8, module=sctid(9))),
    "retired": ("expressions", "owlExpression", lambda r: r.axiom(1, "SubClassOf(:{1} :{9})")),
    "unknown-concept": ("expressions", "owlExpression", lambda r: r.axiom(1, "SubClassOf(:{1} :{77})")),
    "owl-syntax": ("expressions", "owlExpression", lambda r: r.axiom(1, "SubClassOf(:{1}")),
    "columns": ("expressions", None, lambda r: r.rows["expressions"].append("a\tb")),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_told_with_its_place_and_the_good_ones_are_loaded(kind: str, release: Snomed, out: Path) -> None:
    file, field, spoil = BAD[kind]
    release.concept(1)
    release.concept(9, active="0")
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    spoil(release)
    log = Log()
    assert named("SubClassOf(:{1} owl:Thing)") in imported(release.write(), out, log)
    (problem,) = [one for one in log.problems if one.rejected]
    assert (problem.code, problem.location.file) == (kind, str(release.file(file)))
    assert (problem.location.entry, problem.location.field) == (f"line {1 + len(release.rows[file])}", field)
    assert problem.expected
    assert problem.remedy


def test_many_rows_are_checked_together_and_a_bad_one_is_found_all_the_same(
    release: Snomed, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snomed_expressions, "_LARGE", 1)
    for number in (1, 2, 3):
        release.concept(number)
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    good = logical(imported(release.write(), out, Log()))
    assert good == [named("SubClassOf(:{1} owl:Thing)")]
    release.axiom(2, "SubClassOf(:{2} :{1}) SubClassOf(:{2}")
    release.axiom(3, ":{1})")
    log = Log()
    out.unlink()
    assert logical(imported(release.write(), out, log)) == good
    assert codes(log) == ["owl-syntax", "owl-syntax"]


def test_a_relationship_to_a_retired_concept(release: Snomed, out: Path) -> None:
    release.concept(1)
    release.concept(9, active="0")
    release.concept(2, 1, 9)
    log = Log()
    assert logical(imported(release.write(), out, log)) == [named("SubClassOf(:{2} :{1})")]
    (problem,) = log.problems
    assert (problem.code, problem.location.field) == ("retired", "destinationId")


def test_a_missing_column_and_a_missing_file(release: Snomed, out: Path, tmp_path: Path) -> None:
    release.concept(1)
    folder = release.write()
    file = release.file("descriptions")
    file.write_bytes(file.read_bytes().replace(b"languageCode\t", b""))
    with pytest.raises(OntologyError, match="no file of relationships"):
        imported(folder, out, Log())
    release.axiom(1, "SubClassOf(:{1} owl:Thing)")
    release.write()
    file.write_bytes(file.read_bytes().replace(b"languageCode\t", b""))
    with pytest.raises(OntologySyntaxError, match="the column languageCode is missing"):
        imported(folder, out, Log())
    with pytest.raises(OntologyError, match="there is no such folder"):
        imported(tmp_path / "none", out, Log())
    assert not out.exists()
