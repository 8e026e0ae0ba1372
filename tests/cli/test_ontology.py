"""``ontology classify`` and ``realise``: every option, every way to fail, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kgtwin import classifying
from tests.cli.conftest import TESTS, Run

BAD = TESTS / "bad" / "ontology"
EX = "http://example.org/t#"
TEXT = f"""Prefix(:=<{EX}>)
Ontology(<http://example.org/t>
SubClassOf(:A :B)
EquivalentClasses(:B :C)
SubClassOf(:C ObjectSomeValuesFrom(:r :D))
SubClassOf(ObjectSomeValuesFrom(:r :D) :E)
ClassAssertion(:A :i)
ObjectPropertyAssertion(:r :j :i)
ClassAssertion(:D :i)
ClassAssertion(:D _:b)
)
"""
OBO = """format-version: 1.2
ontology: t

[Term]
id: T:1
name: one
is_a: T:2

[Term]
id: T:2
name: two
"""


@pytest.fixture
def ontology(tmp_path: Path) -> Path:
    path = tmp_path / "t.ofn"
    path.write_text(TEXT)
    return path


def axioms(text: str) -> set[str]:
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("Ontology(", ")")
    return set(lines[1:-1])


def test_a_taxonomy_is_written_to_a_file_or_to_standard_output(run: Run, ontology: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ofn"
    written = run("ontology", "classify", ontology, "-o", out)
    assert (written.code, written.out) == (0, "")
    assert "7 classes, 0 unsatisfiable" in written.err
    shown = run("ontology", "classify", ontology)
    assert shown.code == 0
    found = axioms(shown.out)
    assert found == axioms(out.read_text())
    assert f"EquivalentClasses(<{EX}B> <{EX}C>)" in found
    assert {f"SubClassOf(<{EX}A> <{EX}{parent}>)" for parent in "BC"} & found
    assert f"SubClassOf(<{EX}B> <{EX}E>)" in found
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_file_that_is_there_is_replaced_through_its_link(run: Run, ontology: Path, tmp_path: Path) -> None:
    old, link = tmp_path / "old.ofn", tmp_path / "link.ofn"
    old.write_text("x" * 100_000)
    link.symlink_to(old)
    assert run("ontology", "classify", ontology, "-o", link).code == 0
    assert link.is_symlink()
    assert axioms(old.read_text()) == axioms(run("ontology", "classify", ontology).out)
    assert run("ontology", "classify", ontology, "-o", "/dev/null").code == 0
    assert run("ontology", "classify", ontology, "-o", tmp_path).code == 2


def test_json_says_what_was_read_and_found(run: Run, ontology: Path, tmp_path: Path) -> None:
    done = run("ontology", "classify", ontology, "--json", "-o", tmp_path / "out.ofn", "--stats")
    found = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert found["ontology"] == "http://example.org/t"
    assert found["output"] == str(tmp_path / "out.ofn")
    assert (found["axioms"], found["classes"], found["individuals"]) == (8, 7, 3)
    assert (found["unsatisfiable"], found["kept"]) == ([], False)
    assert set(found["seconds"]) == {"read", "classify", "keep"}
    assert found["digest"]


def test_statistics_and_unsatisfiable_classes_are_said_beside_the_answer(run: Run, ontology: Path) -> None:
    done = run("ontology", "classify", ontology, "--stats")
    assert "8 axioms of 1 files, 7 classes" in done.err
    assert "8 axioms" not in done.out
    bad = run("ontology", "classify", BAD / "unsatisfiable.ofn")
    assert bad.code == 1
    assert "unsatisfiable: http://example.org/bad#Euglena" in bad.err


def test_a_classification_is_kept_unless_told_otherwise(
    run: Run, ontology: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(classifying, "_WORTH_KEEPING", 0)
    first = run("ontology", "classify", ontology, "--json", "--no-cache")
    assert not (tmp_path / "kept").exists()
    outcomes = [json.loads(run("ontology", "classify", ontology, "--json").out)["kept"] for _ in range(2)]
    assert outcomes == [False, True]
    again = run("ontology", "classify", ontology)
    assert axioms(again.out) == axioms(run("ontology", "classify", ontology, "--no-cache").out)
    assert json.loads(first.out)["kept"] is False
    assert json.loads(run("ontology", "classify", ontology, "--json", "--no-cache").out)["kept"] is False


def test_realise_gives_direct_types_or_all(run: Run, ontology: Path, tmp_path: Path) -> None:
    direct = set(run("ontology", "realise", ontology).out.splitlines())
    assert direct == {
        f"ClassAssertion(<{EX}A> <{EX}i>)",
        f"ClassAssertion(<{EX}D> <{EX}i>)",
        f"ClassAssertion(<{EX}E> <{EX}j>)",
        f"ClassAssertion(<{EX}D> {next(line for line in _lines(run, ontology) if '_:' in line).split()[1]}",
    }
    every = set(run("ontology", "realise", ontology, "--all").out.splitlines())
    assert every - direct == {f"ClassAssertion(<{EX}{cls}> <{EX}i>)" for cls in "BCE"}
    out = tmp_path / "types.ofn"
    assert run("ontology", "realise", ontology, "-o", out).out == ""
    assert set(out.read_text().splitlines()) == direct
    found = json.loads(run("ontology", "realise", ontology, "--json").out)["individuals"]
    assert found[f"{EX}i"] == [f"{EX}A", f"{EX}D"]


def _lines(run: Run, ontology: Path) -> list[str]:
    return run("ontology", "realise", ontology).out.splitlines()


def test_an_obo_file_is_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.obo"
    path.write_text(OBO)
    done = run("ontology", "classify", path)
    assert done.code == 0
    purl = "http://purl.obolibrary.org/obo/T_"
    assert f"SubClassOf(<{purl}1> <{purl}2>)" in axioms(done.out)


@pytest.mark.parametrize("memory", ["0", "15", "much", "-1", "1.5"])
def test_a_memory_limit_that_is_none_is_a_usage_error(run: Run, ontology: Path, memory: str) -> None:
    done = run("ontology", "classify", ontology, "--memory", memory)
    assert (done.code, done.out) == (2, "")
    assert "--memory" in done.err


def long_work(path: Path, size: int) -> Path:
    """A transitive line with something waiting at each place, which takes cubic time; wide enough for compiled code."""
    with path.open("w") as file:
        file.write(f"Prefix(:=<{EX}>)\nOntology(\nTransitiveObjectProperty(:r)\n")
        for i in range(size):
            file.write(f"SubClassOf(:C{i} ObjectSomeValuesFrom(:r :C{i + 1}))\n")
            file.write(f"SubClassOf(ObjectSomeValuesFrom(:r :C{i}) :D{i})\nSubClassOf(:X{i} :C{i})\n")
        file.write(")\n")
    return path


def test_too_little_memory_is_an_error_that_says_what_to_raise(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KGTWIN_REASONER_MEMORY", "")  # so that what the option sets is undone
    path = long_work(tmp_path / "long.ofn", 2500)
    out = tmp_path / "out.ofn"
    done = run("ontology", "classify", path, "--memory", "16", "-o", out)
    assert (done.code, done.out) == (3, "")
    assert "memory" in done.err
    assert not out.exists()


_HEARING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from kgtwin.cli import main
main()
"""
"""The command as in a terminal: what starts in the background of a shell does not hear SIGINT."""


