"""Imported statements as a file: names that last, lines that stay, reviews that hold as long as their subject."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kgtwin.errors import UsageError
from kgtwin.ontology.loader import load
from kgtwin.ontology.releases.statements import (
    Kind,
    Review,
    Statement,
    StatementModule,
    changed_since_review,
    read_old,
)
from kgtwin.ontology.releases.writing import Provenance, literal, write_whole
from kgtwin.vocabulary import KGTWIN, RXNORM
from tests.ontology.releases.made_up import ontology_file, provenance

ONE = Statement(
    kind=Kind.CONTRAINDICATION,
    medicine=RXNORM + "11",
    other=KGTWIN + "Redness",
    label="madeupin and Redness",
    detail="It is listed.",
    evidence=("The text.",),
)


def written(
    folder: Path, *statements: Statement, source: Provenance | None = None, review: Review | None = None
) -> str:
    """Imports onto what is there, checks that it loads beside its ontology, and returns the file's text."""
    ontology_file(folder)
    source = source or provenance()
    module = StatementModule()
    for one in statements:
        module.add(one, source.slug)
    file = folder / "out.ofn"
    write_whole(module.lines(source, review or Review(), read_old(file)), file)
    load(file)
    return file.read_text(encoding="utf-8")


def body(text: str) -> list[str]:
    return [line for line in text.splitlines() if ":Imported" in line]


def test_a_statement_is_silent_and_carries_everything(tmp_path: Path) -> None:
    written(tmp_path, ONE)
    ontology = load(tmp_path / "out.ofn")
    iri = KGTWIN + ONE.name("test")
    for name, value in (
        ("kind", "drug-condition"), ("significance", "contraindicated"), ("evidenceStatus", "unverified"),
        ("reviewStatus", "imported, not reviewed"), ("importedFrom", "Test"), ("importedVersion", "1"),
        ("imported", "2026-11-28"), ("importedDigest", "sha256:" + "0" * 64), ("evidenceText", "The text."),
        ("silent", "true"),
    ):  # fmt: skip
        assert ontology.value(iri, KGTWIN + name) == value
    assert all(ontology.value(iri, KGTWIN + name) for name in ("detail", "evidenceSource", "mitigation", "curator"))


def test_the_name_is_made_of_medicine_condition_and_source_alone() -> None:
    other = msgspec.structs.replace(ONE, label="x", detail="y", evidence=(), held="z")
    assert other.name("test") == ONE.name("test")
    assert ONE.name("other") != ONE.name("test")
    assert msgspec.structs.replace(ONE, other=KGTWIN + "Blueness").name("test") != ONE.name("test")
    pair = Statement(kind=Kind.INTERACTION, medicine="a", other="b", label="", detail="")
    assert pair.name("test") == msgspec.structs.replace(pair, medicine="b", other="a").name("test")


def test_a_newer_release_that_says_the_same_changes_no_line(tmp_path: Path) -> None:
    before = body(written(tmp_path, ONE))
    after = written(tmp_path, ONE, source=provenance(version="2"))
    assert body(after) == before
    assert 'Annotation(kgtwin:importedVersion "2")' in after


def test_a_review_lasts_until_what_it_was_about_changes(tmp_path: Path) -> None:
    file = tmp_path / "out.ofn"
    text = written(tmp_path, ONE)
    reviewed = [line for line in text.splitlines() if "(:silent " not in line]
    reviewed = [line.replace("imported, not reviewed", "accepted by Dr. X") for line in reviewed]
    file.write_text("\n".join(reviewed) + "\n")
    again = written(tmp_path, ONE, source=provenance(version="2"))
    assert "accepted by Dr. X" in again
    assert not any("(:silent " in line for line in body(again))
    changed = msgspec.structs.replace(ONE, evidence=("Another text.",))
    module = StatementModule(statements={changed.name("test"): changed})
    assert changed_since_review(module, provenance(), read_old(file)) == [ONE.name("test")]
    third = written(tmp_path, changed)
    assert "accepted by Dr. X" not in third
    assert any("(:silent " in line for line in body(third))


def test_a_source_may_be_accepted_but_not_what_is_held(tmp_path: Path) -> None:
    accepted = Review(True, "Dr. X")
    written(tmp_path, ONE)
    text = written(tmp_path, ONE, review=accepted)
    assert "accepted with its source by Dr. X, 2026-11-28" in text
    assert not any("(:silent " in line for line in body(text))
    held = msgspec.structs.replace(ONE, held="broad")
    text = written(tmp_path, held, review=accepted)
    assert any("(:silent " in line for line in body(text))
    assert "Dr. X" not in text


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "out.ofn"
    file.write_text(f"Ontology(<{provenance().iri}>)")

    def broken() -> Iterator[str]:
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_whole(broken(), file)
    assert file.read_text() == f"Ontology(<{provenance().iri}>)"
    assert [one.name for one in tmp_path.iterdir()] == ["out.ofn"]


def test_what_no_import_wrote_is_not_replaced(tmp_path: Path) -> None:
    file = ontology_file(tmp_path)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="no import wrote"):
        write_whole(["Ontology()"], file)
    assert file.read_bytes() == before


def test_a_language_that_is_none_and_control_characters_cannot_break_a_line() -> None:
    assert literal('a\n"b"\x00', "en) SubClassOf(") == '"a \\"b\\""'
