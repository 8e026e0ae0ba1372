"""What can be compared: files, folders, revisions of a real repository; nothing of the repository is run or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import NotFoundError, OntologySyntaxError
from kgtwin.workbench.differences import Version
from kgtwin.workbench.git import Repository
from kgtwin.workbench.revisions import DEFAULT, opened, root_of
from tests.workbench.samples import HEAD, Repo, edit, mini, write

GONE = ("SubClassOf(rxnorm:8787 :NonselectiveBetaBlocker)\n", "")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Two commits: the mini knowledge, and one axiom less."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    made = Repo(tmp_path / "repo")
    mini(made.folder / "ontologies")
    made.commit("first")
    made.git("tag", "v1")
    edit(made.folder / "ontologies", GONE)
    made.commit("second")
    monkeypatch.chdir(made.folder)
    return made


def axioms(given: str, default: str = DEFAULT) -> int:
    with opened(given, default=default) as found:
        return len(Version.of(found).ontology.axioms)


def test_a_revision_is_what_it_was(repo: Repo) -> None:
    now = axioms("HEAD")
    assert axioms("v1") == axioms("HEAD~1") == axioms(repo.git("rev-parse", "v1")) == now + 1
    assert axioms("v1:ontologies/kgtwin.owl") == axioms("v1:ontologies") == axioms("v1:") == now + 1
    assert axioms("v1", default="ontologies/drugs.ofn") < now
    assert axioms("ontologies") == axioms("ontologies/kgtwin.owl") == now


def test_a_side_says_what_it_is(repo: Repo) -> None:
    with opened("v1") as found:
        assert found.commit == repo.git("rev-parse", "v1")
        origins = Version.of(found).ontology.origins.values()
        assert {str(found.place(one)).rpartition(":")[0] for one in origins} == {
            "ontologies/drugs.ofn",
            "ontologies/statements.ofn",
        }
        private = found.home
        assert private.stat().st_mode & 0o077 == 0
    assert not private.exists()


def test_what_is_staged_is_told_from_what_is_not(repo: Repo) -> None:
    edit(repo.folder / "ontologies", ("SubClassOf(rxnorm:5640 :NSAID)\n", ""))
    repo.git("add", "--all")
    edit(repo.folder / "ontologies", ("SubClassOf(rxnorm:6918 :BetaBlocker)\n", ""))
    assert [axioms(one) - axioms("HEAD") for one in (":", ":ontologies/kgtwin.owl", "ontologies")] == [-1, -1, -2]


def test_a_file_wins_over_a_revision_and_a_colon_over_a_file(repo: Repo) -> None:
    write(repo.folder / "v1", "SubClassOf(:A :B)")
    assert axioms("v1") == 1
    assert axioms("v1:") > 1


def test_nothing_of_the_repository_runs(repo: Repo) -> None:
    """Neither hooks, nor a file system monitor, nor the filters that a checkout or ``git archive`` would run."""
    ran = repo.folder.parent / "ran"
    program = repo.folder.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (repo.folder / ".git" / "hooks" / hook).symlink_to(program)
    (repo.folder / ".gitattributes").write_text("*.ofn filter=evil diff=evil\n", encoding="utf-8")
    repo.git("config", "core.fsmonitor", str(program))
    for key in ("filter.evil.smudge", "filter.evil.process", "diff.evil.textconv"):
        repo.git("config", key, str(program))
    before = sorted(path for path in (repo.folder / ".git").rglob("*"))
    axioms("v1")
    axioms(":")
    assert not ran.exists()
    assert sorted(path for path in (repo.folder / ".git").rglob("*")) == before
    repo.git("status")
    assert ran.exists(), "the trap works"


def test_a_link_is_followed_inside_the_revision_only(repo: Repo) -> None:
    outside = write(repo.folder.parent / "outside.ofn", "SubClassOf(:A :B)")
    (repo.folder / "linked.owl").symlink_to("ontologies/drugs.ofn")
    (repo.folder / "leads-out.owl").symlink_to(outside)
    repo.commit()
    assert axioms("HEAD:linked.owl") == axioms("HEAD:ontologies/drugs.ofn")
    with pytest.raises(Exception, match="cannot be read"):
        axioms("HEAD:leads-out.owl")


def test_an_error_names_the_place_in_the_revision(repo: Repo) -> None:
    edit(repo.folder / "ontologies", ("SubClassOf(:HeartDisease :ClinicalCondition)", "SubClassOf(:HeartDisease)"))
    repo.commit("broken")
    with pytest.raises(OntologySyntaxError) as caught:
        axioms("HEAD")
    assert str(caught.value).startswith("HEAD:ontologies/drugs.ofn:")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("no-such-branch", "no revision 'no-such-branch'"),
        ("HEAD~9", "no revision 'HEAD~9'"),
        ("--upload-pack=x", "no revision"),
        ("v1:ontologies/none.ofn", "v1 has no ontologies/none.ofn"),
        ("ontologies/none.ofn", "no such file or folder"),
        ("v1..HEAD", "no revision 'v1..HEAD'"),
    ],
)
def test_what_is_not_there_is_told(repo: Repo, given: str, said: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        axioms(given)
    assert said in str(caught.value)
    assert caught.value.where == given
    assert caught.value.remedy


def test_a_revision_without_the_default_path_names_others(repo: Repo) -> None:
    (repo.folder / "ontologies").rename(repo.folder / "knowledge")
    repo.commit()
    with pytest.raises(NotFoundError) as caught:
        axioms("HEAD")
    assert "knowledge/drugs.ofn" in str(caught.value)
    assert "--path" in str(caught.value)


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("GIT_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match="not in a git repository"):
        axioms("main")


def test_without_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotFoundError, match="git is not installed"):
        axioms("main")


def test_contents_that_a_clone_lacks(repo: Repo) -> None:
    blob = repo.git("rev-parse", "v1:ontologies/drugs.ofn")
    (repo.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(NotFoundError, match=f"object {blob} is missing.*fetch them first"):
        axioms("v1")


def test_a_bare_repository_and_odd_names(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo.folder / "ä b\n.ofn", "SubClassOf(:A :B)")
    repo.commit()
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    monkeypatch.chdir(tmp_path / "bare")
    assert axioms("main:ä b\n.ofn") == 1


def test_a_merge_conflict_leaves_no_file(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "other", "v1")
    edit(repo.folder / "ontologies", (GONE[0], "SubClassOf(rxnorm:8787 :BetaBlocker)\n"))
    repo.commit()
    with pytest.raises(Exception, match="merge"):
        repo.git("merge", "main")
    entries = Repository(repo.folder).entries("")
    assert "ontologies/drugs.ofn" not in entries
    assert "ontologies/statements.ofn" in entries


def test_the_root_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "leaf.ofn")
    leaf = "Ontology(<http://example.org/root>\nImport(<http://example.org/x>)\n)\n"
    (tmp_path / "root.ofn").write_text(leaf, encoding="utf-8")
    assert root_of(tmp_path).name == "root.ofn"
    (tmp_path / "second.ofn").write_text(HEAD.replace("example.org/x>\n", "example.org/y>\n") + ")", encoding="utf-8")
    with pytest.raises(NotFoundError, match=r"not clear \(root.ofn, second.ofn\)"):
        root_of(tmp_path)
    write(tmp_path / "kgtwin.owl")
    assert root_of(tmp_path).name == "kgtwin.owl"
