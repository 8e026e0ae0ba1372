"""Kept knowledge: it answers as the one that was made, and is made again whenever something it came from changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from kgtwin.bootstrap import load_knowledge
from kgtwin.config import Settings
from kgtwin.inference import Knowledge
from kgtwin.inference.knowledge.kept import KeptKnowledge
from kgtwin.ontology.catalog import CATALOG
from kgtwin.reasoning import cache

ROOT = """Prefix(:=<http://x/>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Ontology(<http://x/root>
Import(<http://x/part>)
SubClassOf(:B :A)
)
"""
PART = "Prefix(:=<http://x/>)\nOntology(<http://x/part>\nSubClassOf(:C :B)\n)\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "ontology"
    folder.mkdir()
    (folder / "part.ofn").write_text(PART)
    (folder / "root.ofn").write_text(ROOT)
    return folder / "root.ofn"


def made(path: Path) -> Knowledge:
    return load_knowledge(Settings(ontology=path))


def kept(path: Path) -> tuple[Knowledge, bool]:
    """The knowledge as the next process has it, and whether it was made; it is kept for the one after."""
    make = Mock(side_effect=lambda: made(path))
    found = KeptKnowledge(path, make)
    assert found() is found()
    found.keep()
    return found(), make.called


def test_the_second_finds_what_the_first_kept(root: Path) -> None:
    first, was_made = kept(root)
    second, again = kept(root)
    assert (was_made, again) == (True, False)
    assert second.classification.ancestors("http://x/C") == first.classification.ancestors("http://x/C")
    assert second.ontology == first.ontology


@pytest.mark.parametrize("file", ["root.ofn", "part.ofn"])
def test_an_edit_of_any_file_is_seen(root: Path, file: str) -> None:
    kept(root)
    path = root.with_name(file)
    path.write_text(path.read_text().replace("SubClassOf(", "SubClassOf(:D :C)\nSubClassOf(", 1))
    found, again = kept(root)
    assert again
    assert "http://x/D" in found.classes
    assert kept(root)[1] is False


def test_a_catalog_may_lead_elsewhere(root: Path) -> None:
    kept(root)
    other = root.with_name("other.ofn")
    other.write_text(PART.replace(":C :B", ":E :B"))
    names = "urn:oasis:names:tc:entity:xmlns:xml:catalog"
    (root.parent / CATALOG).write_text(
        f'<catalog xmlns="{names}"><uri name="http://x/part" uri="other.ofn"/></catalog>'
    )
    found, again = kept(root)
    assert again
    assert "http://x/E" in found.classes


def test_a_file_that_is_gone_is_missed(root: Path) -> None:
    kept(root)
    root.with_name("part.ofn").unlink()
    with pytest.raises(Exception, match="http://x/part"):
        kept(root)


@pytest.mark.parametrize("harm", [b"", b"kgtwin", None])
def test_a_damaged_file_is_as_good_as_none(root: Path, harm: bytes | None) -> None:
    kept(root)
    (path,) = cache.folder().glob("*.knowledge")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] + b"x" * 100 if harm is None else harm)
    found, again = kept(root)
    assert found.is_a("http://x/C", "http://x/A")
    assert again or harm is None  # the last bytes may be an array's, which only its reader would miss


def test_old_ones_go(root: Path) -> None:
    for number in range(11):
        root.write_text(ROOT.replace(":B :A", f":B :A{number}"))
        assert kept(root)[1]
    assert len(list(cache.folder().glob("*.knowledge"))) == 8
    assert kept(root)[1] is False, "the last one is there"


def test_where_nothing_can_be_kept_it_is_made(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path / "file"))
    assert kept(root)[1]
    assert kept(root)[1]


def test_the_same_names_in_another_folder_are_other_files(root: Path, tmp_path: Path) -> None:
    kept(root)
    shutil.copytree(root.parent, tmp_path / "copy")
    found, again = kept(tmp_path / "copy" / "root.ofn")
    assert again
    assert found.ontology.files[0] == str(tmp_path / "copy" / "root.ofn")


def test_what_was_worked_out_is_kept_too(knowledge: Knowledge) -> None:
    """The shipped knowledge with the caveats of a statement: another process need not look for them again."""
    statement = next(iter(knowledge.statements))
    first = KeptKnowledge(Settings().ontology, lambda: knowledge)
    before = first().caveats_of(statement)
    first.keep()
    script = f"""
from kgtwin.config import Settings
from kgtwin.inference.knowledge.kept import KeptKnowledge
found = KeptKnowledge(Settings().ontology, lambda: 1 / 0)()
print(found.worked_out, len(found.caveats_of({statement!r})))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(first().worked_out), str(len(before))]
