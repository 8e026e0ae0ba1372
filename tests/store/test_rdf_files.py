"""Where a view's files are, and what is said when they cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgtwin.errors import StoreError
from kgtwin.store.rdf_files import view_folder, view_name
from kgtwin.store.rdf_primary import translated


def test_where_a_view_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGTWIN_CACHE", str(tmp_path / "cache"))
    assert view_folder(f"ladybug:{tmp_path}/t.lbdb") == tmp_path / "t.lbdb.rdf"
    assert view_folder("bolt://x:1", "neo4j") == tmp_path / "cache" / "views" / view_name("bolt://x:1", "neo4j")
    nowhere = "ladybug:/dev/null/t.lbdb"
    assert view_folder(nowhere) == tmp_path / "cache" / "views" / view_name(nowhere)
    assert view_folder("bolt://x:1", chosen=tmp_path) == tmp_path
    monkeypatch.setenv("KGTWIN_CACHE", "/dev/null/none")
    assert view_folder("bolt://x:1") is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("IO error: No space left on device: While appending to file: 1.sst"), "disk of the RDF view is full"),
        (OSError("IO error: While lock file: x/LOCK: Resource temporarily unavailable"), "another program"),
        (RuntimeError("Corruption: block checksum mismatch"), "cannot be read"),
    ],
)
def test_errors_of_the_files_say_what_to_do(error: Exception, expected: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=expected), translated(tmp_path):
        raise error
