"""Sign-offs: kept with the words, void after an edit or after their day, and never half written."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError, OntologyError, UsageError
from kgtwin.inference.knowledge.statements import statements
from kgtwin.workbench import reviews
from kgtwin.workbench.project import Project, read_project
from kgtwin.workbench.reviews import State
from tests.workbench.test_check import HEAD, SOUND, STATEMENT

TODAY = dt.date(2026, 11, 28)
OTHER = STATEMENT.replace("9001", "9002").replace("x:r x:B", "x:r x:A")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kgtwin.owl").write_text(f"{HEAD}{SOUND}{STATEMENT}{OTHER})\n", encoding="utf-8")
    return tmp_path


def project(folder: Path) -> Project:
    found, broken = read_project(folder)
    assert found is not None, broken
    return found


def states(folder: Path, at: dt.date = TODAY) -> dict[str, State]:
    return {one.statement: one.state for one in reviews.standings(project(folder), at)}


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "kgtwin.owl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_statement_is_due_until_it_is_signed(folder: Path) -> None:
    assert set(states(folder).values()) == {State.NEVER}
    reviews.sign(
        project(folder), ["CI_9001"], by='Dr "A"', on=TODAY, until=TODAY + dt.timedelta(days=365), note="a\tb\nc"
    )
    assert states(folder) == {"kgtwin:CI_9001": State.REVIEWED, "kgtwin:CI_9002": State.NEVER}
    iri = reviews.known(project(folder), "kgtwin:CI_9001")
    assert (
        project(folder).ontology.value(iri, reviews.STATUS)
        == 'reviewed by Dr "A" on 2026-11-28, valid until 2027-11-28'
    )
    (row,) = reviews.read_register(folder / reviews.REGISTER)
    assert (row.by, row.note, row.on) == ('Dr "A"', "a\tb\nc", TODAY)


def test_it_is_due_again_when_its_day_has_passed(folder: Path) -> None:
    reviews.sign(project(folder), ["CI_9001"], by="A", on=TODAY, until=TODAY)
    assert states(folder)["kgtwin:CI_9001"] is State.REVIEWED
    assert states(folder, TODAY + dt.timedelta(days=1))["kgtwin:CI_9001"] is State.EXPIRED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('AnnotationAssertion(:significance :CI_9001 "major")', 'AnnotationAssertion(:significance :CI_9001 "minor")'),
        (
            "ObjectIntersectionOf(x:A ObjectSomeValuesFrom(x:r x:B))",
            "ObjectIntersectionOf(x:B ObjectSomeValuesFrom(x:r x:B))",
        ),
    ],
)
def test_an_edit_makes_the_signature_void_and_shows(folder: Path, old: str, new: str) -> None:
    reviews.sign(project(folder), ["CI_9001", "CI_9002"], by="A", on=TODAY)
    assert reviews.changes(project(folder), "CI_9001") == []
    edit(folder, old, new)
    assert states(folder) == {"kgtwin:CI_9001": State.EDITED, "kgtwin:CI_9002": State.REVIEWED}
    changed = [
        line
        for line in reviews.changes(project(folder), "CI_9001")
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert [line[0] for line in changed] == ["-", "+"]


def test_an_edit_far_behind_is_seen(folder: Path) -> None:
    edit(folder, '"its words"', f'"{"word " * 200}"')
    reviews.sign(project(folder), ["CI_9001"], by="A", on=TODAY)
    edit(folder, 'word "', 'words"')
    assert states(folder)["kgtwin:CI_9001"] is State.EDITED


def test_order_and_layout_are_no_edit(folder: Path) -> None:
    reviews.sign(project(folder), ["CI_9001"], by="A", on=TODAY)
    edit(folder, 'AnnotationAssertion(:kind :CI_9001 "drug-condition")\n', "")
    edit(
        folder,
        "Declaration(Class(x:B))\n",
        'Declaration(Class(x:B))\nAnnotationAssertion( :kind  :CI_9001 "drug-condition" )\n',
    )
    assert states(folder)["kgtwin:CI_9001"] is State.REVIEWED


def test_what_cannot_be_signed_leaves_everything_as_it_was(folder: Path) -> None:
    before = (folder / "kgtwin.owl").read_bytes()
    with pytest.raises(NotFoundError, match="no such statement"):
        reviews.sign(project(folder), ["CI_9001", "CI_9999"], by="A", on=TODAY)
    with pytest.raises(UsageError, match="nobody signs"):
        reviews.sign(project(folder), ["CI_9001"], by=" ", on=TODAY)
    with pytest.raises(UsageError, match="valid until"):
        reviews.sign(project(folder), ["CI_9001"], by="A", on=TODAY, until=TODAY - dt.timedelta(days=1))
    with pytest.raises(NotFoundError, match="never reviewed"):
        reviews.changes(project(folder), "CI_9001")
    assert (folder / "kgtwin.owl").read_bytes() == before
    assert not (folder / reviews.REGISTER).exists()


def test_an_imported_statement_speaks_once_it_is_signed(folder: Path) -> None:
    more = (
        'AnnotationAssertion(:silent :CI_9001 "true"^^xsd:boolean)\n'
        'AnnotationAssertion(:importedFrom :CI_9001 "a table")\n'
    )
    edit(folder, "Declaration(Class(x:B))\n", f"Declaration(Class(x:B))\n{more}")
    assert reviews.of_source(project(folder), "a table") == [reviews.known(project(folder), "CI_9001")]
    with pytest.raises(NotFoundError, match="a table"):
        reviews.of_source(project(folder), "another")
    assert statements(project(folder).ontology).keys() == {reviews.known(project(folder), "CI_9002")}
    reviews.sign(project(folder), reviews.of_source(project(folder), "a table"), by="A", on=TODAY)
    assert len(statements(project(folder).ontology)) == 2
    assert states(folder)["kgtwin:CI_9001"] is State.REVIEWED


def test_a_status_over_two_lines_is_refused_with_its_place(folder: Path) -> None:
    edit(folder, '(:reviewStatus :CI_9001 "not', '(:reviewStatus :CI_9001\n "not')
    with pytest.raises(OntologyError, match="one axiom a line"):
        reviews.sign(project(folder), ["CI_9001"], by="A", on=TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("statement\tby\n", "the column on is missing"),
        ("\t".join(reviews.COLUMNS) + "\nx\ty\tsoon\t\t\t\t\n", "reviews.tsv:2"),
    ],
)
def test_a_broken_register_is_told_with_its_line(folder: Path, text: str, message: str) -> None:
    (folder / reviews.REGISTER).write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError, match=message):
        reviews.standings(project(folder), TODAY)


def test_the_command(folder: Path) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kgtwin", "ontology", "review", str(folder), *args]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run().returncode == 1
    assert run("--sign", "CI_9001", "--sign", "CI_9002", "--by", "A", "--until", "2999-01-01").returncode == 0
    assert run().returncode == 0
    assert [one["state"] for one in json.loads(run("--all", "--json").stdout)] == ["reviewed"] * 2
    edit(folder, '"An A that has a B."', '"An A that had a B."')
    told = run("--diff", "CI_9001")
    assert told.returncode == 1
    assert "An A that had a B." in told.stdout
    assert run("--sign", "CI_9001").returncode == 2
