"""Kept classifications: they answer as before, and whatever is wrong with a file, it is as good as none."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from random import Random

import pytest

from kgtwin.model import axioms as owl
from kgtwin.model.axioms import Class, SubClassOf
from kgtwin.reasoning import Classification, cache, classify
from kgtwin.reasoning.closure import PlainClosure
from kgtwin.reasoning.compiled import CompiledClosure
from kgtwin.reasoning.indexing import index
from kgtwin.reasoning.taxonomy import taxonomy
from tests.reasoning.comparing import LARGER
from tests.reasoning.generate import Generator

Engine = type[PlainClosure] | type[CompiledClosure]
SOURCE = Generator(Random(3), shape=LARGER["wide"])
AXIOMS = [*SOURCE.ontology(), *(SubClassOf(Class(f"http://example.org/{i}"), SOURCE.classes[0]) for i in range(1500))]
ENGINES = pytest.mark.parametrize("engine", [PlainClosure, CompiledClosure], ids=["plain", "compiled"])


def classified(engine: Engine) -> Classification:
    indexed = index(classify(AXIOMS)._index.table)
    closure = engine.of(indexed.program)
    return Classification(indexed, closure, taxonomy(closure, indexed.atoms.named))


def answers(found: object) -> dict[str, object]:
    assert isinstance(found, Classification)
    names = sorted(found.classes)[::25] + [cls.iri for cls in SOURCE.classes[:10]]
    asked = owl.ObjectIntersectionOf((SOURCE.classes[1], owl.ObjectSomeValuesFrom(SOURCE.roles[0], SOURCE.classes[2])))
    facts = [owl.ClassAssertion("http://example.org/me", asked)]
    changed = found.change([SubClassOf(SOURCE.classes[3], Class("http://example.org/new"))], AXIOMS[-1:])
    return {
        "classes": found.classes,
        "axioms": list(found.axioms)[::50],
        "parents": [found.parents(iri) for iri in names],
        "descendants": [found.descendants(iri) for iri in names],
        "equivalents": [found.equivalents(iri) for iri in names],
        "query": found.query(asked).ancestors,
        "types": found.realise(facts).types("http://example.org/me"),
        "changed": [changed.ancestors(iri) for iri in names],
        "proof": found.explain("http://example.org/7", SOURCE.classes[0].iri),
    }


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "one.classification"
    cache.save(classified(CompiledClosure), path)
    return path


@ENGINES
def test_what_is_kept_answers_as_before(engine: Engine, tmp_path: Path) -> None:
    before = classified(engine)
    path = tmp_path / "deep" / "down" / "x.classification"
    cache.save(before, path)
    found = cache.load(path)
    assert isinstance(found, Classification)
    assert type(found._closure) is engine
    assert answers(found) == answers(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_loaded_can_be_kept_again_and_the_file_stays_as_it_is(kept: Path, tmp_path: Path) -> None:
    content = kept.read_bytes()
    found = cache.load(kept)
    assert found is not None
    answers(found)
    cache.save(found, tmp_path / "again.classification")
    again = cache.load(tmp_path / "again.classification")
    assert again is not None
    assert answers(again) == answers(found)
    assert kept.read_bytes() == content


def test_questions_about_what_is_kept_load_no_compiled_code(kept: Path) -> None:
    asked = f"""
        import sys
        from pathlib import Path
        from kgtwin.reasoning import cache
        found = cache.load(Path({str(kept)!r}))
        assert found.is_subclass_of("http://example.org/7", {SOURCE.classes[0].iri!r})
        assert found.parents("http://example.org/7")
        assert not [name for name in sys.modules if name.startswith(("numba", "llvmlite", "kgtwin.reasoning.kernel"))]
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(asked)], check=True, timeout=120)


def test_a_file_cut_short_is_none(kept: Path, tmp_path: Path) -> None:
    content = kept.read_bytes()
    cut = tmp_path / "cut.classification"
    lengths = [*range(0, 200, 3), *range(200, len(content), len(content) // 300), len(content) - 1]
    for length in lengths:
        cut.write_bytes(content[:length])
        cut.chmod(0o600)
        assert cache.load(cut) is None, length
    cut.write_bytes(content + b"\0")
    assert cache.load(cut) is None


def test_a_damaged_head_or_pickle_is_none(kept: Path, tmp_path: Path) -> None:
    content = kept.read_bytes()
    _, _, pickled, count, _ = cache._HEAD.unpack_from(content)
    small = cache._HEAD.size + count * cache._PLACE.size + pickled
    assert count > 3
    damaged = tmp_path / "damaged.classification"
    for at in [*range(cache._HEAD.size + 40), *range(cache._HEAD.size + 40, small, small // 200)]:
        damaged.write_bytes(content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :])
        damaged.chmod(0o600)
        assert cache.load(damaged) is None, at


def test_other_files_are_none(tmp_path: Path) -> None:
    assert cache.load(tmp_path / "nothing") is None
    assert cache.load(tmp_path) is None
    for content in (b"", b"x" * 1000, cache._MAGIC * 100):
        (tmp_path / "other").write_bytes(content)
        assert cache.load(tmp_path / "other") is None


def test_a_file_that_others_could_have_written_is_none(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for mode in (0o620, 0o602, 0o666):
        kept.chmod(mode)
        assert cache.load(kept) is None
    kept.chmod(0o600)
    with monkeypatch.context() as patch:
        patch.setattr(os, "getuid", lambda: kept.stat().st_uid + 1)
        assert cache.load(kept) is None
    assert cache.load(kept) is not None


def test_another_engine_looks_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache.path_of("digest", tmp_path)
    assert here == cache.path_of("digest", tmp_path)
    assert here.parent == tmp_path
    assert here != cache.path_of("other digest", tmp_path)
    monkeypatch.setattr(cache, "engine_version", lambda: "another")
    assert here != cache.path_of("digest", tmp_path)


def test_the_folder_is_the_setting_s_or_the_user_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path))
    assert cache.folder() == tmp_path
    monkeypatch.delenv("KGTWIN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "kgtwin"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "kgtwin"


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileExistsError):
        cache.save(classify([]), tmp_path / "file" / "x.classification")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "note"
    cache.write_whole(path, b"old")
    with pytest.raises(TypeError):
        cache.write_whole(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["note"]


def test_two_processes_that_write_at_once(tmp_path: Path, kept: Path) -> None:
    path = tmp_path / "shared.classification"
    script = f"""
        from pathlib import Path
        from kgtwin.reasoning import cache
        found = cache.load(Path({str(kept)!r}))
        for _ in range(40):
            cache.save(found, Path({str(path)!r}))
    """
    writers = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)]) for _ in range(2)]
    loaded = 0
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            found = cache.load(path)
            assert isinstance(found, Classification)
            assert found.is_subclass_of("http://example.org/7", SOURCE.classes[0].iri)
            loaded += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert loaded
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
