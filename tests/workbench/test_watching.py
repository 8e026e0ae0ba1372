"""A save is seen, only what changed is read again, and a broken file is reported until it is mended."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kgtwin.workbench import checking
from kgtwin.workbench.checking import Memory, Report, check
from kgtwin.workbench.watching import Files, reports
from tests.workbench.test_check import HEAD, SOUND, STATEMENT

IMPORTED = f"{HEAD.replace('http://example.org/x>', 'http://example.org/imported>')}Declaration(Class(x:I))\n"
IMPORTED += 'AnnotationAssertion(rdfs:label x:I "I"@en)\n)\n'


def write(file: Path, body: str) -> None:
    file.write_text(f"{HEAD}Import(<http://example.org/imported>)\n{body})\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "kgtwin.owl", SOUND + STATEMENT)
    (tmp_path / "imported.ofn").write_text(IMPORTED, encoding="utf-8")
    return tmp_path


def test_every_save_gives_a_report(folder: Path) -> None:
    edits: list[Callable[[], object]] = [
        lambda: write(folder / "kgtwin.owl", SOUND + STATEMENT + "SubClassOf(x:A x:Bb)\n"),
        lambda: (folder / "imported.ofn").write_text("Ontology(<http://example.org/imported>\n", encoding="utf-8"),
        lambda: (folder / "imported.ofn").write_text(IMPORTED, encoding="utf-8"),
        lambda: write(folder / "kgtwin.owl", SOUND + STATEMENT),
    ]
    todo = iter(edits)
    saved = 0

    def pause() -> None:
        nonlocal saved
        saved += 1
        if saved % 3 == 1:
            next(todo)()

    found = reports(folder, pause=pause)
    checks = [{one.check for one in next(found).findings} for _ in range(5)]
    assert checks == [set(), {"dangling"}, {"syntax"}, {"dangling"}, set()]


def test_a_file_that_comes_and_goes_is_seen(folder: Path) -> None:
    files = Files(folder / "kgtwin.owl")
    files.follow([str(folder / "imported.ofn")])
    assert not files.changed()
    (folder / "imported.ofn").unlink()
    assert files.changed()
    assert not files.changed()
    (folder / "imported.ofn").write_text(IMPORTED, encoding="utf-8")
    assert files.changed()


def test_an_unchanged_file_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    check(folder, memory=memory)
    before = {key[0].name: reading for key, reading in memory.readings.items()}
    write(folder / "kgtwin.owl", SOUND)
    monkeypatch.setattr(checking, "classify", None)  # what was classified is changed, not classified afresh
    report = check(folder, memory=memory)
    after = {key[0].name: reading for key, reading in memory.readings.items()}
    assert report.counts["statements"] == 0
    assert after["imported.ofn"] is before["imported.ofn"]
    assert after["kgtwin.owl"] is not before["kgtwin.owl"]


def test_what_is_remembered_changes_no_report(folder: Path) -> None:
    memory = Memory()
    bodies = [
        SOUND + "SubClassOf(x:A x:B)\n",
        SOUND + "SubClassOf(x:A x:B)\nDisjointClasses(x:A x:B)\n",
        SOUND + "SubClassOf(x:A x:B)\nSubClassOf(x:B x:A)\n",
        SOUND + "Declaration(NamedIndividual(x:i))\nClassAssertion(x:A x:i)\nDisjointClasses(x:A x:A)\n",
        SOUND,
    ]
    for body in bodies:
        write(folder / "kgtwin.owl", body)
        assert told(check(folder, memory=memory)) == told(check(folder))


def told(report: Report) -> list[str]:
    return [str(one) for one in report.findings]


def test_the_command_tells_a_report_a_line(folder: Path) -> None:
    command = [sys.executable, "-m", "kgtwin", "ontology", "watch", str(folder), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            first = json.loads(process.stdout.readline())
            write(folder / "kgtwin.owl", SOUND + STATEMENT + "SubClassOf(x:A x:Bb)\n")
            second = json.loads(process.stdout.readline())
        finally:
            process.terminate()
    assert (first["errors"], second["errors"]) == (0, 1)
    assert second["findings"][0]["where"]["line"] > 0