def test_an_interruption_ends_it_soon_and_leaves_no_output(tmp_path: Path) -> None:
    """SIGINT while compiled code saturates, which would take half a minute."""
    path = long_work(tmp_path / "long.ofn", 3000)
    output = tmp_path / "out.ofn"
    output.write_text("what was there before")
    command = [sys.executable, "-c", _HEARING, "ontology", "classify", str(path), "-o", str(output), "--no-cache"]
    terminal, errors = pty.openpty()
    with subprocess.Popen(command, stderr=errors, stdout=subprocess.PIPE) as process:
        os.close(errors)
        said = b""
        while b"saturate" not in said:
            said += os.read(terminal, 1 << 16)
        time.sleep(1)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        taken = time.monotonic() - asked
    os.close(terminal)
    assert taken < 10, "two seconds on a machine that does nothing else"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["long.ofn", "out.ofn"]
    assert output.read_text() == "what was there before"


def test_an_interrupted_write_leaves_no_half_file(
    run: Run, ontology: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_classification: object) -> object:
        yield b"Ontology(\n"
        raise KeyboardInterrupt

    monkeypatch.setattr(classifying, "taxonomy_file", interrupted)
    done = run("ontology", "classify", ontology, "-o", tmp_path / "out.ofn")
    assert done.code == 130
    assert [one.name for one in tmp_path.iterdir()] == ["t.ofn"]


UNUSED = f"""Prefix(:=<{EX}>)
Ontology(<http://example.org/t>
SubClassOf(:A ObjectUnionOf(:B :C))
SubClassOf(:D ObjectSomeValuesFrom(:r :A))
SubClassOf(:E :B)
FunctionalObjectProperty(:r)
ClassAssertion(:E :i)
)
"""


def test_a_caveat_says_what_it_can_touch(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.ofn"
    path.write_text(UNUSED)
    said = run("ontology", "classify", path, "-o", tmp_path / "out.ofn").err.splitlines()
    assert [line.rpartition(" (")[2] for line in said[:2]] == ["touches 2 classes)", "touches no class)"]
    (union, functional) = json.loads(run("ontology", "classify", path, "--json").out)["caveats"]
    assert union["classes"] == {"count": 2, "some": [f"{EX}A", f"{EX}D"]}
    assert functional["classes"] == {"count": 0, "some": []}
    assert json.loads(run("ontology", "realise", path, "--json").out)["caveats"] == []


def test_whether_something_does_not_follow_or_is_not_known_to(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.ofn"
    path.write_text(UNUSED)
    certain = run("ontology", "explain", path, f"{EX}E", f"{EX}C")
    assert certain.code == 1
    assert certain.err == f"it does not follow that <{EX}E> is below <{EX}C>\n"
    unknown = run("ontology", "explain", path, f"{EX}D", f"{EX}C").err.splitlines()
    assert unknown[0] == f"it is not known to follow that <{EX}D> is below <{EX}C>"
    assert "ObjectUnionOf" in unknown[1]
    caveats = json.loads(run("ontology", "explain", path, f"{EX}D", f"{EX}C", "--json").out)["caveats"]
    assert len(caveats) == 1
